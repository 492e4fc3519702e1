/** Faults that a person can act on. The code is stable; exit codes and API problems are made from it in one place. */
export type ErrorCode =
  | "usage"
  | "config-invalid"
  | "input-unreadable"
  | "policy-invalid"
  | "baseline-invalid"
  | "store-unavailable"
  | "provider-unavailable"
  | "broker-unavailable"
  | "internal";

export interface ErrorPlace {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** `message` says what was being done, what was found, what was expected and what to do next. */
export class PortcullisError extends Error {
  readonly code: ErrorCode;
  readonly places: readonly ErrorPlace[];
  constructor(code: ErrorCode, message: string, options: { cause?: unknown; places?: readonly ErrorPlace[] } = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.name = "PortcullisError";
    this.code = code;
    this.places = options.places ?? [];
  }
}

/** The message of anything that was thrown: opa-wasm throws strings. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
