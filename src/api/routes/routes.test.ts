import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { recordScan, resource, verdict } from "../../../test/testing/store.js";
import { access } from "../access.js";
import { as, createTestApi, shippedRun, type TestApi } from "../testing/test-api.js";
import { loadSummaryRenderer } from "../../compose.js";
import { admissionRoutes } from "../hooks/admission-routes.js";
import { gitRoutes } from "../hooks/git-routes.js";
import { runTaskRoutes } from "../hooks/run-task-routes.js";
import { serviceRoutes } from "./index.js";

let it: TestApi;
const buckets = Array.from({ length: 7 }, (_, at) =>
  resource(`bucket-${at}`, at % 2 === 0 ? {} : { region: "eu-west-1" }),
);

beforeAll(async () => {
  const hooks = [admissionRoutes({ run: await shippedRun(), waivers: [] }), runTaskRoutes(null), gitRoutes(null)];
  const evidence = { auditFolder: "/nowhere", renderer: loadSummaryRenderer };
  it = await createTestApi({
    routes: serviceRoutes({ hooks, evidence }),
    config: { links: { finding: "https://p.example/f/{fingerprint}" } },
  });
  const verdicts = buckets.map((one) => verdict(one, "fail"));
  await recordScan(it.store, { resources: buckets, verdicts, problems: [], complete: true });
});
afterAll(() => it.close());

interface Page {
  readonly result: readonly Record<string, unknown>[];
  readonly next: string | null;
}

async function get<T = Page>(url: string, headers = as("admin")): Promise<T> {
  const answer = await it.api.inject({ url, headers });
  expect([url, answer.statusCode, answer.body]).toEqual([url, 200, answer.body]);
  return answer.json<T>();
}

async function pages(url: string, between = () => Promise.resolve()): Promise<Record<string, unknown>[]> {
  const all: Record<string, unknown>[] = [];
  for (let next: string | null = ""; next !== null;) {
    const page: Page = await get(`${url}&cursor=${next}`.replace(/&cursor=$/, ""));
    all.push(...page.result);
    next = page.next;
    await between();
  }
  return all;
}

test("every route is in the table of access, and everything in the table is a route", async () => {
  const document = await get<{ paths: Record<string, Record<string, unknown>> }>("/openapi.json");
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map(
      (method) =>
        `${method.toUpperCase()} ${path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => (name === "*" ? "*" : `:${name}`))}`,
    ),
  );
  expect(routes.sort()).toEqual(Object.keys(access).sort());
});

describe("findings", () => {
  test("have the shape of the command line's", async () => {
    const { findings } = await it.store.listFindings({ status: "open", limit: 100 });
    const links = (fingerprint: string) => ({
      finding: `https://p.example/f/${fingerprint}`,
      resource: null,
      code: null,
    });
    const expected = findings.map((one) => ({ ...one, links: links(one.fingerprint) }));
    expect(await get("/v1/findings")).toEqual({ result: JSON.parse(JSON.stringify(expected)) as object, next: null });
    const { fingerprint } = findings[0]!;
    const history = await it.store.findingHistory(fingerprint);
    expect(history).toHaveLength(1);
    expect(await get(`/v1/findings/${fingerprint.slice(0, 12)}`)).toEqual({ ...expected[0], history });
  });

  test.each([
    ["region=eu-west-1", 3],
    ["severity=high", 7],
    ["severity=critical", 0],
    ["text=bucket-3", 1],
    ["firstSeenBefore=1980-01-01T00:00:00%2B01:00", 0],
    ["status=resolved", 0],
    ["resource=%00", 0],
  ])("by %s", async (query, count) => {
    expect((await get(`/v1/findings?${query}`)).result).toHaveLength(count);
  });

  test.each([
    ["?control=1.1", "/control"],
    ["?firstSeenAfter=9999-12-31T23:59:60Z", "/firstSeenAfter"],
    ["?firstSeenAfter=0000-01-01T00:00:00Z", "/firstSeenAfter"],
    ["?severity=grave", "/severity"],
    ["?limit=0", "/limit"],
    ["?limit=1e99", "/limit"],
    ["/zz", "/fingerprint"],
  ])("%s is refused", async (query, pointer) => {
    const answer = await it.api.inject({ url: `/v1/findings${query}`, headers: as("viewer") });
    expect([answer.statusCode, answer.json<{ errors: { pointer: string }[] }>().errors[0]?.pointer]).toEqual([
      400,
      pointer,
    ]);
  });

  test("a cursor of another question, or none at all, is refused", async () => {
    for (const url of [
      "/v1/findings?cursor=nonsense",
      "/v1/resources?cursor=W10",
      "/v1/waivers?cursor=WyJhIiwiYiJd",
      "/v1/audit?cursor=-1",
    ])
      expect([url, (await it.api.inject({ url, headers: as("admin") })).statusCode]).toEqual([url, 400]);
  });

  test("one that is not there", async () => {
    expect((await it.api.inject({ url: `/v1/findings/${"0".repeat(64)}`, headers: as("viewer") })).statusCode).toBe(
      404,
    );
  });
});

