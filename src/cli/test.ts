import { Option, type Command } from "commander";
import { testPolicies } from "../compose.js";
import { PortcullisError, messageOf } from "../errors.js";
import type { CoverageReport } from "../engine/rego/coverage.js";
import type { TestResult, TestRun } from "../engine/rego/test-runner.js";
import { printable } from "../printable.js";
import { collect } from "./options.js";
import { createOutput } from "./output.js";

interface Flags {
  readonly run?: string;
  readonly format: "table" | "json";
  readonly regoVersion: "auto" | "v0" | "v1";
  readonly coverage?: boolean;
  readonly threshold?: string;
  readonly ignore?: string[];
  readonly verbose?: boolean;
}

const examples = `
Examples:
  portcullis test policies/
  portcullis test --run 's3.*versioning' policies/aws
  portcullis test --coverage --threshold 90 policy/
  portcullis test --format json policy/

Data files (.json, .yaml) in the folders are read as OPA reads them: the folders are the path.

Exit codes: 0 all passed, 1 a test failed or too little is covered, 2 policies that do not compile or no tests, 3 a test
could not be evaluated.`;

export function addTestCommand(program: Command): void {
  program
    .command("test")
    .description("run the unit tests of Rego policies (test_ rules)")
    .argument("[path...]", "files or folders", ["."])
    .option("--run <regex>", "only tests whose full name matches")
    .option("--coverage", "report which lines the tests ran")
    .option("--threshold <percent>", "exit 1 when less is covered (with --coverage)")
    .option("--ignore <pattern>", "pass over files of this name, such as '*.yaml' (repeatable)", collect)
    .option("--verbose", "list passes too, and what tests print")
    .addOption(new Option("--format <name>").choices(["table", "json"]).default("table"))
    .addOption(new Option("--rego-version <version>").choices(["auto", "v1", "v0"]).default("auto"))
    .addHelpText("after", examples)
    .action(async (paths: string[], flags: Flags) => {
      const least = percent(flags.threshold);
      const run = await testPolicies({
        paths,
        regoVersion: flags.regoVersion,
        run: pattern(flags.run),
        ignore: flags.ignore ?? [],
        coverage: flags.coverage === true || least !== null,
      });
      if (run.results.length === 0) throw new PortcullisError("usage", `no tests in ${paths.join(", ")}`);
      const text = flags.format === "json" ? json(run) : summary(run, flags.verbose === true);
      await createOutput({ color: true, progress: false, quiet: false }).result(text, null);
      process.exitCode = exitCodeOf(run, least);
    });
}

function exitCodeOf({ results, coverage }: TestRun, least: number | null): number {
  if (results.some(({ error }) => error !== null)) return 3;
  const isCovered = least === null || (coverage?.coverage ?? 0) >= least;
  return results.some(({ fail }) => fail) || !isCovered ? 1 : 0;
}

function pattern(text: string | undefined): RegExp | null {
  try {
    return text === undefined ? null : new RegExp(text);
  } catch (error) {
    throw new PortcullisError("usage", `--run ${text ?? ""}: ${messageOf(error)}`);
  }
}

function percent(text: string | undefined): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (/^\d{1,3}(\.\d+)?$/.test(text) && value <= 100) return value;
  throw new PortcullisError("usage", `--threshold ${text}: expected a number from 0 to 100`);
}

/** As `opa test` has it: with coverage the report is that of the coverage. */
function json({ results, coverage }: TestRun): string {
  return JSON.stringify(
    coverage ?? results.map(({ output, ...result }) => (output === "" ? result : { ...result, output })),
    null,
    2,
  );
}

function summary({ results, coverage }: TestRun, verbose: boolean): string {
  const shown = results.filter(({ pass }) => verbose || !pass);
  const count = (test: (result: TestResult) => boolean): number => results.filter(test).length;
  const totals = [
    `${count(({ pass }) => pass)} passed`,
    `${count(({ fail }) => fail)} failed`,
    `${count(({ error }) => error !== null)} errors`,
    `${count(({ skip }) => skip)} skipped`,
  ];
  return [...shown.flatMap(lines), totals.join(", "), ...(coverage === null ? [] : coverageLines(coverage))].join("\n");
}

function lines({ location, package: name, name: rule, error, skip, pass, output }: TestResult): string[] {
  const what = error !== null ? `ERROR ${error}` : skip ? "SKIP" : pass ? "PASS" : "FAIL";
  const printed = output === "" ? [] : output.split("\n").map((text) => `    ${printable(text)}`);
  return [printable(`${location.file}:${location.row}: ${name}.${rule}: ${what}`), ...printed];
}

/** Each file that is not covered in full, with the lines that did not run. */
function coverageLines({ files, coverage }: CoverageReport): string[] {
  const open = Object.entries(files).filter(([, file]) => file.not_covered_lines > 0);
  const missing = open.map(([name, file]) => {
    const rows = file.not_covered.map(({ start, end }) =>
      start.row === end.row ? `${start.row}` : `${start.row}-${end.row}`,
    );
    return printable(`${String(file.coverage).padStart(5)} %  ${name}: not run: ${rows.join(", ")}`);
  });
  return [...missing, `${coverage} % of the lines covered`];
}
