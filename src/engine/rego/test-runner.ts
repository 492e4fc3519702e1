import { messageOf, PortcullisError } from "../../errors.js";
import type { CompileCache } from "./cache.js";
import type { RegoEngine, RegoEvaluator } from "./engine.js";
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
}

export interface TestOptions {
  readonly paths: readonly string[];
  readonly regoVersion: RegoVersion;
  /** Only tests whose `package.name` it matches. */
  readonly run: RegExp | null;
  readonly engine: RegoEngine;
  readonly cache: CompileCache | null;
}

interface Found {
  readonly module: InspectedModule;
  readonly name: string;
  readonly line: number;
}

/** Runs Rego unit tests on the engine that judges in earnest, so that a test passes for the reason that a verdict does. */
export async function runRegoTests(options: TestOptions): Promise<TestResult[]> {
  const files = readRegoFiles(options.paths, { tests: true });
  if (files.length === 0) throw new PortcullisError("usage", `no .rego files in ${options.paths.join(", ")}`);
  const modules = files.map((file) => ({ ...file, version: options.regoVersion }));
  const inspected = await inspectRego(modules, options.cache);
  const found = inspected.flatMap(testsOf).filter((test) => options.run?.test(fullName(test)) !== false);
  const runnable = found.filter(({ name }) => !name.startsWith("todo_"));
  const evaluator = runnable.length === 0 ? null : await load(options, modules, runnable);
  return found.map((test) => runOne(test, evaluator));
}

async function load(
  { engine, cache }: TestOptions,
  modules: Parameters<typeof compileRego>[0],
  tests: readonly Found[],
): Promise<RegoEvaluator> {
  const entrypoints = [...new Set(tests.map(entrypointOf))];
  const { unit } = await compileRego(modules, entrypoints, { cache });
  const evaluator = await engine.load(unit);
  evaluator.setData({});
  return evaluator;
}

function testsOf(module: InspectedModule): Found[] {
  const byName = new Map<string, Found>();
  for (const { name, line } of module.rules) {
    if (/^(todo_)?test_/.test(name) && !byName.has(name)) byName.set(name, { module, name, line });
  }
  return [...byName.values()];
}

function entrypointOf({ module, name }: Found): string {
  return `${module.package}/${name}`;
}

function fullName({ module, name }: Found): string {
  return `data.${module.package.replaceAll("/", ".")}.${name}`;
}

function runOne(test: Found, evaluator: RegoEvaluator | null): TestResult {
  const started = process.hrtime.bigint();
  const outcome = evaluator === null || test.name.startsWith("todo_") ? { skip: true } : outcomeOf(test, evaluator);
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
  };
}

/** As OPA has it: a test passes when its value is anything but undefined and false. */
function outcomeOf(test: Found, evaluator: RegoEvaluator): Partial<TestResult> {
  try {
    const value = evaluator.evaluate(entrypointOf(test), evaluator.prepare({}));
    return value === undefined || value === false ? { fail: true } : { pass: true };
  } catch (error) {
    return { error: messageOf(error) };
  }
}
