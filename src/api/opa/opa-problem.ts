// Errors of OPA's routes: problem details with the members that OPA's clients read (code, message, errors) besides.
import { STATUS_CODES } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { challenge } from "../identity/gate.js";
import { RegoError } from "../../engine/rego/engine.js";
import { problemMediaType } from "../problem.js";
import { problemOf } from "../problem-reply.js";

export type OpaCode =
  | "invalid_parameter"
  | "undefined_document"
  | "resource_not_found"
  | "unauthorized"
  | "internal_error"
  | "evaluation_error"
  | "unavailable";

export interface OpaFault {
  readonly code: string;
  readonly message: string;
  readonly location?: { readonly file: string; readonly row: number; readonly col: number };
}

export class OpaProblem extends Error {
  readonly status: number;
  readonly code: OpaCode;
  readonly errors: readonly OpaFault[];
  constructor(status: number, code: OpaCode, message: string, errors: readonly OpaFault[] = []) {
    super(message);
    this.name = "OpaProblem";
    this.status = status;
    this.code = code;
    this.errors = errors;
  }
}

/** An evaluation that failed, as OPA says it. */
export function problemOfEvaluation(error: RegoError): OpaProblem {
  const { code, message, location } = error;
  const fault = {
    code,
    message,
    ...(location === null ? {} : { location: { file: location.file, row: location.row, col: location.column } }),
  };
  return new OpaProblem(500, "internal_error", "error(s) occurred while evaluating query", [fault]);
}

export async function replyWithOpaProblem(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const problem = opaProblemOf(thrown);
  if (problem.status >= 500)
    request.log.error({ err: thrown }, `${request.method} ${request.routeOptions.url ?? ""} failed`);
  if (problem.status === 401) void reply.header("www-authenticate", challenge(null));
  const { status, code, message, errors } = problem;
  const body = {
    type: `urn:portcullis:problem:${code}`,
    title: STATUS_CODES[status] ?? "Problem",
    ...{ status, detail: message, instance: request.id, code, message },
    ...(errors.length === 0 ? {} : { errors }),
  };
  await reply.code(status).type(problemMediaType).serializer(String).send(JSON.stringify(body));
}

function opaProblemOf(thrown: unknown): OpaProblem {
  if (thrown instanceof OpaProblem) return thrown;
  if (thrown instanceof RegoError) return problemOfEvaluation(thrown);
  const { status, message } = problemOf(thrown);
  return new OpaProblem(status, codeOfStatus(status), message);
}

function codeOfStatus(status: number): OpaCode {
  if (status === 401 || status === 403) return "unauthorized";
  if (status === 404) return "resource_not_found";
  if (status === 503) return "unavailable";
  return status >= 500 ? "internal_error" : "invalid_parameter";
}
