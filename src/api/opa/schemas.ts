// What the OpenAPI document says of OPA's routes. Requests are read as OPA reads them, not by these schemas.
import { optionalBody } from "../openapi.js";
import { problemMediaType } from "../problem.js";

const anything = {};
const flag = { type: "string", description: "on where it is empty or true" };
const fault = {
  type: "object",
  required: ["code", "message"],
  properties: {
    code: { type: "string" },
    message: { type: "string" },
    location: { type: "object", additionalProperties: true },
  },
};
const problem = {
  type: "object",
  required: ["type", "title", "status", "detail", "instance", "code", "message"],
  properties: {
    ...{ type: { type: "string" }, title: { type: "string" }, status: { type: "integer" }, detail: { type: "string" } },
    ...{ instance: { type: "string" }, code: { type: "string" }, message: { type: "string" } },
    errors: { type: "array", items: fault },
  },
};
export function opaProblemResponse(description: string): object {
  return { description, content: { [problemMediaType]: { schema: problem } } };
}
const faults = Object.fromEntries(
  [400, 401, 403, 404, 408, 413, 414, 429, 431, 500, 503].map((status) => [
    status,
    opaProblemResponse("A problem, with the members of OPA's errors"),
  ]),
);
const query = {
  type: "object",
  additionalProperties: true,
  properties: {
    pretty: flag,
    metrics: flag,
    instrument: flag,
    provenance: flag,
    "strict-builtin-errors": flag,
    explain: { type: "string" },
  },
};
const answer = {
  description: "The document; without `result` where it is undefined",
  content: {
    "application/json": {
      schema: {
        type: "object",
        properties: {
          ...{
            result: anything,
            decision_id: { type: "string" },
            metrics: { type: "object", additionalProperties: true },
          },
          ...{
            provenance: { type: "object", additionalProperties: true },
            warning: { type: "object", additionalProperties: true },
          },
        },
      },
    },
  },
};
const path = {
  type: "object",
  required: ["*"],
  properties: { "*": { type: "string", description: "the document's path below `data`" } },
};
/** Null is none, as in OPA. */
const withInputMember = { type: ["object", "null"], additionalProperties: true, properties: { input: anything } };
const body = {
  content: {
    "application/json": { schema: withInputMember },
    "application/yaml": { schema: withInputMember },
  },
};
const withInput = { ...query, properties: { ...query.properties, input: { type: "string", description: "JSON" } } };

export const dataSchema = {
  post: {
    summary: "All documents, with an input",
    querystring: query,
    ...{ body, ...optionalBody },
    response: { ...faults, 200: answer },
  },
  postBelow: {
    summary: "A document, with an input, as OPA's Data API",
    params: path,
    querystring: query,
    ...{ body, ...optionalBody },
    response: { ...faults, 200: answer },
  },
  get: { summary: "All documents", querystring: withInput, response: { ...faults, 200: answer } },
  getBelow: {
    summary: "A document, as OPA's Data API",
    params: path,
    querystring: withInput,
    response: { ...faults, 200: answer },
  },
};

const rawBody = { content: { "application/json": { schema: anything }, "application/yaml": { schema: anything } } };
const rawAnswer = { description: "The document itself", content: { "application/json": { schema: anything } } };

export const rawSchema = {
  root: {
    summary: "All documents; the body is the input",
    querystring: query,
    ...{ body: rawBody, ...optionalBody },
    response: { ...faults, 200: rawAnswer },
  },
  below: {
    summary: "A document; the body is the input",
    params: path,
    querystring: query,
    ...{ body: rawBody, ...optionalBody },
    response: { ...faults, 200: rawAnswer },
  },
  decision: {
    summary: "The default decision; the body is the input",
    querystring: query,
    ...{ body: rawBody, ...optionalBody },
    response: { ...faults, 200: rawAnswer },
  },
};

export const healthSchema = {
  summary: "Whether decisions can be asked for; with ?bundles whether all bundles are there",
  querystring: { type: "object", additionalProperties: true, properties: { bundles: flag } },
  response: {
    ...faults,
    200: { description: "They can", content: { "application/json": { schema: { type: "object" } } } },
  },
};

const policy = {
  type: "object",
  required: ["id", "raw", "title", "severity", "engine", "types", "provider", "controls", "remediation"],
  properties: {
    ...{
      id: { type: "string" },
      raw: { type: ["string", "null"], description: "the Rego; null where the policy is none" },
    },
    ...{ title: { type: ["string", "null"] }, severity: { type: ["string", "null"] }, engine: { type: "string" } },
    ...{ types: { type: "array", items: { type: "string" } }, provider: { type: ["string", "null"] } },
    ...{ controls: { type: "array", items: { type: "object" } }, remediation: { type: ["string", "null"] } },
  },
};
const json = (description: string, schema: object): object => ({
  description,
  content: { "application/json": { schema } },
});

export const policySchema = {
  list: {
    summary: "Every policy and every other module of Rego",
    querystring: { type: "object", additionalProperties: true },
    response: {
      ...faults,
      200: json("The syntax trees that OPA gives (`ast`) are left out", {
        type: "object",
        required: ["result", "next"],
        properties: { result: { type: "array", items: policy }, next: { type: "null" } },
      }),
    },
  },
  one: {
    summary: "One policy by its id, or a module by its path",
    params: path,
    querystring: { type: "object", additionalProperties: true },
    response: {
      ...faults,
      200: json("The policy", { type: "object", required: ["result"], properties: { result: policy } }),
    },
  },
};

export const bundleSchema = {
  summary: "The policies and the data that are served here, as an OPA bundle",
  params: { type: "object", required: ["name"], properties: { name: { type: "string", description: "portcullis" } } },
  querystring: { type: "object", additionalProperties: true },
  response: {
    ...faults,
    200: {
      description: "A gzipped tar archive",
      content: { "application/gzip": { schema: { type: "string", format: "binary" } } },
    },
    304: { description: "It is what the If-None-Match names", content: {} },
  },
};
