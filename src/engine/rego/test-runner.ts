import type { JsonObject } from "../../json.js";
import { messageOf, PortcullisError } from "../../errors.js";
import type { CompileCache } from "./cache.js";
import { coverageReport, type CoverageReport } from "./coverage.js";
import { readData } from "./data-files.js";
import { JsEngine, type JsEvaluator } from "./js/js-engine.js";
import { compileRego, inspectRego, type InspectedModule, type RegoVersion } from "./rego-compiler.js";
import { readRegoFiles } from "./rego-files.js";

/** The result of one `test_` rule; the shape of `opa test --format json`, with at most one of pass, fail, skip and error. */
export interface TestResult {
  readonly name: string;
  readonly package: string;
  readonly pass: boolean;
  readonly fail: boolean;
  /** `todo_test_` rules. */
  readonly skip: boolean;
  readonly error: string | null;
  readonly duration_ns: number;
  readonly location: { readonly file: string; readonly row: number };
  /** What the test printed. */
  readonly output: string;
}

export interface TestOptions {
  /** Policies and data: files and folders, read as OPA does. */
  readonly paths: readonly string[];
  readonly regoVersion: RegoVersion;
  /** Only tests whose `package.name` it matches. */
  readonly run: RegExp | null;
  /** Files whose name matches are passed over. */
  readonly ignore: readonly string[];
  readonly coverage: boolean;
  readonly cache: CompileCache | null;
}

export interface TestRun {
  readonly results: readonly TestResult[];
  /** Null unless it was asked for. */
  readonly coverage: CoverageReport | null;
}

interface Found {
  readonly module: InspectedModule;
  readonly name: string;
  readonly line: number;
  readonly cases: boolean;
}

/** Runs Rego unit tests on the engine that judges in earnest, so that a test passes for the reason that a verdict does. */
export async function runRegoTests(options: TestOptions): Promise<TestRun> {
  const files = readRegoFiles(options.paths, { tests: true, others: true, ignore: options.ignore });
  if (files.length === 0) throw new PortcullisError("usage", `no .rego files in ${options.paths.join(", ")}`);
  const modules = files.map((file) => ({ ...file, version: options.regoVersion }));
  const inspected = await inspectRego(modules, options.cache);
  const found = inspected.flatMap(testsOf).filter((test) => options.run?.test(fullName(test)) !== false);
  const runnable = found.filter(({ name, cases }) => !name.startsWith("todo_") && !cases);
  const printed: string[] = [];
  const evaluator = runnable.length === 0 ? null : await load(options, modules, runnable, printed);
  const results = found.map((test) => runOne(test, evaluator, printed));
  return { results, coverage: options.coverage ? coverageReport(evaluator?.coverage() ?? []) : null };
}

async function load(
  { cache, paths, ignore, coverage }: TestOptions,
  modules: Parameters<typeof compileRego>[0],
  tests: readonly Found[],
  printed: string[],
): Promise<JsEvaluator> {
  const entrypoints = [...new Set(tests.map(entrypointOf))];
  const { unit } = await compileRego(modules, entrypoints, { cache, print: true, unplanned: coverage });
  const engine = new JsEngine({ coverage, print: (text) => printed.push(text) });
  const evaluator = await engine.load(unit);
  evaluator.setData(readData(paths, ignore) as unknown as JsonObject);
  return evaluator;
}

function testsOf(module: InspectedModule): Found[] {
  const byName = new Map<string, Found>();
  for (const { name, line, cases } of module.rules) {
    if (/^(todo_)?test_/.test(name) && !byName.has(name)) byName.set(name, { module, name, line, cases });
  }
  return [...byName.values()];
}

function entrypointOf({ module, name }: Found): string {
  return `${module.package}/${name}`;
}

function fullName({ module, name }: Found): string {
  return `data.${module.package.replaceAll("/", ".")}.${name}`;
}

function runOne(test: Found, evaluator: JsEvaluator | null, printed: string[]): TestResult {
  const started = process.hrtime.bigint();
  printed.length = 0;
  const outcome = test.name.startsWith("todo_") ? { skip: true } : outcomeOf(test, evaluator);
  return {
    name: test.name,
    package: `data.${test.module.package.replaceAll("/", ".")}`,
    pass: false,
    fail: false,
    skip: false,
    error: null,
    ...outcome,
    duration_ns: Number(process.hrtime.bigint() - started),
    location: { file: test.module.path, row: test.line },
    output: printed.join("\n"),
  };
}

/** As OPA has it: a test passes when its value is anything but undefined and false. */
function outcomeOf(test: Found, evaluator: JsEvaluator | null): Partial<TestResult> {
  // A case that fails leaves no trace in the object of those that hold: it must not pass for want of one.
  if (test.cases) return { error: "tests with cases (test_x[name]) are not evaluated; write a test for each case" };
  if (evaluator === null) return { error: "the test was not compiled" };
  try {
    const value = evaluator.evaluate(entrypointOf(test), evaluator.prepare(undefined));
    return value === undefined || value === false ? { fail: true } : { pass: true };
  } catch (error) {
    return { error: messageOf(error) };
  }
}
