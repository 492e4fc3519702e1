// The HTTP server: what holds for every route. Routes are in files of their own.
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import { fastify, type FastifyBaseLogger, type FastifyInstance, type RawServerDefault } from "fastify";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Role } from "./access.js";
import { access } from "./access.js";
import type { Identity } from "./identity.js";
import { Problem } from "./problem.js";
import type { Services } from "./services.js";

declare module "fastify" {
  interface FastifyRequest {
    /** Set before the handler of every route that needs authentication. */
    identity: Identity | null;
  }
}

export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** A file of routes. */
export type Routes = (api: Api, services: Services) => void;

export function createServer(services: Services, routes: readonly Routes[]): Api {
  const api: Api = fastify({
    loggerInstance: services.log as FastifyBaseLogger,
  }).withTypeProvider<TypeBoxTypeProvider>();
  api.decorateRequest("identity", null);
  api.addHook("onRoute", ({ method, url }) => {
    for (const one of [method].flat()) if (one !== "HEAD") accessOf(one, url);
  });
  api.addHook("onRequest", async (request) => {
    const allowed = accessOf(request.method === "HEAD" ? "GET" : request.method, request.routeOptions.url ?? "");
    if (typeof allowed === "string") return;
    request.identity = await services.authenticator.authenticate({ authorization: request.headers.authorization });
    const isAllowed = request.identity.roles.some((role: Role) => allowed.includes(role));
    if (!isAllowed) throw new Problem(403, "forbidden", `this needs one of the roles ${allowed.join(", ")}`);
  });
  for (const add of routes) add(api, services);
  return api;
}

function accessOf(method: string, url: string) {
  const allowed = access[`${method} ${url}`];
  if (allowed === undefined) throw new Error(`${method} ${url} is not in the table of access`);
  return allowed;
}
