// A method that a path does not have is answered with those that it has.
import { Problem } from "./problem.js";
import type { Api } from "./server.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Of a route that only says which methods there are. */
    allow?: string;
  }
}

const all = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"] as const;

/** Gives what adds the refusals; to be called when every route is there. */
export function refuseOtherMethods(api: Api): () => void {
  api.addHttpMethod("QUERY", { hasBody: true, overrideExisting: true });
  const known = new Map<string, Set<string>>();
  api.addHook("onRoute", ({ method, url, config }) => {
    if (config?.allow !== undefined) return;
    known.set(url, new Set([...(known.get(url) ?? []), ...[method].flat()]));
  });
  return () => {
    for (const [url, methods] of known) {
      const missing = all.filter((method) => !methods.has(method));
      const allow = [...methods].sort().join(", ");
      if (missing.length > 0) addRefusal(api, { url, missing, allow });
    }
  };
}

interface Refusal {
  readonly url: string;
  readonly missing: readonly (typeof all)[number][];
  readonly allow: string;
}

function addRefusal(api: Api, { url, missing, allow }: Refusal): void {
  api.route({
    method: [...missing],
    url,
    schema: { hide: true },
    config: { allow },
    exposeHeadRoute: false,
    onRequest: (request, reply, done) => {
      void reply.header("allow", allow);
      done(new Problem(405, "method-not-allowed", `${request.method} is not possible here; ${allow} is`));
    },
    handler: () => undefined,
  });
}
