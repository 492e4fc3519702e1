// RFC 9457 problem details: the one shape of every error of the API.
import { Type, type Static } from "@sinclair/typebox";
import type { ErrorCode } from "../errors.js";

/** Throw it from a route. `code` is stable; `detail` says what was expected. */
export class Problem extends Error {
  readonly status: number;
  readonly code: ProblemCode;
  readonly errors: readonly ProblemPlace[];
  constructor(status: number, code: ProblemCode, detail: string, errors: readonly ProblemPlace[] = []) {
    super(detail);
    this.name = "Problem";
    this.status = status;
    this.code = code;
    this.errors = errors;
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

const problemPlace = Type.Object(
  {
    in: Type.Union(["body", "query", "path", "headers"].map((part) => Type.Literal(part))),
    /** RFC 6901; of the query and the headers, the name after a slash. */
    pointer: Type.String({ description: "JSON Pointer to what is wrong" }),
    detail: Type.String(),
  },
  { additionalProperties: false },
);

export const problemSchema = Type.Object(
  {
    type: Type.String({ description: "`urn:portcullis:problem:` and the code" }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    instance: Type.String({ description: "the request's id, as the logs have it" }),
    code: Type.String({ description: "stable; tells problems of one status apart" }),
    errors: Type.Optional(Type.Array(problemPlace)),
  },
  { additionalProperties: false },
);

/** Where a request is wrong. */
export interface ProblemPlace {
  readonly in: "body" | "query" | "path" | "headers";
  readonly pointer: string;
  readonly detail: string;
}

export interface ProblemDetails extends Omit<Static<typeof problemSchema>, "code" | "errors"> {
  readonly code: ProblemCode;
  readonly errors?: readonly ProblemPlace[];
}

export const problemMediaType = "application/problem+json";
