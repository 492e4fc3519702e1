// The library: Rego from Node, without a server and without a binary.
import { z } from "zod";
import { compilerCall } from "./compiler/compiler.js";
import { RegoError, type CompiledUnit, type RegoErrorCode, type RegoEvaluator } from "./engine/rego/engine.js";
import { JsEngine } from "./engine/rego/js/js-engine.js";
import type { Plan } from "./engine/rego/js/plan.js";
import { plainCopy } from "./engine/rego/js/plain-copy.js";
import type { Json, JsonObject } from "./json.js";

export { RegoError } from "./engine/rego/engine.js";
export type { RegoErrorCode, RegoLocation } from "./engine/rego/engine.js";
export type { Json, JsonObject } from "./json.js";

export interface CompileRegoOptions {
  /** Rego modules by file name; the names are those that errors point to. */
  readonly modules: Readonly<Record<string, string>>;
  /** Rules or packages, with slashes: `a/deny` is data.a.deny. */
  readonly entrypoints: readonly string[];
  /** The base document `data`; default `{}`. */
  readonly data?: JsonObject;
  /** How the modules are read; default `v1`. */
  readonly regoVersion?: "v0" | "v1";
  /** `js` (the default), or `wasm` for the reference, which lacks many built-in functions. */
  readonly engine?: "js" | "wasm";
  /** An error of a built-in function is thrown; by default it makes the call undefined, as in OPA. Only with `js`. */
  readonly strictBuiltinErrors?: boolean;
}

export interface RegoPolicy {
  /**
   * The value of an entrypoint as plain JSON: sets as arrays in OPA's order (in none with `wasm`), numbers as JavaScript has them; undefined
   * where the rule is. `input` undefined is no input, which is not null. `data` replaces the policy's data for this call.
   * Throws RegoError: `eval_conflict_error`, `eval_cancel_error` when the budget of steps or memory is used up,
   * `input_invalid` for what is not plain JSON, `entrypoint_unknown`, and OPA's others.
   */
  evaluate(entrypoint: string, input?: unknown, data?: unknown): Json | undefined;
}

const compiled = z.object({
  errors: z.array(
    z.object({ code: z.string(), message: z.string(), file: z.string(), line: z.number(), column: z.number() }),
  ),
  plan: z.record(z.string(), z.unknown()).optional(),
  wasm: z.string().optional(),
});

/**
 * Compiles Rego with OPA's own compiler. Throws RegoError with OPA's code (`rego_parse_error`, `rego_compile_error`,
 * `rego_type_error`, `rego_unsafe_var_error`, `rego_recursion_error`), the first error's message and its location.
 */
export async function compileRego(options: CompileRegoOptions): Promise<RegoPolicy> {
  const { engine = "js", strictBuiltinErrors = false, data = {} } = options;
  if (engine === "wasm" && strictBuiltinErrors) {
    throw new RegoError("load_failed", "strictBuiltinErrors needs the engine js");
  }
  const unit = await compile(options, engine);
  const regoEngine =
    engine === "js"
      ? new JsEngine({ strictBuiltinErrors })
      : new (await import("./engine/rego/wasm-engine.js")).WasmEngine((await import("./clock.js")).systemClock);
  return new Policy(await regoEngine.load(unit), plainCopy(data, "data") as JsonObject);
}

async function compile(options: CompileRegoOptions, engine: "js" | "wasm"): Promise<CompiledUnit> {
  const { modules, entrypoints, regoVersion: version = "v1" } = options;
  const sources = Object.entries(modules).map(([path, text]) => ({ path, text, version }));
  const target = engine === "js" ? "plan" : "wasm";
  const request = { modules: sources, entrypoints: [...entrypoints], target };
  const answer = compiled.parse(await compilerCall("rego.compile", request));
  const [first, ...more] = answer.errors;
  if (first !== undefined) {
    const { file, line, column } = first;
    const message = more.length === 0 ? first.message : `${first.message} (and ${more.length} errors more)`;
    const location = file === "" ? null : { file, row: line, column };
    throw new RegoError(first.code as RegoErrorCode, message, { location });
  }
  const wasm = new Uint8Array(Buffer.from(answer.wasm ?? "", "base64"));
  return { entrypoints, plan: () => answer.plan as unknown as Plan, wasm: () => Promise.resolve(wasm) };
}

class Policy implements RegoPolicy {
  readonly #evaluator: RegoEvaluator;
  readonly #data: JsonObject;

  constructor(evaluator: RegoEvaluator, data: JsonObject) {
    this.#evaluator = evaluator;
    this.#data = data;
    evaluator.setData(data);
  }

  evaluate(entrypoint: string, input?: unknown, data?: unknown): Json | undefined {
    const prepared = this.#evaluator.prepare(input === undefined ? undefined : plainCopy(input, "input"));
    if (data === undefined) return this.#evaluator.evaluate(entrypoint, prepared);
    const replaced = plainCopy(data, "data");
    if (typeof replaced !== "object" || replaced === null || Array.isArray(replaced)) {
      throw new RegoError("input_invalid", "data is not an object");
    }
    try {
      this.#evaluator.setData(replaced as JsonObject);
      return this.#evaluator.evaluate(entrypoint, prepared);
    } finally {
      this.#evaluator.setData(this.#data);
    }
  }
}
