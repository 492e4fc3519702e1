// What was thrown becomes a problem here, for all routes. What is our fault or the database's is told without details: the log
// has them, under the request's id.
import { STATUS_CODES } from "node:http";
import type { FastifyError, FastifyReply, FastifyRequest, FastifySchemaValidationError } from "fastify";
import { challenge } from "./identity/gate.js";
import { PortcullisError, type ErrorCode } from "../errors.js";
import { UnauthenticatedError } from "./identity.js";
import { Problem, problemMediaType, type ProblemCode, type ProblemDetails, type ProblemPlace } from "./problem.js";

/** Of errors that have no status of their own. */
const statusOfCode: Readonly<Record<ErrorCode, number>> = {
  usage: 400,
  "input-unreadable": 400,
  "config-invalid": 500,
  "policy-invalid": 500,
  "baseline-invalid": 500,
  internal: 500,
  "store-unavailable": 503,
  "provider-unavailable": 503,
  "broker-unavailable": 503,
};

const codeOfStatus: Readonly<Record<number, ProblemCode>> = {
  401: "unauthenticated",
  403: "forbidden",
  404: "not-found",
  405: "method-not-allowed",
  408: "timeout",
  409: "conflict",
  412: "precondition-failed",
  413: "payload-too-large",
  415: "unsupported-media-type",
  429: "too-many-requests",
  503: "unavailable",
};

const hidden: Readonly<Record<number, string>> = {
  500: "something went wrong here; the log has it under this request's id",
  503: "this cannot be answered at the moment; try again later",
};

/** The problem that an error is told as. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof UnauthenticatedError) return new Problem(401, "unauthenticated", error.message);
  if (error instanceof PortcullisError) return problemOfFault(error);
  return problemOfFastify(error as FastifyError);
}

function problemOfFault({ code, message }: PortcullisError): Problem {
  const status = statusOfCode[code];
  return new Problem(status, status === 400 ? "invalid-request" : code, hidden[status] ?? message);
}

/** Fastify's own errors say nothing but what the client knows; whatever else was thrown is told to nobody. */
function problemOfFastify({ code, statusCode, message, validation, validationContext }: FastifyError): Problem {
  if (validation !== undefined) {
    const places = validation.map((one) => placeOf(one, validationContext ?? "body"));
    return new Problem(400, "invalid-request", detailOf(places), places);
  }
  const isFastify = typeof code === "string" && code.startsWith("FST_");
  const status = isFastify ? (statusCode ?? 500) : 500;
  return new Problem(status, codeOf(status), hidden[status] ?? message);
}

function codeOf(status: number): ProblemCode {
  return codeOfStatus[status] ?? (status < 500 ? "invalid-request" : "internal");
}

const parts: Readonly<Record<string, ProblemPlace["in"]>> = {
  querystring: "query",
  params: "path",
  headers: "headers",
};

function placeOf(error: FastifySchemaValidationError, context: string): ProblemPlace {
  const { instancePath, keyword, params, message = "is wrong" } = error;
  const name = params["additionalProperty"] ?? params["missingProperty"];
  const pointer = typeof name === "string" ? `${instancePath}/${escaped(name)}` : instancePath;
  return { in: parts[context] ?? "body", pointer, detail: wordsOf(keyword, params, message) };
}

function wordsOf(keyword: string, params: Record<string, unknown>, message: string): string {
  if (keyword === "additionalProperties") return "is not known here";
  if (keyword === "required") return "is missing";
  const allowed = params["allowedValues"];
  return Array.isArray(allowed) ? `must be one of ${allowed.map(String).join(", ")}` : message;
}

const longestName = 200;

/** A name is the client's own: it may hold anything, and as much as it likes. */
function escaped(name: string): string {
  return name.slice(0, longestName).toWellFormed().replaceAll("~", "~0").replaceAll("/", "~1");
}

function detailOf(places: readonly ProblemPlace[]): string {
  return places
    .map(({ in: part, pointer, detail }) => `${part}${pointer === "" ? "" : ` ${pointer}`} ${detail}`)
    .join("; ");
}

/** What is sent. */
export function detailsOf({ status, code, message, errors }: Problem, id: string): ProblemDetails {
  return {
    type: `urn:portcullis:problem:${code}`,
    title: STATUS_CODES[status] ?? "Problem",
    ...{ status, detail: message, instance: id, code },
    ...(errors.length === 0 ? {} : { errors }),
  };
}

export async function replyWithProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const problem = problemOf(error);
  if (problem.status >= 500)
    request.log.error({ err: error }, `${request.method} ${request.routeOptions.url ?? ""} failed`);
  if (problem.status === 401 && !reply.hasHeader("www-authenticate"))
    void reply.header("www-authenticate", challenge(null));
  const body = JSON.stringify(detailsOf(problem, request.id));
  await reply.code(problem.status).type(problemMediaType).serializer(String).send(body);
}
