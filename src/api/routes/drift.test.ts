// What schedules found of drift, and what flaps, over the API.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Caller } from "../../audit/trail.js";
import { openPglite } from "../../store/pglite.js";
import { createStore } from "../../store/store.js";
import type { CloudEvent } from "../../events/cloud-event.js";
import type { Database } from "../../store/database.js";
import { stepClock } from "../../../test/testing/store.js";
import type { Role } from "../access.js";
import { as, createTestApi, type TestApi } from "../testing/test-api.js";
import { driftRoutes } from "./drift.js";
import { flapRoutes } from "./flaps.js";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "portcullis-api-drift-"));
const clock = stepClock();
const caller: Caller = { actor: { name: "a", source: "schedule" }, origin: "host" };
let database: Database;
let it: TestApi;

beforeAll(async () => {
  database = await openPglite(folder);
  const drift = { desired: ["x.tfstate"] };
  const schedules = ["zeta", "alpha"].map((name) => ({ name, cron: "0 4 * * *", drift }));
  const scanning = { name: "scans", cron: "0 4 * * *", scan: { provider: ["sample"] } };
  it = await createTestApi({
    ...{ routes: [driftRoutes, flapRoutes], config: { schedules: [...schedules, scanning] }, clock },
    store: await createStore(database, clock),
  });
  const { driftChecks } = it.store;
  const difference = (resource: string, kind: "missing" | "changed") => ({
    ...{ resource, kind, fingerprint: "1", detail: { changes: [{ path: "/config/A" }] } },
    event: { topic: "t", key: null, event: { ...event, id: resource } },
  });
  const found = [difference("q-1", "missing"), difference("q-2", "changed"), difference("q-3", "missing")];
  const check = await driftChecks.begin("alpha", "e");
  const result = { counts: { missing: 2 }, uncompared: [], message: null, drift: { found, seen: () => true } };
  await driftChecks.end(check, result, caller);
});
afterAll(async () => {
  await it.close();
  rmSync(folder, { recursive: true, force: true });
});

const event: Omit<CloudEvent, "id"> = {
  ...{ specversion: "1.0", source: "/portcullis", type: "DriftDetectedEvent", time: "2026-01-01T00:00:00.000Z" },
  ...{ datacontenttype: "application/json", data: {} },
};

async function call(url: string, method: "GET" | "POST" = "GET", role: Role = "viewer") {
  const answer = await it.api.inject({ url, method, headers: as(role) });
  return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
}

test("the last look of each schedule, also of one that never looked", async () => {
  const alpha = { schedule: "alpha", status: "drift", message: null, differences: 3, counts: { missing: 2 } };
  const zeta = { schedule: "zeta", status: "never", check: null, startedAt: null, endedAt: null, differences: 0 };
  expect(await call("/v1/drift")).toMatchObject({ status: 200, body: { result: [alpha, zeta], next: null } });
  expect(await call("/v1/drift?limit=1")).toMatchObject({ body: { result: [alpha], next: "alpha" } });
  expect(await call("/v1/drift?limit=1&cursor=alpha")).toMatchObject({ body: { result: [zeta], next: null } });
});

test("what differs, by kind and in pages", async () => {
  const first = await call("/v1/drift/alpha?kind=missing&limit=1");
  expect(first).toMatchObject({ status: 200, body: { state: { status: "drift" }, result: [{ resource: "q-1" }] } });
  const rest = await call(`/v1/drift/alpha?kind=missing&limit=1&cursor=${String(first.body["next"])}`);
  expect(rest.body).toMatchObject({
    result: [{ resource: "q-3", kind: "missing", detail: { changes: [{ path: "/config/A" }] } }],
    next: null,
  });
  expect(await call("/v1/drift/scans")).toMatchObject({ status: 404 });
  expect(await call("/v1/drift/alpha?cursor=foreign")).toMatchObject({ status: 400 });
  expect(await call("/v1/drift/alpha?kind=other")).toMatchObject({ status: 400 });
});

test("what flaps is listed for all, and released by who decides", async () => {
  const prints = ["a", "b", "c"].map((one) => one.repeat(64));
  for (const print of prints)
    await database.query(
      `insert into remediation_flaps (resource, policy, fingerprint, fixes, action, found_at)
       values ($1, 'aws-s3-rule', $2, 3, 'action-1', now())`,
      [`bucket-${print[0] ?? ""}`, print],
    );
  const page = await call("/v1/remediation-flaps?limit=2");
  expect(page.body).toMatchObject({
    result: [{ resource: "bucket-a", fixes: 3 }, { resource: "bucket-b" }],
    next: prints[1],
  });
  expect((await call(`/v1/remediation-flaps?cursor=${prints[1] ?? ""}`)).body).toMatchObject({ next: null });
  const release = `/v1/remediation-flaps/${prints[0] ?? ""}/release`;
  for (const role of ["viewer", "auditor", "operator"] as const)
    expect(await call(release, "POST", role)).toMatchObject({ status: 403 });
  expect(await call(release, "POST", "approver")).toMatchObject({ status: 200, body: { resource: "bucket-a" } });
  expect(await call(release, "POST", "approver")).toMatchObject({ status: 404 });
  expect(await call("/v1/remediation-flaps/zz/release", "POST", "admin")).toMatchObject({ status: 400 });
  const left = (await call("/v1/remediation-flaps")).body["result"] as readonly { readonly fingerprint: string }[];
  expect(left.map(({ fingerprint }) => fingerprint)).toEqual(prints.slice(1));
  const entries = [];
  for await (const one of it.store.audit.entries({ from: null, to: null, kinds: ["remediation.released"] }))
    entries.push(one.event);
  expect(entries).toMatchObject([{ actor: { name: "approver", source: "token" }, subject: prints[0] }]);
});
