// Each request has an id, which stands in the answer, in problems and in the log.
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Api } from "./server.js";

const acceptable = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** The client's own where it can stand in a log line, a new one otherwise. */
export function requestId({ headers }: Pick<IncomingMessage, "headers">): string {
  const given = headers["x-request-id"];
  return typeof given === "string" && acceptable.test(given) ? given : randomUUID();
}

export function addRequestIds(api: Api): void {
  api.addHook("onRequest", (request, reply, done) => {
    void reply.header("x-request-id", request.id);
    done();
  });
}
