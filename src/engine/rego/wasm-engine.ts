// OPA's WebAssembly target on @open-policy-agent/opa-wasm: the reference engine. A policy that never ends cannot be
// interrupted here, since an evaluation is one synchronous call: budgets of time and steps need another engine. Numbers
// are exact inside, but answers are JavaScript numbers: integers past 2^53 in a result are rounded.
import { createRequire } from "node:module";
import type * as opaWasm from "@open-policy-agent/opa-wasm";
import type { LoadedPolicy } from "@open-policy-agent/opa-wasm";
import { systemClock, type Clock } from "../../clock.js";
import { messageOf } from "../../errors.js";
import { isObject, type Json, type JsonObject } from "../../json.js";
import { RegoError, type CompiledUnit, type PreparedInput, type RegoEngine, type RegoEvaluator } from "./engine.js";
import { timeBuiltins } from "./time-builtins.js";

/** The package's ES module lacks loadPolicySync, which its types promise. */
const { loadPolicySync } = createRequire(import.meta.url)("@open-policy-agent/opa-wasm") as typeof opaWasm;

type Builtins = ReturnType<typeof timeBuiltins>;

/** 64 KiB each: 320 KiB to begin with, and at most 2 GiB, so that a policy cannot eat the machine. */
const pages = { initial: 5, maximum: 32_768 };

