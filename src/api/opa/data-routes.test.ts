import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { as, createTestApi, type TestApi } from "../testing/test-api.js";
import { opaDataRoutes } from "./data-routes.js";
import { openOpa } from "./open-opa.js";
import { openOptions } from "./testing/open-options.js";

const policy = `package app.authz
default allow := false
allow if input.user == "alice"
who := input.user
roles contains role if some role in data.roles[input.user]
broken := 1 / 0
big := input.n
conflict := 1 if input.clash
conflict := 2 if input.clash
slow if { input.slow; some i in numbers.range(1, 100000); some j in numbers.range(1, 1000000); i + j < 0 }
`;
const main = `package system
main := {"answer": input}
`;

let server: TestApi;
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-opa-"));
  writeFileSync(join(folder, "policy.rego"), policy);
  writeFileSync(join(folder, "main.rego"), main);
  writeFileSync(join(folder, "data.json"), '{"roles": {"alice": ["b", "a"]}, "list": [10, {"x": 20}]}');
  const own = {
    defaultPolicies: false,
    policy: [folder],
    regoVersion: "v1" as const,
    data: [folder],
    parameters: { p: 1 },
  };
  const opa = await openOpa({ config: { opa: { limits: { steps: 1_000_000 } } }, own, ...openOptions(folder) });
  server = await createTestApi({ routes: [opaDataRoutes], services: { opa } });
}, 120_000);
afterAll(async () => {
  await server.close();
});

