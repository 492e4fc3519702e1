// OPA's own test cases, and how to run one on an engine.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { compilerCall } from "../../src/compiler/compiler.js";
import { messageOf } from "../../src/errors.js";
import type { JsonObject } from "../../src/json.js";
import { RegoError } from "../../src/engine/rego/engine.js";
import { JsEvaluator } from "../../src/engine/rego/js/js-engine.js";
import type { Plan } from "../../src/engine/rego/js/plan.js";
import { translate } from "../../src/engine/rego/js/translate.js";
import {
  compare,
  equal,
  isArray,
  keyText,
  objectEntries,
  parseJson,
  RegoSet,
  toJsonText,
  type ObjectValue,
  type PlainObject,
  type Value,
} from "../../src/engine/rego/js/values.js";
import { WasmEngine } from "../../src/engine/rego/wasm-engine.js";
import { systemClock } from "../../src/clock.js";

export interface Case {
  readonly version: "v0" | "v1";
  readonly note: string;
  readonly query: string;
  readonly modules?: readonly string[];
  readonly data?: PlainObject;
  readonly input?: Value;
  /** The input as a Rego term, where it is no JSON. */
  readonly input_term?: string;
  readonly want_result?: readonly PlainObject[] | null;
  readonly want_error_code?: string;
  readonly want_error?: string;
  readonly strict_error?: boolean;
  readonly sort_bindings?: boolean;
  readonly ignore_generated_vars?: boolean;
}

/** The cases come out of the Go module of OPA's own version that the compiler is built from. */
export function conformanceCases(): Case[] {
  const cwd = fileURLToPath(new URL("../../compiler", import.meta.url));
  const go = (...args: string[]): string => execFileSync("go", args, { cwd, encoding: "utf8", maxBuffer: 2 ** 28 });
  const folder = go("list", "-m", "-f", "{{.Dir}}", "github.com/open-policy-agent/opa").trim();
  const lines = go("run", "./conformance", folder).trim().split("\n");
  return lines.map((line) => parseJson(line) as unknown as Case);
}

const planned = z.object({
  errors: z.array(z.object({ code: z.string(), message: z.string() })),
  plan: z.record(z.string(), z.unknown()).optional(),
  wasm: z.string().optional(),
  id: z.number().optional(),
});

export type Target = "js" | "wasm";

async function plan(modules: readonly string[], version: string, query: string, target: Target) {
  const sources = modules.map((text, at) => ({ path: `test-${at}.rego`, text, version }));
  const request = { modules: sources, query, version: "v1", target: target === "js" ? "plan" : "wasm" };
  const answer = planned.parse(await compilerCall("rego.query", request));
  if (answer.id !== undefined) await compilerCall("rego.result", { id: answer.id }); // forget it: bindings are compared here
  return answer;
}

function evaluator(answer: z.infer<typeof planned>, strictBuiltinErrors: boolean): JsEvaluator {
  const plan = answer.plan as unknown as Plan;
  const program = translate(plan, { places: strictBuiltinErrors });
  return new JsEvaluator(program, { strictBuiltinErrors }, () => plan);
}

async function term(text: string): Promise<Value> {
  const run = evaluator(await plan([], "v1", `x = ${text}`, "js"), false);
  const [bindings] = run.results("eval", run.prepare(undefined)).values();
  return (Object.fromEntries(objectEntries(bindings as ObjectValue)) as { x: Value }).x;
}

type Outcome = { readonly bindings: readonly Value[] } | { readonly code: string; readonly message: string };

/** Null when the engine does what the case wants, what is wrong otherwise. */
export async function failureOf(one: Case, target: Target): Promise<string | null> {
  const outcome = await outcomeOf(one, target);
  const got = "code" in outcome ? `${outcome.code}: ${outcome.message}` : toJsonText(outcome.bindings.map(shown));
  if (one.want_error_code !== undefined || one.want_error !== undefined) {
    const isWanted = "code" in outcome && (one.want_error_code === undefined || outcome.code === one.want_error_code);
    return isWanted ? null : `expected ${one.want_error_code ?? one.want_error ?? ""}, got ${got}`;
  }
  const wanted = RegoSet.of((one.want_result ?? []).map((each) => bindingsOf(one, each)));
  const isWanted =
    "bindings" in outcome && equal(RegoSet.of(outcome.bindings.map((each) => bindingsOf(one, shown(each)))), wanted);
  return isWanted ? null : `expected ${toJsonText(wanted)}, got ${got}`;
}

async function outcomeOf(one: Case, target: Target): Promise<Outcome> {
  try {
    const answer = await plan(one.modules ?? [], one.version, one.query, target);
    const [error] = answer.errors;
    if (error !== undefined) return error;
    const input = one.input_term === undefined ? one.input : await term(one.input_term);
    return { bindings: await (target === "js" ? onJs : onWasm)(answer, one, input) };
  } catch (thrown) {
    return { code: thrown instanceof RegoError ? thrown.code : "crash", message: messageOf(thrown) };
  }
}

function onJs(answer: z.infer<typeof planned>, one: Case, input: Value | undefined): Value[] {
  const run = evaluator(answer, one.strict_error === true);
  run.setData((one.data ?? {}) as unknown as JsonObject);
  return [...run.results("eval", { value: input }).values()];
}

async function onWasm(answer: z.infer<typeof planned>, one: Case, input: Value | undefined): Promise<Value[]> {
  const bytes = new Uint8Array(Buffer.from(answer.wasm ?? "", "base64"));
  const unit = {
    entrypoints: ["eval"],
    wasm: () => Promise.resolve(bytes),
    plan: () => answer.plan as unknown as Plan,
  };
  const run = await new WasmEngine(systemClock).load(unit);
  run.setData(JSON.parse(toJsonText(one.data ?? {})) as JsonObject);
  const json = input === undefined ? undefined : (JSON.parse(toJsonText(input)) as JsonObject);
  return run.resultSet("eval", run.prepare(json)) as Value[];
}

/** What the query's author named, as JSON. */
function shown(bindings: Value): Value {
  const named = objectEntries(bindings as ObjectValue).filter(([name]) => !/^[\^$]/.test(keyText(name)));
  return parseJson(toJsonText(Object.fromEntries(named.map(([name, value]) => [keyText(name), value]))));
}

function bindingsOf(one: Case, bindings: Value): Value {
  const named = objectEntries(bindings as ObjectValue).filter(
    ([name]) => one.ignore_generated_vars !== true || !keyText(name).startsWith("__localq"),
  );
  const sorted = (value: Value): Value =>
    one.sort_bindings === true && isArray(value) ? [...value].sort(compare) : value;
  return Object.fromEntries(named.map(([name, value]) => [keyText(name), sorted(value)]));
}
