import { Option, type Command } from "commander";
import { testPolicies } from "../compose.js";
import { PortcullisError, messageOf } from "../errors.js";
import type { TestResult } from "../engine/rego/test-runner.js";
import { printable } from "../printable.js";
import { createOutput } from "./output.js";

interface Flags {
  readonly run?: string;
  readonly format: "table" | "json";
  readonly regoVersion: "auto" | "v0" | "v1";
}

const examples = `
Examples:
  portcullis test policies/
  portcullis test --run 's3.*versioning' policies/aws
  portcullis test --format json policy/

Exit codes: 0 all passed, 1 a test failed, 2 policies that do not compile or no tests, 3 a test could not be evaluated.`;

export function addTestCommand(program: Command): void {
  program
    .command("test")
    .description("run the unit tests of Rego policies (test_ rules)")
    .argument("[path...]", "files or folders", ["."])
    .option("--run <regex>", "only tests whose full name matches")
    .addOption(new Option("--format <name>").choices(["table", "json"]).default("table"))
    .addOption(new Option("--rego-version <version>").choices(["auto", "v1", "v0"]).default("auto"))
    .addHelpText("after", examples)
    .action(async (paths: string[], flags: Flags) => {
      const results = await testPolicies({ paths, regoVersion: flags.regoVersion, run: pattern(flags.run) });
      if (results.length === 0) throw new PortcullisError("usage", `no tests in ${paths.join(", ")}`);
      const text = flags.format === "json" ? JSON.stringify(results, null, 2) : summary(results);
      await createOutput({ color: true, progress: false, quiet: false }).result(text, null);
      process.exitCode = results.some(({ error }) => error !== null) ? 3 : results.some(({ fail }) => fail) ? 1 : 0;
    });
}

function pattern(text: string | undefined): RegExp | null {
  try {
    return text === undefined ? null : new RegExp(text);
  } catch (error) {
    throw new PortcullisError("usage", `--run ${text ?? ""}: ${messageOf(error)}`);
  }
}

function summary(results: readonly TestResult[]): string {
  const lines = results.filter(({ pass }) => !pass).map(line);
  const count = (test: (result: TestResult) => boolean): number => results.filter(test).length;
  const totals = [
    `${count(({ pass }) => pass)} passed`,
    `${count(({ fail }) => fail)} failed`,
    `${count(({ error }) => error !== null)} errors`,
    `${count(({ skip }) => skip)} skipped`,
  ];
  return [...lines, totals.join(", ")].join("\n");
}

function line({ location, package: name, name: rule, error, skip }: TestResult): string {
  const what = error !== null ? `ERROR ${error}` : skip ? "SKIP" : "FAIL";
  return printable(`${location.file}:${location.row}: ${name}.${rule}: ${what}`);
}
