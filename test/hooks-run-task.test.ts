// HCP Terraform as its documentation has it, the real server, store, policies and thread: from a signed request to the result.
import { createHmac } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { createHooks, type Hooks } from "../src/api/hooks/hooks.js";
import type { RunTaskSettings } from "../src/api/hooks/hook-settings.js";
import type { Outcome } from "../src/api/hooks/run-task-result.js";
import { createServer, type Api } from "../src/api/server.js";
import type { Services } from "../src/api/services.js";
import { systemClock } from "../src/clock.js";
import type { Waiver } from "../src/compliance/waiver.js";
import { openConfiguredStore, prepareRun, type Run } from "../src/compose.js";
import type { JsonObject } from "../src/json.js";
import type { Logger } from "../src/observability/log.js";
import { createMetrics } from "../src/observability/metrics.js";
import { defaultSettings, type PolicySettings } from "../src/settings.js";
import type { Store } from "../src/store/store.js";

const key = "a key for the tests of run tasks";
const token = "SECRET.atlasv1.token";
const path = "/v1/integrations/terraform-run-task";

interface Callback {
  readonly url: string;
  readonly authorization: string | undefined;
  readonly type: string | undefined;
  readonly data: {
    readonly type: string;
    readonly attributes: { readonly status: string; readonly message: string; readonly url?: string };
    readonly relationships?: { readonly outcomes: { readonly data: readonly Outcome[] } };
  };
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** What HCP Terraform does: serves plans, by a redirect to another host, and takes results. */
let hcp: Server;
let hcpPort = 0;
let planText = "";
let planHandler: Handler | null = null;
let callbackStatus: (callback: Callback, count: number) => number = () => 200;
const callbacks: Callback[] = [];
const asked: { readonly url: string; readonly authorization: string | undefined }[] = [];

let store: Store;
let run: Run;
const folder = mkdtempSync(join(tmpdir(), "portcullis-run-task-"));
const opened: { readonly api: Api; readonly hooks: Hooks }[] = [];
let logged = "";

beforeAll(async () => {
  hcp = createHttpServer((request, response) => {
    const url = request.url ?? "";
    if (request.method === "PATCH") takeCallback(request, response);
    else {
      asked.push({ url, authorization: request.headers.authorization });
      if (planHandler !== null) planHandler(request, response);
      else if (url.endsWith("/json-output"))
        response.writeHead(307, { location: `http://localhost:${hcpPort}/archive/object` }).end();
      else response.writeHead(200, { "content-type": "application/json" }).end(planText);
    }
  }).listen(0, "127.0.0.1");
  await once(hcp, "listening");
  hcpPort = (hcp.address() as AddressInfo).port;
  store = await openConfiguredStore({ databaseUrl: undefined, dataDir: join(folder, "data") });
  run = await prepareRun(defaultSettings);
});

afterEach(async () => {
  for (const { api, hooks } of opened.splice(0)) {
    await api.close();
    for (const part of hooks.parts) await part.stop(100);
  }
  [planHandler, callbackStatus] = [null, () => 200];
  callbacks.length = asked.length = 0;
  logged = "";
});

afterAll(async () => {
  await store.close();
  hcp.closeAllConnections();
  hcp.close();
  rmSync(folder, { recursive: true, force: true });
});

function takeCallback(request: IncomingMessage, response: ServerResponse): void {
  let body = "";
  request.on("data", (chunk: Buffer) => (body += chunk.toString()));
  request.on("end", () => {
    const { data } = JSON.parse(body) as Callback;
    const { authorization, "content-type": type } = request.headers;
    const callback = { url: request.url ?? "", authorization, type, data };
    callbacks.push(callback);
    response.writeHead(callbackStatus(callback, callbacks.length)).end();
  });
}

interface Given {
  readonly settings?: Partial<RunTaskSettings>;
  readonly policies?: Partial<PolicySettings>;
  readonly waivers?: readonly Waiver[];
  /** Nobody does the tasks. */
  readonly idle?: boolean;
}

const logger = new Proxy({} as Logger, {
  get: (_, level) =>
    level === "child"
      ? () => logger
      : (...what: unknown[]) => {
          logged += JSON.stringify(what, (_name, value: unknown) =>
            value instanceof Error ? { message: value.message, stack: value.stack } : value,
          );
        },
});

async function serve({ settings = {}, policies = {}, waivers = [], idle = false }: Given = {}) {
  const hosts = [`127.0.0.1:${hcpPort}`, `localhost:${hcpPort}`];
  const runTask = {
    ...{ keys: [{ env: "OLD_KEY" }, { env: "KEY" }], hosts, insecureHttp: true, privateAddresses: true },
    ...settings,
  };
  const metrics = createMetrics();
  const hooks = createHooks({
    ...{ config: { hooks: { runTask } }, settings: { ...defaultSettings, ...policies }, admissionRun: run, waivers },
    ...{ store, log: logger, metrics, holder: systemClock.newId() },
    environment: { KEY: key, OLD_KEY: "one that is not used any more" },
  });
  const services = {
    ...{ store, run, config: {}, log: logger, metrics, parts: hooks.parts, clock: systemClock },
    authenticator: { authenticate: () => Promise.reject(new Error("nobody is asked for a token here")) },
  } as unknown as Services;
  const api = createServer(services, hooks.routes);
  opened.push({ api, hooks });
  if (!idle) for (const part of hooks.parts) await part.start();
  const send = (body: string | Buffer, headers: Record<string, string> = {}) =>
    api.inject({
      method: "POST",
      url: path,
      payload: body,
      headers: { "content-type": "application/json", ...headers },
    });
  const ask = (payload: JsonObject) => {
    const body = JSON.stringify(payload);
    return send(body, { "x-tfc-task-signature": createHmac("sha512", key).update(body).digest("hex") });
  };
  return { ask, send, metrics, hooks };
}

let tasks = 0;

function payload(change: JsonObject = {}): JsonObject {
  const id = `taskrs-${++tasks}`;
  return {
    ...{ payload_version: 1, stage: "post_plan", access_token: token, capabilities: { outcomes: true } },
    ...{ is_speculative: false, organization_name: "acme", workspace_name: "shop", task_result_id: id },
    ...{ run_id: `run-${tasks}`, task_result_enforcement_level: "mandatory", vcs_branch: null },
    task_result_callback_url: `http://127.0.0.1:${hcpPort}/api/v2/task-results/${id}/callback`,
    plan_json_api_url: `http://127.0.0.1:${hcpPort}/api/v2/plans/plan-${tasks}/json-output`,
    ...change,
  };
}

const plan = (resources: readonly JsonObject[]): string =>
  JSON.stringify({
    ...{ format_version: "1.2", terraform_version: "1.9.0" },
    planned_values: { root_module: { resources } },
    resource_changes: resources.map(({ values, ...entry }) => ({
      ...entry,
      change: { actions: ["create"], before: null, after: values, after_unknown: {}, after_sensitive: {} },
    })),
    configuration: { root_module: {} },
  });

const resource = (type: string, name: string, values: JsonObject): JsonObject => ({
  ...{ address: `${type}.${name}`, mode: "managed", type, name, schema_version: 0, values },
  provider_name: "registry.terraform.io/hashicorp/aws",
});

const user = (policy: string): Partial<PolicySettings> => ({ defaultPolicies: false, policy: [policy] });
const ours = join("test", "fixtures", "hooks", "queue.rego");
const queue = (name: string, change: JsonObject = {}): JsonObject =>
  resource("aws_sqs_queue", name, { name, sqs_managed_sse_enabled: true, ...change });

async function ended(id: string): Promise<Callback> {
  const of = (): Callback | undefined =>
    callbacks.find(({ url, data }) => url.includes(`/${id}/`) && data.attributes.status !== "running");
  await vi.waitFor(
    () => {
      expect(of(), logged).toBeDefined();
    },
    { timeout: 60_000, interval: 50 },
  );
  return of()!;
}

test("a plan that breaks a policy: 200 at once, progress, then failed with an outcome for each policy and resource", async () => {
  planText = plan([queue("open", { sqs_managed_sse_enabled: false }), queue("shut")]);
  const { ask, metrics } = await serve({ policies: user(ours), settings: { url: "https://portcullis.example/runs" } });
  const request = payload();
  const answer = await ask(request);
  expect([answer.statusCode, answer.body]).toEqual([200, ""]);
  const last = await ended(request["task_result_id"] as string);
  expect(callbacks.map(({ data }) => data.attributes.status)).toEqual(["running", "failed"]);
  expect(last).toMatchObject({ authorization: `Bearer ${token}`, type: "application/vnd.api+json" });
  expect(last.data).toEqual({
    type: "task-results",
    attributes: {
      ...{ status: "failed", message: "1 failed, 0 waived, 0 unknown, 1 passed" },
      url: "https://portcullis.example/runs",
    },
    relationships: {
      outcomes: {
        data: [
          {
            type: "task-result-outcomes",
            attributes: {
              "outcome-id": expect.stringMatching(/^[0-9a-f]{16}$/) as string,
              description: "aws_sqs_queue.open: the queue open is not encrypted",
              body: expect.any(String) as string,
              tags: {
                Status: [{ label: "Failed", level: "error" }],
                Severity: [{ label: "high", level: "error" }],
                Policy: [{ label: "acme-queue", level: "none" }],
              },
            },
          },
        ],
      },
    },
  });
  expect(last.data.relationships?.outcomes.data[0]?.attributes.body).toBe(
    [
      "**Queues are encrypted**\n\nResource: `aws_sqs_queue.open` (`AWS::SQS::Queue`)\n",
      "- the queue open is not encrypted at `/config/SqsManagedSseEnabled`\n",
      "**How to put it right**\n\nSet `sqs\\_managed\\_sse\\_enabled` to true.".replaceAll("\\_", "_"),
    ].join("\n"),
  );
  expect(await metrics.registry.metrics()).toContain('portcullis_decision_seconds_count{road="run-task"} 1');
  expect(asked.map(({ url, authorization }) => [url.split("/")[1], authorization])).toEqual([
    ["api", `Bearer ${token}`],
    ["archive", undefined], // another host gets no token
  ]);
});

test("a plan that is in order passes, also one without any resource", async () => {
  const { ask } = await serve({ policies: user(ours) });
  for (const resources of [[queue("shut")], []]) {
    planText = plan(resources);
    const request = payload({ stage: "pre_apply" });
    await ask(request);
    const { data } = await ended(request["task_result_id"] as string);
    const message = `0 failed, 0 waived, 0 unknown, ${resources.length} passed`;
    expect(data).toEqual({ type: "task-results", attributes: { status: "passed", message } });
  }
});

test("the policies that ship judge as `portcullis check` does", async () => {
  planText = readFileSync("scanners/terraform/testing/services/plan.json", "utf8");
  const { ask } = await serve({ settings: { failOn: "critical" } });
  const request = payload({ capabilities: {} });
  await ask(request);
  const { data } = await ended(request["task_result_id"] as string);
  expect(data.attributes.message).toMatch(
    /^(Not evaluated in full: .*)?\d+ failed, 0 waived, \d+ unknown, \d+ passed$/,
  );
  expect(data.relationships).toBeUndefined(); // it did not say that it takes outcomes
});

test.each<[string, Handler | string, RegExp]>([
  ["no JSON", "{", /^Not evaluated in full: it is not JSON/],
  ["another document", '{"format_version":"1.2"}', /^Not evaluated in full: /],
  ["nothing", "", /^Not evaluated in full: it is empty/],
  [
    "a plan of another shape",
    '{"format_version":"1.2","resource_changes":7,"planned_values":{}}',
    /^Not evaluated in full: /,
  ],
  ["a plan that errored", plan([]).replace("{", '{"errored":true,'), /^Not evaluated in full: /],
  [
    "a refusal",
    (_, response) => response.writeHead(404).end(),
    /^Not evaluated: the plan: HCP Terraform answered 404$/,
  ],
  [
    "a redirect elsewhere",
    (_, response) => response.writeHead(302, { location: "http://169.254.169.254/x" }).end(),
    /169\.254\.169\.254 is not among/,
  ],
  [
    "redirects without end",
    ({ url }, response) => response.writeHead(302, { location: `${url}x` }).end(),
    /more than 5 redirects/,
  ],
  [
    "more than it may have",
    (_, response) => response.writeHead(200).end(Buffer.alloc(2 ** 20 + 1, " ")),
    /larger than 1 MiB/,
  ],
])("%s is failed, and says so", async (_, given, message) => {
  planText = typeof given === "string" ? given : "";
  planHandler = typeof given === "string" ? null : given;
  const { ask } = await serve({ policies: user(ours), settings: { maxPlanMiB: 1 } });
  const request = payload();
  await ask(request);
  const { data } = await ended(request["task_result_id"] as string);
  expect(data.attributes).toMatchObject({ status: "failed", message: expect.stringMatching(message) as string });
});

test.each<[string, string, number, RegExp]>([
  [
    "whose answer has an unknown shape",
    "shape.rego",
    300,
    /^Not evaluated in full: 1 policies ended in an error\. 0 failed/,
  ],
  ["that takes too long", "endless.rego", 1, /^Not evaluated: the plan took longer than 1 s to judge/],
])("a policy %s: failed, and no pass", async (_, file, judgeSeconds, message) => {
  planText = plan([queue("a")]);
  const { ask } = await serve({ policies: user(join("test", "fixtures", "hooks", file)), settings: { judgeSeconds } });
  const request = payload();
  await ask(request);
  const { data } = await ended(request["task_result_id"] as string);
  expect(data.attributes.status).toBe("failed");
  expect(data.attributes.message).toMatch(message);
});

test("there is no plan before planning: failed, with what to do", async () => {
  const { ask } = await serve();
  const request = payload({ stage: "pre_plan", plan_json_api_url: null });
  await ask(request);
  const { data } = await ended(request["task_result_id"] as string);
  expect(data.attributes.message).toBe(
    "Not evaluated: there is no plan at the stage pre_plan; attach the run task to the stage post-plan",
  );
});

test("a waiver excuses, and is named", async () => {
  planText = plan([queue("open", { sqs_managed_sse_enabled: false })]);
  const waiver: Waiver = {
    ...{ id: "w-1", status: "approved", reason: "a *test*", ticket: null, requester: "a", approver: "b" },
    ...{ start: "2020-01-01T00:00:00.000Z", expires: "2999-01-01T00:00:00.000Z", endsOnChange: false },
    ...{ configHash: null, bound: new Map(), file: null },
    scope: { policies: ["acme-queue"], controls: [], resources: [], tags: [], accounts: [] },
  };
  const { ask } = await serve({ policies: user(ours), waivers: [waiver] });
  const request = payload();
  await ask(request);
  const { data } = await ended(request["task_result_id"] as string);
  expect(data.attributes).toEqual({ status: "passed", message: "0 failed, 1 waived, 0 unknown, 0 passed" });
  expect(data.relationships?.outcomes.data[0]?.attributes.body).toContain("Waived by `w-1`: a \\*test\\*");
});

test.each<[string, (body: string) => Record<string, string>]>([
  ["none", () => ({})],
  ["an empty one", () => ({ "x-tfc-task-signature": "" })],
  [
    "another key's",
    (body) => ({ "x-tfc-task-signature": createHmac("sha512", "another key").update(body).digest("hex") }),
  ],
  [
    "another body's",
    (body) => ({ "x-tfc-task-signature": createHmac("sha512", key).update(`${body} `).digest("hex") }),
  ],
  ["another algorithm's", (body) => ({ "x-tfc-task-signature": createHmac("sha256", key).update(body).digest("hex") })],
  ["a longer one", (body) => ({ "x-tfc-task-signature": `${createHmac("sha512", key).update(body).digest("hex")}00` })],
])("a signature that is %s: 401, and nothing is fetched or kept", async (_, headers) => {
  const { send } = await serve();
  const body = JSON.stringify(payload());
  const before = await store.runTasks.waiting();
  const answer = await send(body, headers(body));
  expect([answer.statusCode, answer.json<JsonObject>()["code"]]).toEqual([401, "unauthenticated"]);
  expect((await send("")).statusCode).toBe(401);
  expect([await store.runTasks.waiting(), asked, callbacks]).toEqual([before, [], []]);
});

test("the request that HCP Terraform sends when a run task is made: 200, and no more", async () => {
  const { ask } = await serve();
  const answer = await ask({
    payload_version: 1,
    access_token: "test-token",
    stage: "post_plan",
    task_result_enforcement_level: "test",
  });
  expect([answer.statusCode, asked, callbacks]).toEqual([200, [], []]);
});

test.each<[string, JsonObject]>([
  ["another version", { payload_version: 2 }],
  ["no callback", { task_result_callback_url: null }],
  ["a callback to another host", { task_result_callback_url: "https://evil.example/callback" }],
  ["a plan of another host", { plan_json_api_url: "https://app.terraform.io.evil.example/plan" }],
  ["a plan with a user in front of the host", { plan_json_api_url: "https://app.terraform.io@evil.example/plan" }],
  ["a plan in a file", { plan_json_api_url: "file:///etc/passwd" }],
  ["an id that is a path", { task_result_id: "../../x" }],
])("%s: 400 with its place, and nothing is fetched", async (_, change) => {
  const { ask } = await serve();
  const answer = await ask(payload(change));
  expect(answer.statusCode).toBe(400);
  expect(answer.json<{ errors: { pointer: string }[] }>().errors[0]?.pointer).toBe(`/${Object.keys(change)[0]!}`);
  expect(asked).toEqual([]);
});

test("the same request again is answered the same, and judged once", async () => {
  planText = plan([queue("shut")]);
  const { ask } = await serve({ policies: user(ours) });
  const request = payload();
  expect((await Promise.all([ask(request), ask(request)])).map(({ statusCode }) => statusCode)).toEqual([200, 200]);
  await ended(request["task_result_id"] as string);
  await vi.waitFor(
    async () => {
      expect(await store.runTasks.waiting()).toBe(0);
    },
    { timeout: 60_000 },
  );
  expect((await ask(request)).statusCode).toBe(200);
  expect(await store.runTasks.waiting()).toBe(0);
  expect(asked.filter(({ url }) => url.endsWith("/json-output"))).toHaveLength(1);
});

test("a full queue: 503, so that HCP Terraform asks again", async () => {
  const { ask } = await serve({ idle: true, settings: { queue: 2 } });
  const answers = [await ask(payload()), await ask(payload()), await ask(payload())];
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 503]);
  expect(answers[2]?.headers["retry-after"]).toBe("30");
  const { hooks } = await serve({ policies: user(ours) });
  expect(hooks.parts).toHaveLength(2);
  await vi.waitFor(
    async () => {
      expect(await store.runTasks.waiting()).toBe(0);
    },
    { timeout: 60_000 },
  );
});

