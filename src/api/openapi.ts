// The OpenAPI document, made of the schemas that check requests and write answers.
import swagger from "@fastify/swagger";
import { Type } from "@sinclair/typebox";
import type { FastifySchema } from "fastify";
import type { Access } from "./access.js";
import type { Api } from "./server.js";
import type { Services } from "./services.js";

export function describeApi(api: Api, { run }: Services): void {
  void api.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Portcullis", version: run.version, description, license: { name: "Apache-2.0" } },
      components: {
        securitySchemes: {
          token: { type: "http", scheme: "bearer", description: "a service token or an OpenID Connect token" },
        },
      },
    },
    transform({ schema, url, route }) {
      const { access = [] } = route.config ?? {};
      return { schema: { ...schema, ...securityOf(access, schema.description), ...responsesOf(schema) }, url };
    },
    transformObject(made) {
      const document = "openapiObject" in made ? made.openapiObject : made.swaggerObject;
      allowMissingBodies(document as Described);
      return document;
    },
  });
}

const description =
  "Policy as code for cloud infrastructure. Errors are problem details (RFC 9457). Lists answer `result` and `next`: the cursor of the next page, or null.";

/** Of a route's schema: the body may be left out. */
export const optionalBody = { "x-optional-body": true } as const;

interface Described {
  readonly paths?: Record<string, { readonly post?: Operation }>;
}

interface Operation {
  requestBody?: { required?: boolean };
  "x-optional-body"?: true;
}

/** The plug-in takes every body for one that must be there. */
function allowMissingBodies({ paths = {} }: Described): void {
  for (const { post } of Object.values(paths)) {
    if (post?.["x-optional-body"] !== true) continue;
    if (post.requestBody !== undefined) post.requestBody.required = false;
    delete post["x-optional-body"];
  }
}

/** An answer without a body, of which the plug-in takes an empty `content` for a fault. */
function responsesOf({ response }: FastifySchema): object {
  if (response === undefined) return {};
  const described = Object.entries(response as Record<string, { description?: string; content?: object }>).map(
    ([status, one]) => {
      const isEmpty = one.content !== undefined && Object.keys(one.content).length === 0;
      return [status, isEmpty ? { type: "null", description: one.description ?? "" } : one] as const;
    },
  );
  return { response: Object.fromEntries(described) };
}

function securityOf(access: Access, own: string | undefined): object {
  if (access === "public") return { security: [], "x-roles": [] };
  const text = own === undefined ? "" : `${own}\n\n`;
  if (access === "signed")
    return { security: [], "x-roles": [], description: `${text}The request's own signature is checked.` };
  return { security: [{ token: [] }], "x-roles": access, description: `${text}Roles: ${access.join(", ")}.` };
}

export function openapiRoute(api: Api): void {
  api.get(
    "/openapi.json",
    {
      schema: {
        summary: "This document",
        response: { 200: Type.Unsafe<object>({ type: "object", additionalProperties: true }) },
      },
    },
    () => api.swagger(),
  );
}
