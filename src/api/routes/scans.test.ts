import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { recordScan } from "../../../test/testing/store.js";
import { as, createTestApi, type TestApi } from "../testing/test-api.js";
import { openapiRoute } from "../openapi.js";
import { scanRoutes } from "./scans.js";

let it: TestApi;
beforeAll(async () => {
  it = await createTestApi({
    routes: [openapiRoute, scanRoutes],
    config: { workers: { roles: ["Auditor", "audit/Reader"], accounts: ["111122223333", "444455556666"] } },
  });
});
afterAll(() => it.close());

interface Shown {
  readonly id: string;
  readonly state: string;
  readonly split: { phase: string; isUntaken: boolean; request: Record<string, unknown> } | null;
}

function post(url: string, { headers = as("operator"), key = "", body = {} } = {}) {
  const more = key === "" ? {} : { "idempotency-key": key };
  return it.api.inject({ method: "POST", url, headers: { ...headers, ...more }, payload: body });
}

async function asked(): Promise<Shown> {
  return (await post("/v1/scans", { body: { provider: ["aws"] } })).json<Shown>();
}

describe("a scan is asked for", () => {
  test("with what may be chosen, and is found where the answer says", async () => {
    const body = {
      ...{ provider: ["aws"], accounts: ["444455556666"], regions: ["eu-west-1"], services: ["s3"] },
      ...{ role: "audit/Reader", baselines: ["soc2"], severity: "high", failOn: "critical" },
    };
    const answer = await post("/v1/scans", { body });
    const shown = answer.json<Shown>();
    expect([answer.statusCode, answer.headers.location]).toEqual([202, `/v1/scans/${shown.id}`]);
    expect(shown).toMatchObject({ state: "running", split: { phase: "planning", isUntaken: true } });
    expect(shown.split?.request).toEqual({
      ...{ providers: ["aws"], accounts: ["444455556666"], regions: ["eu-west-1"], services: ["s3"] },
      ...{ roleName: "audit/Reader", useConfig: true, baselines: ["soc2"] },
      ...{ severity: "high", failOn: "critical" },
    });
    const found = await it.api.inject({ url: String(answer.headers.location), headers: as("viewer") });
    expect(found.json()).toEqual(shown);
  });

  test("with nothing chosen, it is as configured, and by whoever asked", async () => {
    const { id, split } = await asked();
    expect(split?.request).toMatchObject({ accounts: [], regions: null, services: [], roleName: "Auditor" });
    const query = { from: null, to: null, kinds: ["scan.started"] };
    const started = (await it.store.audit.newest(query, 100)).filter(({ event }) => event.subject === id);
    expect(started.map(({ event }) => event.actor)).toEqual([{ name: "operator", source: "token" }]);
  });

  test("and with the same key once, whoever sends it again", async () => {
    const body = { provider: ["aws"] };
    const [first, again] = [
      await post("/v1/scans", { key: "once", body }),
      await post("/v1/scans", { key: "once", body }),
    ];
    expect([first.statusCode, again.statusCode, again.headers.location]).toEqual([202, 202, first.headers.location]);
    expect(again.json<Shown>().id).toBe(first.json<Shown>().id);
    const other = await post("/v1/scans", { key: "once", body: { provider: ["sample"] } });
    expect(other.statusCode).toBe(422);
  });
});

test.each([
  ["a role that is not configured", { provider: ["aws"], role: "Admin" }, "/role"],
  ["an account that is not allowed", { provider: ["aws"], accounts: ["111122223333", "999988887777"] }, "/accounts"],
  ["a provider that is none", { provider: ["gcp"] }, "/provider/0"],
  ["no provider", {}, "/provider"],
  ["a baseline that is none", { provider: ["aws"], baselines: ["cis-mars-1.0"] }, "/baselines"],
  ["a baseline of a file", { provider: ["aws"], baselines: ["/etc/passwd"] }, "/baselines/0"],
  ["a baseline of a file nearby", { provider: ["aws"], baselines: ["own.yaml"] }, "/baselines/0"],
  ["an endpoint", { provider: ["aws"], endpointUrl: "http://169.254.169.254" }, "/endpointUrl"],
  ["a region that is an address", { provider: ["aws"], regions: ["x.evil.example/"] }, "/regions/0"],
  ["no region at all", { provider: ["aws"], regions: [] }, "/regions"],
  ["a severity that is none", { provider: ["aws"], severity: "grave" }, "/severity"],
])("%s is refused, and nothing begins", async (_, body, pointer) => {
  const before = await it.store.listScans(100);
  const answer = await post("/v1/scans", { body });
  const { errors } = answer.json<{ errors: { in: string; pointer: string }[] }>();
  expect([answer.statusCode, answer.headers["content-type"]]).toEqual([400, "application/problem+json"]);
  expect(errors[0]).toMatchObject({ in: "body", pointer });
  expect(await it.store.listScans(100)).toEqual(before);
});

