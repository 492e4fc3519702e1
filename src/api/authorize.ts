// Who may call a route is decided here, before its body is read: by the table of access, and denied where it says nothing.
import { access, type Access, type Role } from "./access.js";
import type { Authenticator, Identity } from "./identity.js";
import { Problem } from "./problem.js";
import type { Api } from "./server.js";

declare module "fastify" {
  interface FastifyRequest {
    /** Set before the handler of every route that needs authentication. */
    identity: Identity | null;
  }
  interface FastifyContextConfig {
    /** What the table of access says of the route. */
    access?: Access;
  }
}

export function guardRoutes(api: Api, authenticator: Authenticator): void {
  api.decorateRequest("identity", null);
  api.addHook("onRoute", (route) => {
    if (route.config?.allow !== undefined) return;
    const [method = ""] = [route.method].flat().filter((one) => one !== "HEAD");
    route.config = { ...route.config, access: accessOf(method === "" ? "GET" : method, route.url) };
  });
  api.addHook("onRequest", async (request) => {
    if (request.is404 || request.routeOptions.config.allow !== undefined) return; // nothing is done there
    const { access: allowed = [] } = request.routeOptions.config;
    if (typeof allowed === "string") return;
    request.identity = await authenticator.authenticate({ authorization: request.headers.authorization });
    const isAllowed = request.identity.roles.some((role: Role) => allowed.includes(role));
    if (!isAllowed) throw new Problem(403, "forbidden", `this needs one of the roles ${allowed.join(", ")}`);
  });
}

function accessOf(method: string, url: string): Access {
  const allowed = Object.hasOwn(access, `${method} ${url}`) ? access[`${method} ${url}`] : undefined;
  if (allowed === undefined) throw new Error(`${method} ${url} is not in the table of access`);
  return allowed;
}

/** Of a route that needs authentication. */
export function callerOf(request: { readonly identity: Identity | null }): Identity {
  if (request.identity !== null) return request.identity;
  throw new Error("a route without authentication asks who calls it");
}