test("pages of data that changes have nothing twice, and leave out nothing that stays", async () => {
  let more = 0;
  const add = async (): Promise<void> => {
    const extra = resource(`bucket-${more++ % 2 === 0 ? "0" : "9"}-${more}`, { account: "2" });
    await recordScan(it.store, {
      resources: [...buckets, extra],
      verdicts: [...buckets, extra].map((one) => verdict(one, "fail")),
      problems: [],
      complete: false,
    });
  };
  for (const url of [
    "/v1/resources?limit=2",
    "/v1/findings?limit=2",
    "/v1/findings?limit=2&sort=resource&descending=true",
  ]) {
    const found = await pages(url, add);
    const ids = found.map((one) => JSON.stringify(one["fingerprint"] ?? one["id"]));
    expect([url, new Set(ids).size]).toEqual([url, ids.length]);
    const names = new Set(found.map((one) => (one["resource"] as { id: string } | undefined)?.id ?? one["id"]));
    for (const { id } of buckets) expect(names).toContain(id);
  }
  const seqs = (await pages("/v1/audit?limit=2", add)).map((one) => Number(one["seq"]));
  expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, at) => seqs.length - at));
});

test("resources have the shape of the store's", async () => {
  const { resources } = await it.store.resources({ limit: 1, region: "eu-west-1" });
  const { result, next } = await get("/v1/resources?region=eu-west-1&limit=1");
  expect(result).toEqual(JSON.parse(JSON.stringify(resources)));
  expect(next).not.toBeNull();
});

test("baselines, and one with its controls and coverage", async () => {
  const all = await pages("/v1/baselines?limit=2");
  expect(all.map(({ id }) => id)).toContain("soc2");
  const soc2 = await get<{ controls: object[]; coverage: { controls: number } }>("/v1/baselines/soc2");
  expect(soc2.controls).toHaveLength(soc2.coverage.controls);
  expect((await it.api.inject({ url: "/v1/baselines/constructor", headers: as("viewer") })).statusCode).toBe(404);
});