test("what one process took on, another does after its death", async () => {
  planText = plan([queue("shut")]);
  const first = await serve({ idle: true, policies: user(ours) });
  const request = payload();
  await first.ask(request);
  expect(callbacks).toEqual([]);
  await serve({ policies: user(ours) });
  const { data } = await ended(request["task_result_id"] as string);
  expect(data.attributes.status).toBe("passed");
});

test("a stop lets go of what is under way, and another does it at once", async () => {
  planText = plan([queue("shut")]);
  let isHanging = true;
  planHandler = (_, response) => {
    if (!isHanging) response.writeHead(200).end(planText);
  };
  const { ask, hooks } = await serve({ policies: user(ours) });
  const request = payload();
  await ask(request);
  await vi.waitFor(
    () => {
      expect(asked).toHaveLength(1);
    },
    { timeout: 60_000 },
  );
  for (const part of hooks.parts) await part.stop(0);
  isHanging = false;
  await serve({ policies: user(ours) });
  expect((await ended(request["task_result_id"] as string)).data.attributes.status).toBe("passed");
});

test("HCP Terraform that is away for a while gets the result all the same; the plan is judged once", async () => {
  planText = plan([queue("shut")]);
  let refusals = 0;
  callbackStatus = ({ data }) => (data.attributes.status !== "running" && ++refusals <= 2 ? 503 : 200);
  const { ask } = await serve({ policies: user(ours) });
  const request = payload();
  await ask(request);
  await vi.waitFor(
    async () => {
      expect(await store.runTasks.waiting()).toBe(0);
    },
    { timeout: 60_000 },
  );
  expect(callbacks.map(({ data }) => data.attributes.status)).toEqual(["running", "passed", "passed", "passed"]);
  expect(asked).toHaveLength(2);
});

