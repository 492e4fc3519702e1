import { Type } from "@sinclair/typebox";
import type { InjectOptions } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PortcullisError } from "../errors.js";
import { roles } from "./access.js";
import type { Routes } from "./server.js";
import { as, createTestApi, type TestApi } from "./testing/test-api.js";
import { healthRoutes } from "./routes/health.js";
import { openapiRoute } from "./openapi.js";

// Routes of the table of access, with handlers that show what the server does around them.
const trial: Routes = (api) => {
  const query = Type.Object({ limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10 })) });
  api.get("/v1/resources", { schema: { querystring: query } }, ({ query: { limit } }) => ({ limit: limit ?? null }));
  api.get("/v1/findings", () => {
    throw new Error("secret: hunter2");
  });
  api.get("/v1/scans", () => {
    throw new PortcullisError("store-unavailable", "postgres://user:hunter2@host is away");
  });
  const body = Type.Object({ a: Type.Integer(), b: Type.Optional(Type.Unknown()) }, { additionalProperties: false });
  api.post("/v1/scans", { schema: { body }, bodyLimit: 20_000 }, ({ body: given }) => given);
  api.get("/v1/audit", { config: { timeLimit: 50 } }, () => new Promise(() => undefined));
  api.post("/v1/waivers", { schema: { body }, config: { timeLimit: 50 } }, () => new Promise(() => undefined));
};

let it: TestApi;
beforeAll(async () => {
  it = await createTestApi({
    routes: [trial, healthRoutes, openapiRoute],
    config: { server: { jsonDepth: 10, jsonKeys: 50 } },
  });
});
afterAll(() => it.close());

const problem = (status: number, code: string) => ({ status, code });

describe("what every route refuses", () => {
  const json = { "content-type": "application/json" };
  const cases: readonly (readonly [string, InjectOptions, object])[] = [
    ["nobody", { url: "/v1/resources" }, problem(401, "unauthenticated")],
    [
      "a role that may not",
      { method: "POST", url: "/v1/scans", headers: as("viewer"), payload: { a: 1 } },
      problem(403, "forbidden"),
    ],
    ["a path that is not there", { url: "/v1/nothing", headers: as("viewer") }, problem(404, "not-found")],
    [
      "a method that is not there",
      { method: "DELETE", url: "/v1/scans", headers: as("viewer") },
      problem(405, "method-not-allowed"),
    ],
    [
      "a preflight of another origin",
      { method: "OPTIONS", url: "/v1/scans", headers: as("viewer") },
      problem(405, "method-not-allowed"),
    ],
    [
      "a parameter that is not known",
      { url: "/v1/resources?colour=red", headers: as("viewer") },
      problem(400, "invalid-request"),
    ],
    ["any parameter where none is known", { url: "/healthz?a=1" }, problem(400, "invalid-request")],
    [
      "a parameter of another type",
      { url: "/v1/resources?limit=many", headers: as("viewer") },
      problem(400, "invalid-request"),
    ],
    [
      "a number as text in a body",
      { method: "POST", url: "/v1/scans", headers: as("admin"), payload: { a: "1" } },
      problem(400, "invalid-request"),
    ],
    [
      "a member that is not known",
      { method: "POST", url: "/v1/scans", headers: as("admin"), payload: { a: 1, c: 1 } },
      problem(400, "invalid-request"),
    ],
    [
      "no JSON",
      { method: "POST", url: "/v1/scans", headers: { ...as("admin"), ...json }, payload: "{" },
      problem(400, "invalid-request"),
    ],
    [
      "no body",
      { method: "POST", url: "/v1/scans", headers: { ...as("admin"), ...json } },
      problem(400, "invalid-request"),
    ],
    [
      "another type of body",
      { method: "POST", url: "/v1/scans", headers: { ...as("admin"), "content-type": "text/plain" }, payload: "a" },
      problem(415, "unsupported-media-type"),
    ],
    [
      "too large a body",
      { method: "POST", url: "/v1/scans", headers: as("admin"), payload: { a: 1, b: "x".repeat(20_000) } },
      problem(413, "payload-too-large"),
    ],
    [
      "deep JSON",
      {
        method: "POST",
        url: "/v1/scans",
        headers: { ...as("admin"), ...json },
        payload: `{"a":1,"b":${"[".repeat(11)}${"]".repeat(11)}}`,
      },
      problem(400, "invalid-request"),
    ],
    [
      "many members",
      {
        method: "POST",
        url: "/v1/scans",
        headers: as("admin"),
        payload: { a: 1, b: Array.from({ length: 60 }, () => 1) },
      },
      problem(400, "invalid-request"),
    ],
    [
      "a prototype",
      {
        method: "POST",
        url: "/v1/scans",
        headers: { ...as("admin"), ...json },
        payload: '{"a":1,"b":{"__proto__":{"c":1}}}',
      },
      problem(400, "invalid-request"),
    ],
    [
      "a long address",
      { url: `/v1/resources?limit=${"1".repeat(9_000)}`, headers: as("viewer") },
      problem(414, "invalid-request"),
    ],
    ["what takes too long", { url: "/v1/audit", headers: as("auditor") }, problem(503, "timeout")],
    ["a database that is away", { url: "/v1/scans", headers: as("viewer") }, problem(503, "store-unavailable")],
    ["a fault of ours", { url: "/v1/findings", headers: as("viewer") }, problem(500, "internal")],
    ["a broken escape", { url: "/v1/%zz", headers: as("viewer") }, problem(400, "invalid-request")],
  ];
  test.each(cases)("%s", async (_, request, expected) => {
    const answer = await it.api.inject(request);
    expect(answer.headers["content-type"]).toBe("application/problem+json");
    expect(answer.json()).toMatchObject(expected);
    expect(answer.statusCode).toBe((expected as { status: number }).status);
    expect(answer.json()).toMatchObject({
      instance: answer.headers["x-request-id"],
      type: `urn:portcullis:problem:${answer.json<{ code: string }>().code}`,
    });
    expect(answer.body).not.toContain("hunter2");
  });
});

