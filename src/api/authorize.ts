// Who may call a route is decided here, before its body is read: by the table of access, and denied where it says nothing.
import { access, roles, type Access, type Role } from "./access.js";
import type { Identity } from "./identity.js";
import { challenge, leaveBody, type Gate } from "./identity/gate.js";
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
    /** It answers with a decision, and may be asked as often as services need one. */
    decision?: boolean;
  }
}

export function guardRoutes(api: Api, gate: Gate): void {
  api.decorateRequest("identity", null);
  api.addHook("onRoute", (route) => {
    if (route.config?.allow !== undefined) return;
    route.config = { ...route.config, access: accessOf([route.method].flat(), route.url) };
  });
  api.addHook("onRequest", async (request, reply) => {
    const isDecision = request.routeOptions.config.decision === true;
    if (!isDecision || request.headers.authorization === undefined) gate.admit(request, reply);
    // What is not there, or not in this way, is told to whoever may come in at all.
    const isRoute = !request.is404 && request.routeOptions.config.allow === undefined;
    const allowed = isRoute ? (request.routeOptions.config.access ?? []) : roles;
    if (typeof allowed === "string") return;
    request.identity = await gate.identify(request, reply, isDecision);
    if (!isRoute || request.identity.roles.some((role: Role) => allowed.includes(role))) return;
    leaveBody(request, reply);
    void reply.header("www-authenticate", challenge("insufficient_scope"));
    throw new Problem(403, "forbidden", `this needs one of the roles ${allowed.join(", ")}`);
  });
}

/** By the route that was found, and not by the address: there is no other way to write a path that this would not see. */
function accessOf(methods: readonly string[], url: string): Access {
  const named = methods.map((method) => `${method === "HEAD" ? "GET" : method} ${url}`);
  const [allowed, ...others] = named.map((name) => (Object.hasOwn(access, name) ? access[name] : undefined));
  if (allowed === undefined) throw new Error(`${named[0] ?? url} is not in the table of access`);
  if (others.some((other) => other !== allowed))
    throw new Error(`${named.join(", ")} are not the same in the table of access`);
  return allowed;
}

/** Of a route that needs authentication. */
export function callerOf(request: { readonly identity: Identity | null }): Identity {
  if (request.identity !== null) return request.identity;
  throw new Error("a route without authentication asks who calls it");
}
