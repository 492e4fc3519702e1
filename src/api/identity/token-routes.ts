// Service tokens over the API. There is no Idempotency-Key here: the answer that it would keep is the secret.
import { Type } from "@sinclair/typebox";
import type { FastifyRequest } from "fastify";
import type { Caller } from "../../audit/trail.js";
import { actorSources } from "../../identity.js";
import type { StoredToken } from "../../store/tokens.js";
import { roles, type Role } from "../access.js";
import { callerOf } from "../authorize.js";
import { Problem } from "../problem.js";
import {
  closed,
  listOf,
  nullable,
  nullableText,
  nullableTime,
  oneOf,
  paging,
  shaped,
  text,
  texts,
  time,
} from "../schemas.js";
import type { Routes } from "../server.js";
import { issueToken } from "./issue-token.js";
import { defaultLifetime, lifetimeOf } from "./lifetime.js";
import { longestTokenName, tokenName } from "./token-name.js";

const source = oneOf(actorSources);
const properties = {
  ...{ id: text, name: nullableText, roles: texts, createdBy: text, createdBySource: source, createdAt: time },
  ...{ expires: time, lastUsed: nullableTime },
  ...{ revokedBy: nullableText, revokedBySource: nullable(source), revokedAt: nullableTime },
};
const shown = shaped<StoredToken>(closed(properties));
const issued = shaped<StoredToken & { readonly token: string }>(
  closed({ token: Type.String({ description: "shown once, and kept nowhere" }), ...properties }),
);
const params = closed({ id: Type.String({ pattern: "^[0-9A-Za-z]{12}$" }) });
const wanted = closed({
  roles: Type.Array(oneOf(roles), { minItems: 1, maxItems: roles.length, uniqueItems: true }),
  name: Type.Optional(Type.String({ minLength: 1, maxLength: longestTokenName })),
  expires: Type.Optional(
    Type.String({
      pattern: "^[0-9]{1,4}[hdwy]$",
      description: "how long it lives: 12h, 30d, at most 1y; default: 90d",
    }),
  ),
});

export const tokenRoutes: Routes = (api, { store: { tokens }, clock }) => {
  const query = closed({
    all: Type.Boolean({ default: false, description: "expired and revoked ones too" }),
    ...paging,
  });
  api.get(
    "/v1/tokens",
    { schema: { summary: "Service tokens, the latest first", querystring: query, response: { 200: listOf(shown) } } },
    async ({ query: { all, limit, cursor } }) => {
      const page = await tokens.list({ all, limit, ...(cursor === undefined ? {} : { after: cursor }) });
      return { result: page.tokens, next: page.next };
    },
  );
  api.post(
    "/v1/tokens",
    {
      schema: {
        summary: "Make a service token, with roles that the caller has",
        body: wanted,
        response: { 201: issued },
      },
    },
    async (request, reply) => {
      const { name, roles: asked, expires = defaultLifetime } = request.body;
      refuseMore(asked, callerOf(request).roles);
      const order = {
        name: name === undefined ? null : tokenName("body /name", name),
        ...{ roles: asked, lifetimeMs: lifetimeOf("body /expires", expires) },
      };
      const { token, stored } = await issueToken(order, { tokens, clock, caller: auditCaller(request) });
      return reply.code(201).send({ token, ...stored });
    },
  );
  api.delete(
    "/v1/tokens/:id",
    { schema: { summary: "Revoke a service token", params, response: { 200: shown } } },
    async (request) => {
      const revoked = await tokens.revoke(request.params.id, auditCaller(request));
      if (revoked !== null) return revoked;
      throw new Problem(404, "not-found", `there is no token ${request.params.id}`);
    },
  );
};

/** `admin` may call everything, and so gives any role. */
function refuseMore(asked: readonly Role[], own: readonly Role[]): void {
  const more = own.includes("admin") ? [] : asked.filter((role) => !own.includes(role));
  if (more.length > 0)
    throw new Problem(403, "forbidden", `you are not ${more.join(", ")}: nobody gives what they do not have`);
}

function auditCaller(request: FastifyRequest): Caller {
  return { actor: callerOf(request).actor, origin: request.ip };
}
