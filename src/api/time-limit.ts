// How long a request may take until it is answered. Fastify's own `handlerTimeout` stops watching once a body was read: Node closes
// the request then, which it takes for a client that went away.
import type { onSendHookHandler } from "fastify";
import { Problem } from "./problem.js";
import type { Api } from "./server.js";

declare module "fastify" {
  interface FastifyRequest {
    timeLimit: NodeJS.Timeout | null;
    /** It took too long and was answered so. What was asked for may still be going on. */
    isGivenUp: boolean;
  }
  interface FastifyContextConfig {
    /** Milliseconds, of a route that takes longer than others. */
    timeLimit?: number;
  }
}

/** To be called before other hooks: they take time too. */
export function limitTime(api: Api, standardMs: number): void {
  api.decorateRequest("timeLimit", null);
  api.decorateRequest("isGivenUp", false);
  api.addHook("onRequest", (request, reply, done) => {
    const { decision, timeLimit = standardMs } = request.routeOptions.config;
    // A decision has a budget of its own, and is made at once: a timer for each would cost as much as the decision.
    if (decision === true || request.is404) {
      done();
      return;
    }
    request.timeLimit = setTimeout(() => {
      request.isGivenUp = true;
      void reply.send(new Problem(503, "timeout", "this took too long and was given up"));
    }, timeLimit);
    done();
  });
  api.addHook("onRoute", (route) => {
    if (route.config?.decision !== true) route.onSend = [endWatch, route.onSend ?? []].flat();
  });
}

/** An answer that is on its way is not interrupted by another. */
const endWatch: onSendHookHandler = (request, _reply, payload, done) => {
  clearTimeout(request.timeLimit ?? undefined);
  done(null, payload);
};
