// What every route's schema has without writing it: no query parameter that it does not name, and the problems that it may answer.
import type { FastifySchema } from "fastify";
import type { Access } from "./access.js";
import { problemMediaType, problemSchema } from "./problem.js";
import { keyHeader, keyPattern } from "./idempotency.js";
import type { Api } from "./server.js";

interface Schemas extends FastifySchema {
  response?: Record<string, object>;
}

export function completeSchemas(api: Api): void {
  api.addHook("onRoute", (route) => {
    if (route.config?.allow !== undefined) return;
    const schema: Schemas = { ...(route.schema as Schemas | undefined) };
    schema.querystring = closed(schema.querystring);
    if (route.config?.idempotent === true) {
      schema.headers = keyHeaders;
      schema.response = { ...idempotencyProblems, ...schema.response };
    }
    schema.response = { ...problemsOf(schema, route.config?.access ?? []), ...schema.response };
    route.schema = schema;
  });
}

const keyHeaders = {
  type: "object",
  properties: {
    [keyHeader]: {
      ...{ type: "string", pattern: keyPattern },
      description:
        "Of your own making. The same request with the same key is done once, and answered as before, for 24 hours",
    },
  },
};

const idempotencyProblems = {
  409: problemResponse("A request with this Idempotency-Key is being answered"),
  422: problemResponse("The Idempotency-Key was used for another request"),
};

function closed(query: unknown): object {
  return { type: "object", properties: {}, additionalProperties: false, ...(query as object | undefined) };
}

const meanings: Readonly<Record<number, string>> = {
  400: "The request is wrong: `errors` says where",
  401: "Nobody is behind the credentials",
  403: "The caller's roles do not allow it",
  404: "There is no such thing",
  408: "The request did not arrive in time",
  413: "The body is too large",
  414: "The address is too long",
  415: "The body is of a type that is not taken",
  429: "Too many requests: `Retry-After` says when to come again",
  431: "The headers are too large",
  500: "Something went wrong here",
  503: "The database or something else is away, or it took too long",
};

function problemsOf({ params, body }: FastifySchema, access: Access): Record<string, object> {
  const isOpen = access === "public";
  const statuses = [
    ...(isOpen ? [] : [401, 403]),
    ...(params === undefined ? [] : [404]),
    ...(body === undefined ? [] : [413, 415]),
    ...[400, 408, 414, 429, 431, 500, 503],
  ];
  return Object.fromEntries(statuses.map((status) => [String(status), problemResponse(meanings[status] ?? "")]));
}

/** For a status that only some routes answer: 409, 422. */
export function problemResponse(description: string): object {
  return { description, content: { [problemMediaType]: { schema: problemSchema } } };
}