test("outcomes that it does not take are left out, and the result is told", async () => {
  planText = plan([queue("open", { sqs_managed_sse_enabled: false })]);
  callbackStatus = ({ data }) => (data.relationships === undefined ? 200 : 422);
  const { ask } = await serve({ policies: user(ours) });
  await ask(payload());
  await vi.waitFor(
    async () => {
      expect(await store.runTasks.waiting()).toBe(0);
    },
    { timeout: 60_000 },
  );
  expect(callbacks.map(({ data }) => [data.attributes.status, data.relationships !== undefined])).toEqual([
    ["running", false],
    ["failed", true],
    ["failed", false],
  ]);
});

test("neither the token nor the key are in the logs or the database, whatever goes wrong", async () => {
  planHandler = (_, response) => response.writeHead(500).end(token);
  callbackStatus = () => 500;
  const { ask, send } = await serve({ settings: { concurrency: 1 } });
  const request = payload();
  await ask(request);
  await send(JSON.stringify(request), { "x-tfc-task-signature": "0".repeat(128) });
  await vi.waitFor(
    () => {
      expect(logged).toContain("tried again later");
    },
    { timeout: 60_000 },
  );
  expect(logged).not.toContain(token);
  expect(logged).not.toContain(key);
  await store.runTasks.finish(request["task_result_id"] as string, { status: "expired", details: {} });
});

test.each([
  [{ keys: [{ env: "MISSING" }] }, "hooks.runTask.keys: the environment variable MISSING: nothing is there"],
  [{ keys: [{ file: join(folder, "none") }] }, "hooks.runTask.keys: "],
])("a key that is not there: %j", async (settings, message) => {
  await expect(serve({ settings })).rejects.toThrow(message);
});

test("without configuration there is no run task, and still nothing without a signature", async () => {
  const services = {
    ...{ store, run, config: {}, log: logger, metrics: createMetrics(), parts: [] },
    authenticator: { authenticate: () => Promise.reject(new Error("not asked")) },
  } as unknown as Services;
  const shared = { config: {}, settings: defaultSettings, admissionRun: run, waivers: [], store, log: logger };
  const hooks = createHooks({ ...shared, metrics: createMetrics(), holder: "h", environment: {} });
  const api = createServer(services, hooks.routes);
  opened.push({ api, hooks });
  expect((await api.inject({ method: "POST", url: path, payload: {} })).statusCode).toBe(401);
});
