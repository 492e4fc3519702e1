// One line a request, when it was answered, in Elastic's field names. Neither headers nor what stands after a `?` are in it: both may
// hold secrets.
import { LogController, type FastifyReply, type FastifyRequest } from "fastify";
import { messageOf } from "../errors.js";
import type { Logger } from "../observability/log.js";
import { traceOf } from "./request-telemetry.js";

/** Asked every few seconds by machines. */
const frequent = new Set(["/healthz", "/readyz", "/metrics"]);

export class RequestLog extends LogController {
  readonly #which: "all" | "failed";

  constructor(which: "all" | "failed") {
    super({ requestIdLogLabel: "http.request.id" });
    this.#which = which;
  }

  override incomingRequest(): void {
    // Told when it is done.
  }

  override requestCompleted(error: Error | null | undefined, request: FastifyRequest, reply: FastifyReply): void {
    if (this.#which === "failed" && reply.statusCode < 400) return;
    const level = levelOf(request, reply.statusCode);
    if (!(request.log as Logger).isLevelEnabled(level)) return;
    const line = {
      http: { request: { method: request.method }, response: { status_code: reply.statusCode } },
      url: { path: request.url.split("?", 1)[0] },
      event: { action: "http-request", duration: Math.round(reply.elapsedTime * 1e6) },
      client: { ip: request.ip },
      ...(request.identity === null ? {} : { user: { name: request.identity.actor.name } }),
      ...traceOf(request),
      ...(error == null ? {} : { error: { message: messageOf(error) } }),
    };
    request.log[level](line, "request");
  }
}

/** What machines ask for all the time is not told at the usual level, unless it goes wrong. Decisions have a log of their own. */
function levelOf({ routeOptions }: FastifyRequest, status: number): "debug" | "info" {
  const { url, config } = routeOptions;
  if (config.decision === true) return status < 400 ? "debug" : "info";
  return url !== undefined && frequent.has(url) && status < 500 ? "debug" : "info";
}