const ask = async (method: "GET" | "POST", url: string, body?: string, headers: Record<string, string> = {}) => {
  const answer = await server.api.inject({
    ...{
      method,
      url,
      headers: { ...as("viewer"), ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    },
    ...(body === undefined ? {} : { payload: body }),
  });
  return { status: answer.statusCode, body: answer.json<Record<string, unknown>>(), answer };
};
const warning = { code: "api_usage_warning", message: "'input' key missing from the request" };
const input = '{"input":{"user":"alice"}}';

describe("answers", () => {
  test.each([
    ["POST", "/v1/data/app/authz/allow", input, { result: true }],
    ["POST", "/v1/data/app/authz/roles", input, { result: ["a", "b"] }],
    ["POST", "/v1/data/app/authz/allow", undefined, { result: false, warning }],
    ["POST", "/v1/data/app/authz/allow", "null", { result: false, warning }],
    ["POST", "/v1/data/app/authz/allow", '{"input":null}', { result: false, warning }],
    ["POST", "/v1/data/app/authz/broken", '{"input":1}', {}],
    ["POST", "/v1/data/nothing/at/all", '{"input":1}', {}],
    ["POST", "/v1/data/list/1/x", '{"input":1}', { result: 20 }],
    ["POST", "/v1/data/list/1%2Fx", '{"input":1}', {}],
    ["POST", "/v1/data/%61pp//authz/allow/", input, { result: true }],
    ["POST", "/v1/data/__proto__/constructor", '{"input":1}', {}],
    ["POST", "/v1/data/..%2f..%2fetc/passwd", '{"input":1}', {}],
    ["POST", "/v1/data/%00/%C3%BC", '{"input":1}', {}],
    ["GET", `/v1/data/app/authz/allow?input=${encodeURIComponent('{"user":"alice"}')}`, undefined, { result: true }],
    ["GET", "/v1/data/app/authz/allow", undefined, { result: false }],
    ["GET", "/v1/data/parameters", undefined, { result: { p: 1 } }],
    ["POST", "/v0/data/app/authz/allow", '{"user":"alice"}', true],
    ["POST", "/", '{"x":1}', { answer: { x: 1 } }],
  ] as const)("%s %s %s", async (method, url, body, expected) => {
    const { status, body: answer } = await ask(method, url, body);
    expect(answer).toEqual(expected);
    expect(status).toBe(200);
  });

  test("the whole of data", async () => {
    const { body } = await ask("POST", "/v1/data", input);
    expect(Object.keys(body["result"] as object).sort()).toEqual(["app", "list", "parameters", "roles", "system"]);
  });

  test("numbers are exact", async () => {
    const { answer } = await ask("POST", "/v1/data/app/authz/big", '{"input":{"n":12345678901234567890.5}}');
    expect(answer.body).toBe('{"result":12345678901234567890.5}\n');
  });

  test("bodies in YAML, zipped, and with a key that is none of JavaScript's", async () => {
    const yaml = await ask("POST", "/v1/data/app/authz/allow", "input:\n  user: alice\n", {
      "content-type": "application/x-yaml",
    });
    expect(yaml.body).toEqual({ result: true });
    const headers = { ...as("viewer"), "content-encoding": "gzip", "content-type": "text/plain" };
    const zipped = await server.api.inject({
      method: "POST",
      url: "/v1/data/app/authz/allow",
      headers,
      payload: gzipSync(input),
    });
    expect(zipped.json()).toEqual({ result: true });
    const proto = await ask("POST", "/v1/data/app/authz/who", '{"input":{"user":{"__proto__":1}}}');
    expect(proto.answer.body).toBe('{"result":{"__proto__":1}}\n');
  });

  test("switches: pretty, metrics, provenance", async () => {
    const pretty = await ask("POST", "/v1/data/app/authz/roles?pretty", input);
    expect(pretty.answer.body).toBe('{\n  "result": [\n    "a",\n    "b"\n  ]\n}\n');
    const { body } = await ask("POST", "/v1/data/app/authz/allow?metrics=true&provenance", input);
    expect(Object.keys(body["metrics"] as object).sort()).toEqual([
      "counter_server_query_cache_hit",
      "timer_rego_external_resolve_ns",
      "timer_rego_input_parse_ns",
      "timer_rego_query_eval_ns",
      "timer_server_handler_ns",
    ]);
    expect(body["provenance"]).toMatchObject({ version: expect.any(String) as string, bundles: {} });
  });
});

describe("refusals", () => {
  test.each([
    ["POST", "/v1/data/app/authz/allow", "{", 400, "invalid_parameter", /malformed/],
    ["POST", "/v1/data/app/authz/allow", "[1]", 400, "invalid_parameter", /expected an object/],
    [
      "POST",
      "/v1/data/app/authz/allow",
      `{"input":${"[".repeat(5_000)}${"]".repeat(5_000)}}`,
      400,
      "invalid_parameter",
      /nested deeper/,
    ],
    ["POST", "/v1/data/app/authz/allow?explain=full", input, 400, "invalid_parameter", /explain/],
    ["POST", "/v1/data/a%22b", input, 400, "invalid_parameter", /invalid ref term/],
    ["GET", "/v1/data/app/authz/allow?input=%7B", undefined, 400, "invalid_parameter", /malformed/],
    ["POST", "/v0/data/nothing", "{}", 404, "undefined_document", /document missing/],
    ["POST", "/v1/data/app/authz/conflict", '{"input":{"clash":true}}', 500, "internal_error", /evaluating query/],
    ["POST", "/v1/data/app/authz/broken?strict-builtin-errors", input, 500, "internal_error", /evaluating query/],
    ["POST", "/v1/data/app/authz/slow", '{"input":{"slow":true}}', 500, "internal_error", /evaluating query/],
    ["POST", `/v1/data/${"a/".repeat(4_500)}`, input, 414, "invalid_parameter", /longer than/],
  ] as const)("%s %s %s is %d", async (method, url, body, status, code, message) => {
    const { status: given, body: problem, answer } = await ask(method, url, body);
    expect({ status: given, code: problem["code"] }).toEqual({ status, code });
    expect(problem["message"]).toMatch(message);
    expect(problem).toMatchObject({ status, detail: problem["message"] });
    expect(answer.headers["content-type"]).toMatch("application/problem+json");
  });

  test("errors of the evaluation are listed as OPA does", async () => {
    const { body } = await ask("POST", "/v1/data/app/authz/conflict", '{"input":{"clash":true}}');
    const [fault] = body["errors"] as {
      code: string;
      message: string;
      location: { file: string; row: number; col: number };
    }[];
    expect(fault).toMatchObject({
      code: "eval_conflict_error",
      message: "complete rules must not produce multiple outputs",
    });
    expect(fault?.location.row).toBeGreaterThan(6);
  });

  test("nobody without a token; a zip that unpacks to too much", async () => {
    const nobody = await server.api.inject({
      method: "POST",
      url: "/v1/data/app",
      payload: "{}",
      headers: { "content-type": "application/json" },
    });
    expect([nobody.statusCode, nobody.json<{ code: string }>().code]).toEqual([401, "unauthorized"]);
    const headers = { ...as("viewer"), "content-encoding": "gzip" };
    const payload = gzipSync(Buffer.alloc(64 * 1024 * 1024, " "));
    const bomb = await server.api.inject({ method: "POST", url: "/v1/data/app", headers, payload });
    expect(bomb.statusCode).toBe(400);
  });

  test("health", async () => {
    const answer = await server.api.inject({ url: "/health?bundles" });
    expect([answer.statusCode, answer.json()]).toEqual([200, {}]);
  });
});
