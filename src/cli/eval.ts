import { Option, type Command } from "commander";
import { queryPolicies, type QueryFlags } from "../compose.js";
import { RegoError } from "../engine/rego/engine.js";
import { prettyJson } from "../engine/rego/js/pretty.js";
import { isArray, isObjectValue, objectGet, toJsonText, type Value } from "../engine/rego/js/values.js";
import { printable } from "../printable.js";
import { collect } from "./options.js";
import { createOutput } from "./output.js";

interface Flags extends QueryFlags {
  readonly format: "json" | "raw";
  readonly fail?: boolean;
  readonly failDefined?: boolean;
}

const examples = `
Examples:
  portcullis eval '1 + 1'
  portcullis eval -d policies/ -d data.json -i input.json 'data.aws.s3.versioning_enabled.deny'
  cat plan.json | portcullis eval -d policy/ --stdin-input 'data.main.deny[msg]'

In folders the names of the folders are the path of the data in them, as OPA has it. The result has OPA's shape.

Exit codes: 0 evaluated, 1 with --fail (undefined) or --fail-defined, 2 wrong usage, unreadable files or a query that does
not compile, 3 the evaluation failed.`;

export function addEvalCommand(program: Command): void {
  program
    .command("eval")
    .description("evaluate a Rego query")
    .argument("<query>", "such as data.a.b, or input.x > 1")
    .option("-d, --data <path>", "policies and data: a file or a folder (repeatable)", collect)
    .option("-i, --input <file>", "the input, JSON or YAML; - reads standard input")
    .option("-I, --stdin-input", "read the input from standard input")
    .addOption(new Option("-f, --format <name>").choices(["json", "raw"]).default("json"))
    .addOption(new Option("--rego-version <version>", "how to read the Rego").choices(["v1", "v0"]).default("v1"))
    .option("--strict-builtin-errors", "an error of a built-in function ends the evaluation")
    .option("--fail", "exit 1 when the result is undefined")
    .option("--fail-defined", "exit 1 when the result is defined")
    .addHelpText("after", examples)
    .action(async (query: string, flags: Flags) => {
      process.exitCode = await evaluate(query, flags);
    });
}

async function evaluate(query: string, flags: Flags): Promise<number> {
  try {
    const results = await queryPolicies(query, flags, (text) => process.stderr.write(`${printable(text)}\n`));
    const text = flags.format === "raw" ? raw(results) : prettyJson(results.length === 0 ? {} : { result: results });
    if (text !== "") await createOutput({ color: false, progress: false, quiet: false }).result(text, null);
    return (flags.fail === true && results.length === 0) || (flags.failDefined === true && results.length > 0) ? 1 : 0;
  } catch (error) {
    if (!(error instanceof RegoError)) throw error;
    const place = error.location === null ? "" : `${error.location.file}:${error.location.row}: `;
    process.stderr.write(`portcullis: ${printable(`${place}${error.message}`)} (${error.code})\n`);
    return 3;
  }
}

/** The values of the expressions, a line for each result: strings as they are. */
function raw(results: readonly Value[]): string {
  return results
    .map((result) =>
      expressions(result)
        .map((value) => (typeof value === "string" ? value : toJsonText(value)))
        .join(" "),
    )
    .join("\n");
}

function expressions(result: Value): Value[] {
  const list = isObjectValue(result) ? objectGet(result, "expressions") : undefined;
  if (!isArray(list)) return [];
  return list.map((expression) => (isObjectValue(expression) ? (objectGet(expression, "value") ?? null) : null));
}