describe("waivers", () => {
  const wanted = {
    scope: { policies: ["aws-s3-rule"], resources: ["bucket-1"] },
    reason: "a web site",
    expires: new Date(Date.now() + 86_400_000).toISOString(),
  };
  const post = (url: string, headers: Record<string, string>, payload?: object) =>
    it.api.inject({ method: "POST", url, headers, ...(payload === undefined ? {} : { payload }) });

  test("one asks, another approves and ends it; the trail says who", async () => {
    const asked = await post("/v1/waivers", as("operator", "ann"), wanted);
    expect([asked.statusCode, asked.json()]).toMatchObject([
      201,
      { requester: "ann", requesterSource: "token", state: "requested" },
    ]);
    const url = String(asked.headers["location"]);
    const { id } = asked.json<{ id: string }>();
    expect((await post(`${url}/approve`, as("admin", "Ann "))).json()).toMatchObject({
      status: 403,
      code: "forbidden",
    });
    expect((await post(`${url}/approve`, as("operator", "bob"))).statusCode).toBe(403);
    const approved = await post(`${url}/approve`, as("approver", "bob"), { approver: "ann" });
    expect(approved.json()).toMatchObject({ state: "in-force", approver: "bob", selfApproved: false });
    expect((await post(`${url}/approve`, as("approver", "cid"))).json()).toMatchObject({
      status: 409,
      code: "conflict",
    });
    expect((await post(`${url}/revoke`, as("approver", "cid"), { reason: "over" })).json()).toMatchObject({
      state: "revoked",
      endedBy: "cid",
    });
    const { result } = await get(`/v1/audit?kind=waiver.&limit=3`);
    expect(result.map(({ event }) => event)).toMatchObject([
      { kind: "waiver.revoked", actor: { name: "cid", source: "token" }, subject: id, origin: "127.0.0.1" },
      { kind: "waiver.approved", actor: { name: "bob", source: "token" } },
      { kind: "waiver.requested", actor: { name: "ann", source: "token" } },
    ]);
  });

  test.each([
    ["a scope without limits", { scope: { policies: ["*"], resources: ["*"] } }, undefined],
    ["a control character", { reason: "a\u001b[2Jb" }, "/reason"],
    ["too many stars", { scope: { policies: ["*a".repeat(200)], resources: ["a"] } }, "/scope/policies/0"],
    ["no time", { expires: "soon" }, "/expires"],
    ["a requester", { requester: "somebody" }, "/requester"],
    ["a tag without value", { scope: { policies: ["a"], tags: ["team"] } }, "/scope/tags/0"],
  ])("%s is refused", async (_, change, pointer) => {
    const answer = await post("/v1/waivers", as("operator"), { ...wanted, ...change });
    const { errors, status } = answer.json<{ status: number; errors?: { pointer: string }[] }>();
    expect([Math.floor(status / 100), errors?.[0]?.pointer]).toEqual([4, pointer]);
  });

  test("the same key and body give the first answer back; another body does not", async () => {
    const headers = { ...as("operator", "ann"), "idempotency-key": "key-1" };
    const answers = await Promise.all(Array.from({ length: 5 }, () => post("/v1/waivers", headers, wanted)));
    const later = await post("/v1/waivers", headers, { ...wanted });
    const done = answers.filter(({ statusCode }) => statusCode === 201);
    expect(answers.map(({ statusCode }) => statusCode).filter((status) => status !== 201 && status !== 409)).toEqual(
      [],
    );
    expect(new Set([...done, later].map(({ body }) => body)).size).toBe(1);
    expect([later.statusCode, later.headers["idempotency-replayed"], later.headers["location"]]).toEqual([
      201,
      "true",
      done[0]!.headers["location"],
    ]);
    expect((await post("/v1/waivers", headers, { ...wanted, reason: "other" })).statusCode).toBe(422);
    const another = await post("/v1/waivers", { ...headers, ...as("operator", "bob") }, wanted);
    expect([another.statusCode, another.body === later.body]).toEqual([201, false]);
    const { result } = await get("/v1/waivers?limit=1000");
    expect(result.filter(({ id }) => id === later.json<{ id: string }>().id)).toHaveLength(1);
    expect((await post("/v1/waivers", { ...headers, "idempotency-key": "ä" }, wanted)).statusCode).toBe(400);
  });

  test("what is refused is refused again with the same key", async () => {
    const headers = { ...as("operator", "ann"), "idempotency-key": "key-2" };
    const wrong = { ...wanted, id: "taken" };
    expect((await post("/v1/waivers", as("operator", "ann"), wrong)).statusCode).toBe(201);
    const first = await post("/v1/waivers", headers, wrong);
    const again = await post("/v1/waivers", headers, wrong);
    expect([first.statusCode, again.statusCode, again.headers["content-type"], again.body]).toEqual([
      409,
      409,
      "application/problem+json",
      first.body,
    ]);
  });

  test("pages", async () => {
    const ids = (await pages("/v1/waivers?limit=1")).map(({ id }) => id);
    expect(ids).toEqual((await get("/v1/waivers?limit=1000")).result.map(({ id }) => id));
    expect(ids.length).toBeGreaterThan(2);
  });
});