export class WasmEngine implements RegoEngine {
  readonly name = "wasm";
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async load(unit: CompiledUnit): Promise<WasmEvaluator> {
    try {
      const module = await WebAssembly.compile(await unit.wasm());
      return new WasmEvaluator(module, timeBuiltins(this.#clock.now()));
    } catch (cause) {
      if (cause instanceof RegoError) throw cause;
      throw new RegoError("load_failed", `the compiled policies cannot be loaded: ${messageOf(cause)}`, { cause });
    }
  }
}

export const wasmEngine: RegoEngine = new WasmEngine(systemClock);

export class WasmEvaluator implements RegoEvaluator {
  readonly partial = null;
  readonly #module: WebAssembly.Module;
  readonly #builtins: Builtins;
  #data: ArrayBuffer | RegoError;
  #instance: Instance | null;
  /** Why `data` could not be taken: not tried again for every evaluation. */
  #refused: RegoError | null = null;

  constructor(module: WebAssembly.Module, builtins: Builtins) {
    this.#module = module;
    this.#builtins = builtins;
    this.#data = encode({});
    this.#instance = this.#start();
  }

  /** The program does not tell what it calls. */
  isSteady(): boolean {
    return false;
  }

  setData(data: JsonObject): void {
    this.#data = encode(data);
    this.#refused = null;
    this.#instance = null; // a new one takes it when it is needed, with nothing left over from the last
  }

  prepare(input: Json | undefined): PreparedInput {
    return { value: input === undefined ? undefined : encode(input) };
  }

  evaluate(entrypoint: string, input: PreparedInput): Json | undefined {
    return resultOf(this.resultSet(entrypoint, input), entrypoint);
  }

  /** As the program gave it: for an entrypoint one `{"result": value}`, or none. */
  resultSet(entrypoint: string, { value }: PreparedInput): unknown {
    if (value instanceof RegoError) throw value;
    const json = value as ArrayBuffer | undefined;
    const instance = (this.#instance ??= this.#start());
    try {
      return instance.evaluate(entrypoint, json);
    } catch (thrown) {
      const error = regoError(thrown);
      if (!resumable.has(error.code)) this.#instance = null;
      throw error;
    }
  }

  #start(): Instance {
    if (this.#refused !== null) throw this.#refused;
    try {
      const instance = new Instance(this.#module, this.#builtins);
      if (this.#data instanceof RegoError) throw this.#data;
      instance.policy.setData(this.#data);
      return instance;
    } catch (thrown) {
      this.#refused = regoError(thrown);
      throw this.#refused;
    }
  }
}

/** After these the instance is sound: a built-in is called between two steps of the program, and the heap is reset. */
const resumable: ReadonlySet<string> = new Set([
  "eval_unsupported_builtin_error",
  "eval_builtin_error",
  "entrypoint_unknown",
  "input_invalid",
]);

class Instance {
  readonly policy: LoadedPolicy;
  readonly #entrypoints: Map<string, number>;
  #lastParsed: ArrayBuffer | null = null;

  constructor(module: WebAssembly.Module, builtins: Builtins) {
    this.policy = loadPolicySync(module, { ...pages }, marked(builtins));
    this.#entrypoints = new Map(Object.entries(this.policy.entrypoints as Record<string, number>));
  }

  evaluate(entrypoint: string, json: ArrayBuffer | undefined): unknown {
    const number = this.#entrypoints.get(entrypoint);
    if (number === undefined) throw new RegoError("entrypoint_unknown", `the program has no entrypoint ${entrypoint}`);
    if (json !== undefined) this.#checkInput(json);
    return this.policy.evaluate(json, number) as unknown;
  }

  /** OPA's opa_eval takes an input that it cannot parse for an undefined one: a silent pass. So it is parsed once before. */
  #checkInput(json: ArrayBuffer): void {
    if (this.#lastParsed === json) return;
    const { opa_malloc, opa_json_parse, opa_heap_ptr_set } = exportsOf(this.policy);
    const memory = this.policy.mem;
    opa_heap_ptr_set(this.policy.dataHeapPtr as number);
    const address = opa_malloc(json.byteLength);
    new Uint8Array(memory.buffer).set(new Uint8Array(json), address);
    const parsed = opa_json_parse(address, json.byteLength);
    opa_heap_ptr_set(this.policy.dataHeapPtr as number);
    if (parsed === 0) throw new RegoError("input_invalid", "the input cannot be read by the policy engine");
    this.#lastParsed = json;
  }
}

interface PolicyExports {
  readonly opa_malloc: (size: number) => number;
  readonly opa_json_parse: (address: number, length: number) => number;
  readonly opa_heap_ptr_set: (address: number) => void;
}

function exportsOf(policy: LoadedPolicy): PolicyExports {
  return (policy.wasmInstance as WebAssembly.Instance).exports as unknown as PolicyExports;
}

/** The result set: one `{"result": value}`, or none when the rule is undefined. */
function resultOf(set: unknown, entrypoint: string): Json | undefined {
  if (!Array.isArray(set) || set.length > 1)
    throw new RegoError("eval_internal_error", `${entrypoint} gave no result set`);
  if (set.length === 0) return undefined;
  const first: unknown = set[0];
  if (!isObject(first) || !Object.hasOwn(first, "result")) {
    throw new RegoError("eval_internal_error", `${entrypoint} gave a result without a value`);
  }
  return first["result"];
}

/** Tells what a built-in threw from what the program did. */
class BuiltinFault extends Error {}

function marked(builtins: Builtins): Builtins {
  const wrapped = Object.entries(builtins).map(([name, implementation]) => [
    name,
    (...args: readonly Json[]) => {
      try {
        return (implementation as (...args: readonly Json[]) => unknown)(...args);
      } catch (cause) {
        throw new BuiltinFault(messageOf(cause), { cause });
      }
    },
  ]);
  return Object.fromEntries(wrapped) as Builtins;
}

function regoError(thrown: unknown): RegoError {
  if (thrown instanceof RegoError) return thrown;
  if (thrown instanceof BuiltinFault) {
    return new RegoError("eval_builtin_error", `a built-in function failed: ${thrown.message}`);
  }
  if (isMissingBuiltin(thrown)) {
    const name = thrown.message.replace(/^.*: /, "");
    return new RegoError(
      "eval_unsupported_builtin_error",
      `the built-in function ${name} is not there in the wasm engine`,
    );
  }
  if (typeof thrown === "string") {
    const code = thrown.includes("conflict") ? "eval_conflict_error" : "eval_internal_error";
    return new RegoError(code, `the policy stopped: ${thrown}`);
  }
  // The package's own built-ins (sprintf) throw these.
  if (thrown instanceof TypeError || thrown instanceof SyntaxError) {
    return new RegoError("eval_builtin_error", `a built-in function failed: ${thrown.message}`);
  }
  return new RegoError("eval_internal_error", `the policy stopped: ${messageOf(thrown)}`, { cause: thrown });
}

/** opa-wasm throws a plain object for this, strings when the program aborts. */
function isMissingBuiltin(thrown: unknown): thrown is { message: string } {
  if (!isObject(thrown) || thrown instanceof Error) return false;
  const message: unknown = thrown["message"];
  return typeof message === "string" && message.startsWith("not implemented: built-in");
}

const surrogate = /\\(?:u(d[89a-f][0-9a-f]{2})|.)/g;

/** JSON as UTF-8. A lone surrogate, which is no character and which OPA cannot parse, becomes U+FFFD. */
function encode(value: Json): ArrayBuffer | RegoError {
  let text: string;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    const reason = cause instanceof RangeError ? "it is nested too deeply" : messageOf(cause);
    return new RegoError("input_invalid", `the value cannot be written as JSON: ${reason}`, { cause });
  }
  if (text.includes("\\ud")) text = text.replace(surrogate, (all, lone) => (lone === undefined ? all : "\ufffd"));
  const bytes = new TextEncoder().encode(text);
  return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
}
