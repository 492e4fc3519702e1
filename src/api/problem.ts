// RFC 9457 problem details: the one shape of every error of the API.
import type { ErrorCode } from "../errors.js";

/** Throw it from a route. `code` is stable; `detail` says what was expected. */
export class Problem extends Error {
  readonly status: number;
  readonly code: ProblemCode;
  constructor(status: number, code: ProblemCode, detail: string) {
    super(detail);
    this.name = "Problem";
    this.status = status;
    this.code = code;
  }
}

export type ProblemCode =
  | ErrorCode
  | "unauthenticated"
  | "forbidden"
  | "not-found"
  | "method-not-allowed"
  | "invalid-request"
  | "conflict"
  | "precondition-failed"
  | "payload-too-large"
  | "unsupported-media-type"
  | "too-many-requests"
  | "timeout"
  | "unavailable";

export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** The request's id. */
  readonly instance: string;
  readonly code: ProblemCode;
}
