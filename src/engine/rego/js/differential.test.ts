// Generated policies on the js engine, on its three-valued interpreter, and on opa-wasm, the reference: all agree.
// What the reference is known to do otherwise is taken out before they are compared:
// - sets come out of it in no order, ours in OPA's: lists are compared as if they were sets (the interpreter's exactly);
// - its numbers are doubles in the end: 9007199254740993 is rounded;
// - keys that are no texts are written in no order of their own, and two of them may have the same text;
// - it lacks built-in functions: what it cannot evaluate is not compared;
// - `data.x[1]` finds what JSON calls "1" in OPA and here, and not there: data has no such keys.
// OPA also keeps the text of a number, so that 1e2 is no integer to it: policies have none.
import fc from "fast-check";
import { expect, test } from "vitest";
import { systemClock } from "../../../clock.js";
import { compilerCall } from "../../../compiler/compiler.js";
import { isObject, setOwn, type Json, type JsonObject } from "../../../json.js";
import { RegoError, type PreparedInput, type RegoEvaluator } from "../engine.js";
import { WasmEngine } from "../wasm-engine.js";
import { JsEvaluator } from "./js-engine.js";
import type { Plan } from "./plan.js";
import { generateJson, generateObject, generatePolicy, type GeneratedPolicy } from "./testing/generate-policy.js";
import { translate } from "./translate.js";

interface Answer {
  readonly errors: readonly { readonly file: string }[];
  readonly plan?: Plan;
  readonly wasm?: string;
}

const packageOf = ({ text }: GeneratedPolicy): string => (text.split("\n")[0] ?? "").replace("package ", "");

function build(policies: readonly GeneratedPolicy[], target: "plan" | "wasm"): Promise<unknown> {
  const modules = policies.map((policy) => ({ path: packageOf(policy), text: policy.text, version: "v1" }));
  return compilerCall("rego.compile", {
    modules,
    entrypoints: policies.flatMap(({ entrypoints }) => entrypoints),
    target,
  });
}

/** Those that compile: the generator makes some that do not. */
async function compiling(policies: readonly GeneratedPolicy[]): Promise<[readonly GeneratedPolicy[], Plan]> {
  const { errors, plan } = (await build(policies, "plan")) as Answer;
  if (plan !== undefined) return [policies, plan];
  const bad = new Set(errors.map(({ file }) => file));
  const rest = policies.filter((policy) => !bad.has(packageOf(policy)));
  if (rest.length === policies.length || rest.length === 0) throw new Error(JSON.stringify(errors));
  return compiling(rest);
}

type Outcome = { readonly value: Json | undefined } | { readonly code: string };

function outcome(run: () => Json | undefined): Outcome {
  try {
    return { value: run() };
  } catch (thrown) {
    if (!(thrown instanceof RegoError)) throw thrown;
    return { code: thrown.code };
  }
}

/** JSON text in which the order of lists and keys, and what of a number a double does not hold, do not show. */
function loose(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(loose).sort().join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(typeof value === "number" ? value + 0 : value);
  const entries = Object.entries(value).map(([key, item]) => `${looseKey(key)}:${loose(item)}`);
  return `{${entries.sort().join(",")}}`;
}

function looseKey(key: string): string {
  try {
    const parsed = JSON.parse(key) as Json;
    return typeof parsed === "string" ? JSON.stringify(key) : `key ${loose(parsed)}`;
  } catch {
    return JSON.stringify(key);
  }
}

function withoutNumbersAsKeys(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(withoutNumbersAsKeys);
  if (!isObject(value)) return value;
  const made: { [key: string]: Json } = {};
  for (const [key, item] of Object.entries(value))
    setOwn(made, key.replace(/^(?=\d)/, "n"), withoutNumbersAsKeys(item));
  return made;
}

const hasSameTextTwice = /\{[^{}]*"\[\]"/; // the empty set and the empty array as keys

function agree(ours: Outcome, reference: Outcome): boolean {
  if ("code" in reference && reference.code !== "eval_conflict_error") return true; // a function that it lacks
  if ("code" in ours || "code" in reference)
    return "code" in ours && "code" in reference && ours.code === reference.code;
  if (ours.value === undefined || reference.value === undefined) return ours.value === reference.value;
  const [a, b] = [loose(ours.value), loose(reference.value)];
  return a === b || hasSameTextTwice.test(JSON.stringify(ours.value));
}

interface Engines {
  readonly js: JsEvaluator;
  readonly wasm: RegoEvaluator;
}

async function engines(policies: readonly GeneratedPolicy[], plan: Plan, data: JsonObject): Promise<Engines> {
  const js = new JsEvaluator(translate(plan), {}, () => plan);
  const { wasm: text = "" } = (await build(policies, "wasm")) as Answer;
  const bytes = new Uint8Array(Buffer.from(text, "base64"));
  const unit = { entrypoints: [], plan: () => plan, wasm: () => Promise.resolve(bytes) };
  const wasm = await new WasmEngine(systemClock).load(unit);
  js.setData(data);
  wasm.setData(data);
  return { js, wasm };
}

const batches = Number(process.env["PORTCULLIS_FUZZ_RUNS"] ?? 12);
const size = 16;

test.each(Array.from({ length: batches }, (_, at) => at + 1))("batch %i", async (seed) => {
  const [made] = fc.sample(
    fc.gen().map((draw) => ({
      policies: Array.from({ length: size }, (_, at) => generatePolicy(draw, `p${at}`)),
      inputs: Array.from({ length: 3 }, () => generateObject(draw) as Json),
      data: generateJson(draw),
      bases: Array.from({ length: size }, () => generateObject(draw, 2)),
    })),
    { numRuns: 1, seed },
  );
  if (made === undefined) throw new Error("nothing was generated");
  const [policies, plan] = await compiling(made.policies);
  const bases = policies.map((policy, at) => [packageOf(policy), { base: made.bases[at] ?? {} }] as const);
  const data = withoutNumbersAsKeys({ d: made.data, ...Object.fromEntries(bases) }) as JsonObject;
  const { js, wasm } = await engines(policies, plan, data);
  let defined = 0;
  for (const input of made.inputs) {
    const [ours, theirs]: PreparedInput[] = [js.prepare(input), wasm.prepare(input)];
    for (const { text, entrypoints } of policies) {
      for (const entrypoint of entrypoints) {
        const one = outcome(() => js.evaluate(entrypoint, ours as PreparedInput));
        const reference = outcome(() => wasm.evaluate(entrypoint, theirs as PreparedInput));
        const interpreted = outcome(() => js.partial.evaluate(entrypoint, input, [], { trace: false }).value);
        const about = `${entrypoint} of input ${JSON.stringify(input)}, data ${JSON.stringify(data)}\n${text}`;
        if (!agree(one, reference))
          expect.fail(`js: ${JSON.stringify(one)}\nopa-wasm: ${JSON.stringify(reference)}\n${about}`);
        expect(interpreted, about).toEqual(one);
        if ("value" in one && one.value !== undefined) defined++;
      }
    }
  }
  expect(defined).toBeGreaterThan(10);
});
