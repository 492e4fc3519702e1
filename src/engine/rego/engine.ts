// What evaluates compiled Rego. An adapter per engine; the callers know only this.
import type { Json, JsonObject } from "../../json.js";

/** Modules that were compiled together. `wasm` gives OPA's WebAssembly target; it is read when an engine loads the unit. */
export interface CompiledUnit {
  readonly entrypoints: readonly string[];
  wasm(): Promise<Uint8Array<ArrayBuffer>>;
}

/** An input in the form that one engine takes, made once and evaluated by many entrypoints of the same evaluator. */
export interface PreparedInput {
  /** UTF-8, or why the value cannot be taken: every evaluation of it then throws that. */
  readonly json: ArrayBuffer | RegoError;
}

export interface RegoEngine {
  readonly name: "wasm";
  /** Throws RegoError when the unit cannot be loaded. */
  load(unit: CompiledUnit): Promise<RegoEvaluator>;
}

/** Evaluates one unit. Not to be used by two callers at once: it has one `data`. */
export interface RegoEvaluator {
  /** Replaces `data`. Never throws: where the engine cannot take it, every evaluation throws until it is replaced. */
  setData(data: JsonObject): void;
  /** Never throws: see `PreparedInput.json`. */
  prepare(input: Json): PreparedInput;
  /**
   * The entrypoint's value; undefined is Rego's undefined. Throws RegoError for whatever is not an answer: what the engine
   * cannot evaluate is never undefined.
   */
  evaluate(entrypoint: string, input: PreparedInput): Json | undefined;
}

export type RegoErrorCode =
  | "builtin_missing" // the engine lacks a built-in function that was called
  | "builtin_failed" // a built-in function threw
  | "entrypoint_unknown"
  | "input_invalid"
  | "aborted" // the program gave up: conflicting rules, or out of memory
  | "trapped" // the machine stopped it: out of stack
  | "load_failed";

export class RegoError extends Error {
  readonly code: RegoErrorCode;
  constructor(code: RegoErrorCode, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.name = "RegoError";
    this.code = code;
  }
}