test.each(["viewer", "auditor", "approver"] as const)("%s may look, but neither ask nor cancel", async (role) => {
  const { id } = await asked();
  const headers = as(role);
  const body = { provider: ["aws"] };
  expect((await post("/v1/scans", { headers, body })).statusCode).toBe(403);
  expect((await post(`/v1/scans/${id}/cancel`, { headers })).statusCode).toBe(403);
  const found = await it.api.inject({ url: `/v1/scans/${id}`, headers });
  expect([found.statusCode, found.json<Shown>().state]).toEqual([200, "running"]);
});

test("who is nobody sees nothing", async () => {
  const answers = [await it.api.inject("/v1/scans"), await post("/v1/scans", { headers: { authorization: "" } })];
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([401, 401]);
});

describe("a scan is cancelled", () => {
  test("once", async () => {
    const { id } = await asked();
    const ended = await post(`/v1/scans/${id}/cancel`, { key: `cancel-${id}` });
    expect([ended.statusCode, ended.json<Shown>().state]).toEqual([200, "cancelled"]);
    expect((await post(`/v1/scans/${id}/cancel`, { key: `cancel-${id}` })).json()).toEqual(ended.json());
    expect((await post(`/v1/scans/${id}/cancel`)).statusCode).toBe(409);
    const claim = { worker: "w", policies: "any", kinds: ["plan"], hint: { scan: id, shard: "plan" } } as const;
    expect(await it.store.shards.claim(claim)).toBeNull();
  });

  test("not when it was done in one piece, and not when there is none", async () => {
    await recordScan(it.store, { resources: [], verdicts: [], problems: [], complete: true });
    const whole = (await it.store.listScans(100)).find(({ status }) => status === "finished");
    expect((await post(`/v1/scans/${whole?.id ?? ""}/cancel`)).statusCode).toBe(409);
    expect((await post("/v1/scans/nothing/cancel")).statusCode).toBe(404);
    const found = await it.api.inject({ url: `/v1/scans/${whole?.id ?? ""}`, headers: as("viewer") });
    expect(found.json()).toMatchObject({ state: "finished", split: null });
  });
});

test("scans are listed in pages, each once, the latest first", async () => {
  const seen: Shown[] = [];
  for (let next: string | null = ""; next !== null;) {
    const url: string = `/v1/scans?limit=3${next === "" ? "" : `&cursor=${next}`}`;
    const answer = await it.api.inject({ url, headers: as("viewer") });
    expect(answer.statusCode).toBe(200);
    const page = answer.json<{ result: Shown[]; next: string | null }>();
    expect(page.result.length).toBeLessThanOrEqual(3);
    seen.push(...page.result);
    next = page.next;
  }
  const expected = (await it.store.listScans(1_000)).map(({ id }) => id);
  expect(expected.length).toBeGreaterThan(6);
  expect(seen.map(({ id }) => id)).toEqual(expected);
  expect(new Set(seen.map(({ state }) => state))).toEqual(new Set(["running", "cancelled", "finished"]));
});

test("the document of the API describes all of it", async () => {
  interface Operation {
    readonly responses: Record<string, unknown>;
    readonly requestBody?: { readonly content: Record<string, { readonly schema: { required: string[] } }> };
  }
  const answer = await it.api.inject({ url: "/openapi.json", headers: as("viewer") });
  const { paths } = answer.json<{ paths: Record<string, Record<string, Operation>> }>();
  expect(
    Object.keys(paths)
      .filter((path) => path.startsWith("/v1/scans"))
      .sort(),
  ).toEqual([...["/v1/scans", "/v1/scans/{id}", "/v1/scans/{id}/cancel"]]);
  const operation = paths["/v1/scans"]?.["post"];
  expect(operation?.requestBody?.content["application/json"]?.schema.required).toEqual(["provider"]);
  expect(Object.keys(operation?.responses ?? {})).toEqual(expect.arrayContaining(["202", "400", "401", "403"]));
  expect(Object.keys(paths["/v1/scans/{id}/cancel"]?.["post"]?.responses ?? {})).toContain("409");
});