test("what takes too long is given up over a socket too, where its body was read long ago", async () => {
  const url = await it.api.listen({ port: 0, host: "127.0.0.1" });
  const headers = { ...as("operator"), "content-type": "application/json" };
  const answer = await fetch(`${url}/v1/waivers`, { method: "POST", headers, body: '{"a":1}' });
  expect(await answer.json()).toMatchObject(problem(503, "timeout"));
});

test("what is wrong is named by a JSON Pointer", async () => {
  const { api } = it;
  const of = async (request: InjectOptions) =>
    (await api.inject({ headers: as("admin"), ...request })).json<{ errors: object[] }>().errors;
  expect(await of({ method: "POST", url: "/v1/scans", payload: { a: 1, "x/y~": 2 } })).toEqual([
    { in: "body", pointer: "/x~1y~0", detail: "is not known here" },
  ]);
  expect(await of({ method: "POST", url: "/v1/scans", payload: {} })).toEqual([
    { in: "body", pointer: "/a", detail: "is missing" },
  ]);
  expect(await of({ url: "/v1/resources?limit=11" })).toEqual([
    { in: "query", pointer: "/limit", detail: "must be <= 10" },
  ]);
});

test("a method that is not there is answered with those that are", async () => {
  const answer = await it.api.inject({ method: "PUT", url: "/v1/scans", headers: as("viewer") });
  expect(answer.headers["allow"]).toBe("GET, HEAD, POST");
});

test.each([
  ["a-b.c_1", "a-b.c_1"],
  ["x".repeat(129), null],
  ["a b", null],
  ["a\tb", null],
])("the request id %j is given back, or another one", async (given, expected) => {
  const { headers } = await it.api.inject({ url: "/healthz", headers: { "x-request-id": given } });
  if (expected === null) expect(headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  else expect(headers["x-request-id"]).toBe(expected);
});

test("answers have security headers, and none that lets other origins in", async () => {
  const { headers } = await it.api.inject({ url: "/healthz", headers: { origin: "https://evil.example" } });
  expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "cache-control": "no-store" });
  expect(headers["content-security-policy"]).toContain("default-src 'none'");
  expect(headers["access-control-allow-origin"]).toBeUndefined();
});

test("what did not change is not sent again", async () => {
  const request = { url: "/v1/resources?limit=3", headers: as("viewer") };
  const first = await it.api.inject(request);
  const tag = String(first.headers["etag"]);
  const again = (match: string) =>
    it.api.inject({ ...request, headers: { ...request.headers, "if-none-match": match } });
  for (const match of [tag, `W/${tag}`, `"other", ${tag}`, "*"]) {
    const answer = await again(match);
    expect([match, answer.statusCode, answer.body, answer.headers["etag"]]).toEqual([match, 304, "", tag]);
  }
  expect((await again('"other"')).statusCode).toBe(200);
  expect((await it.api.inject({ ...request, url: "/v1/resources?limit=4" })).headers["etag"]).not.toBe(tag);
});

test("HEAD answers as GET does, without the body", async () => {
  const request = { url: "/v1/resources?limit=3", headers: as("viewer") };
  const [get, head] = [await it.api.inject(request), await it.api.inject({ ...request, method: "HEAD" })];
  expect([head.statusCode, head.body, head.headers["etag"]]).toEqual([200, "", get.headers["etag"]]);
  expect((await it.api.inject({ method: "HEAD", url: "/v1/resources" })).statusCode).toBe(401);
});

test("a route that is not in the table of access stops the start", async () => {
  const stray: Routes = (api) => api.get("/v1/stray", () => ({}));
  await expect(createTestApi({ routes: [stray], store: it.store })).rejects.toThrow(
    "GET /v1/stray is not in the table of access",
  );
});

test("readiness names what is in trouble, and no more", async () => {
  const part = (name: string, trouble: string | null) => ({
    name,
    trouble: () => Promise.resolve(trouble),
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  });
  const ready = await createTestApi({
    routes: [healthRoutes],
    parts: [part("worker", null), part("outbox", "password hunter2 refused")],
  });
  const answer = await ready.api.inject("/readyz");
  expect([answer.statusCode, answer.json()]).toEqual([503, { status: "not-ready", trouble: ["outbox"] }]);
  await ready.store.close();
  await ready.close();
  expect((await it.api.inject("/readyz")).json()).toEqual({ status: "ready" });
});

test("the document has the roles of each route, and how to authenticate", async () => {
  const { paths, openapi } = (await it.api.inject({ url: "/openapi.json", headers: as("viewer") })).json<{
    openapi: string;
    paths: Record<string, Record<string, object>>;
  }>();
  expect(openapi).toBe("3.1.0");
  expect(paths["/healthz"]?.["get"]).toMatchObject({ security: [] });
  expect(paths["/v1/resources"]?.["get"]).toMatchObject({ security: [{ token: [] }], "x-roles": [...roles] });
  expect(Object.keys(paths).sort()).toEqual([
    "/healthz",
    "/openapi.json",
    "/readyz",
    "/v1/audit",
    "/v1/findings",
    "/v1/resources",
    "/v1/scans",
    "/v1/waivers",
  ]);
});
