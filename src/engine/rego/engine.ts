// What evaluates compiled Rego. An adapter per engine; the callers know only this.
import type { Json, JsonObject } from "../../json.js";
import type { Plan } from "./js/plan.js";
import type { TranslatedPlan } from "./js/translate.js";

export const engineNames = ["js", "wasm"] as const;
export type EngineName = (typeof engineNames)[number];

/** Modules that were compiled together, for each engine; read when that engine needs it. */
export interface CompiledUnit {
  readonly entrypoints: readonly string[];
  /** OPA's WebAssembly target. */
  wasm(): Promise<Uint8Array<ArrayBuffer>>;
  plan(): Plan;
  /** What was translated from the plan before; without it the engine translates. */
  readonly program?: () => TranslatedPlan;
}

/** An input in the form that one engine takes, made once and evaluated by many entrypoints of the same evaluator. */
export interface PreparedInput {
  /** What the engine made of it, or why the value cannot be taken: every evaluation of it then throws that. */
  readonly value: unknown;
}

export interface RegoEngine {
  readonly name: EngineName;
  /** Throws RegoError when the unit cannot be loaded. */
  load(unit: CompiledUnit): Promise<RegoEvaluator>;
}

/** Evaluates one unit. Not to be used by two callers at once: it has one `data`. */
export interface RegoEvaluator {
  /** Replaces `data`. Never throws: where the engine cannot take it, every evaluation throws until it is replaced. */
  setData(data: JsonObject): void;
  /** Never throws: see `PreparedInput.value`. Undefined is no input at all. */
  prepare(input: Json | undefined): PreparedInput;
  /**
   * The entrypoint's value; undefined is Rego's undefined. Throws RegoError for whatever is not an answer: what the engine
   * cannot evaluate is never undefined.
   */
  evaluate(entrypoint: string, input: PreparedInput): Json | undefined;
  /** False where the same input and data may give another value: it asks for the time, or for chance. */
  isSteady(entrypoint: string): boolean;
  /** Null for an engine that needs to know everything. */
  readonly partial: PartialEvaluator | null;
}

/** A value that is not there to be read. */
export interface Cause {
  /** The resource it belongs to, null for the input. */
  readonly resource: string | null;
  /** JSON Pointer into that resource. */
  readonly pointer: string;
  /** Why it could not be read; null for what is only known after apply. */
  readonly failure: string | null;
}

/** What holds whatever the values are that are not known. */
export interface PartialAnswer {
  /** The value as far as it is sure (of a set the elements that are in it); unknown parts are texts that say so. */
  readonly value: Json | undefined;
  /** What the rest of the value depends on: empty where the value is sure. */
  readonly causes: readonly Cause[];
  /** For some of the values the evaluation would fail: then nothing is sure. */
  readonly mayFail: boolean;
  readonly trace: readonly TraceEntry[];
}

/** What an evaluation did, in order: for explanations. */
export type TraceEntry =
  | {
      readonly kind: "read";
      readonly resource: string | null;
      readonly pointer: string;
      readonly value: Json | undefined;
    }
  | { readonly kind: "rule"; readonly rule: string; readonly location: RegoLocation; readonly value: Json | undefined };

/** Evaluates in three values: known, unknown, and what follows from that. */
export interface PartialEvaluator {
  /** Which parts of `data.inventory` are not known, for what follows. */
  setUnknownData(causes: readonly Cause[]): void;
  /** Throws RegoError, as `evaluate` does. */
  evaluate(
    entrypoint: string,
    input: Json,
    causes: readonly Cause[],
    options: { readonly trace: boolean },
  ): PartialAnswer;
}

/** OPA's codes, and three of ours for what never gets as far as OPA. */
export type RegoErrorCode =
  | "rego_parse_error"
  | "rego_compile_error"
  | "rego_type_error"
  | "rego_unsafe_var_error"
  | "rego_recursion_error"
  | "eval_internal_error"
  | "eval_cancel_error" // the budget of steps or memory is used up
  | "eval_conflict_error"
  | "eval_type_error"
  | "eval_builtin_error"
  | "eval_unsupported_builtin_error"
  | "eval_with_merge_error"
  | "entrypoint_unknown"
  | "input_invalid"
  | "load_failed";

export interface RegoLocation {
  readonly file: string;
  readonly row: number;
  readonly column: number;
}

export class RegoError extends Error {
  readonly code: RegoErrorCode;
  /** Where in the policy; null where that is not known. */
  readonly location: RegoLocation | null;

  constructor(code: RegoErrorCode, message: string, options: { cause?: unknown; location?: RegoLocation | null } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "RegoError";
    this.code = code;
    this.location = options.location ?? null;
  }
}
