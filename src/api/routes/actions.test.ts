import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createActionsPart } from "../../actions/actions-part.js";
import type { OpenedActions } from "../../actions/create-actions.js";
import type { EventMapping } from "../../actions/event-mapping.js";
import { createRequestsPart } from "../../actions/requests-part.js";
import { noteKind, type NoteKind } from "../../actions/testing/note-kind.js";
import { systemClock } from "../../clock.js";
import { openActions } from "../../compose.js";
import type { CloudEvent } from "../../events/cloud-event.js";
import type { JsonObject } from "../../json.js";
import { createMetrics } from "../../observability/metrics.js";
import type { Part } from "../../service/part.js";
import { defaultSettings } from "../../settings.js";
import { receiveEvent } from "../../store/inbox-received.js";
import { openStore, type Store } from "../../store/store.js";
import { as, createTestApi, type TestApi } from "../testing/test-api.js";
import { actionRoutes } from "./actions.js";
import { directoryRoutes } from "./service-directory.js";
import { sloRoutes } from "./slo.js";

// The routes over the real gate, journal and store; only what is changed is a file.
const folder = mkdtempSync(join(tmpdir(), "portcullis-actions-"));
const metrics = createMetrics();
const log = pino({ level: "silent" });
let note: NoteKind;
let store: Store;
let actions: OpenedActions;
let it: TestApi;
const parts: Part[] = [];

beforeAll(async () => {
  store = await openStore({ databaseUrl: null, dataDir: folder, clock: systemClock });
  note = noteKind(folder);
  note.write("first");
  actions = await openActions(defaultSettings, { store, config: {}, waiverFiles: [], metrics, kinds: note.kinds });
  const common = { actions, store, log, holder: "test" };
  parts.push(
    createActionsPart({ ...common, metrics, breaker: { failures: 3, minutes: 60 }, pollMs: 20, recoverMs: 100 }),
  );
  const mapping: EventMapping = {
    ...{ name: "ci-notes", event: "ScalingRequestEvent", kind: "remediation.note" },
    parameters: { note: { $event: "/data/request" } },
  };
  parts.push(createRequestsPart({ ...common, mappings: [mapping], pollMs: 20, retryMs: 20 }));
  for (const part of parts) await part.start();
  it = await createTestApi({ routes: [actionRoutes, sloRoutes, directoryRoutes], store, services: { actions } });
});
afterAll(async () => {
  for (const part of parts) await part.stop(5_000);
  await it.close();
  rmSync(folder, { recursive: true, force: true });
});

type Asked = JsonObject & {
  id: string;
  state: string;
  decision: { id: string; planHash: string; answer: string };
  message: string | null;
};

async function call(
  method: "GET" | "POST" | "DELETE",
  url: string,
  { body, who = as("operator", "ops"), key }: { body?: object; who?: object; key?: string } = {},
) {
  const headers = { ...who, ...(key === undefined ? {} : { "idempotency-key": key }) };
  const answer = await it.api.inject({ method, url, headers, ...(body === undefined ? {} : { payload: body }) });
  return { status: answer.statusCode, body: answer.json<Asked>(), headers: answer.headers };
}

const wish = (text: string, more: object = {}) => ({
  kind: "remediation.note",
  parameters: { note: text },
  reason: "a test",
  ...more,
});

async function ended(id: string, states: readonly string[]): Promise<Asked> {
  let found: Asked | null = null;
  await vi.waitFor(
    async () => {
      found = (await call("GET", `/v1/actions/${id}`)).body;
      expect(states, JSON.stringify(found["asked"])).toContain(found.state);
    },
    { timeout: 60_000, interval: 50 },
  );
  return found as unknown as Asked;
}

describe("from a request to its end", () => {
  test("the gate alone keeps nothing and changes nothing", async () => {
    const { status, body } = await call("POST", "/v1/decisions", {
      body: { kind: "remediation.note", parameters: { note: "x" } },
    });
    expect([status, body["decision"]]).toMatchObject([200, { answer: "allow" }]);
    expect((await call("GET", "/v1/actions")).body).toEqual({ result: [], next: null });
    expect(note.read()).toBe("first");
  });

  test("asked, run by the service, and rolled back", async () => {
    const asked = await call("POST", "/v1/actions", { body: wish("second"), key: "k-1" });
    expect(asked).toMatchObject({
      status: 201,
      body: { state: "ready", asked: null, requester: { name: "ops", roles: ["operator"] } },
    });
    expect(asked.headers["location"]).toBe(`/v1/actions/${asked.body.id}`);
    expect((await call("POST", "/v1/actions", { body: wish("second"), key: "k-1" })).body.id).toBe(asked.body.id);
    expect(note.read()).toBe("first");
    const run = await call("POST", `/v1/actions/${asked.body.id}/run`);
    expect(run).toMatchObject({ status: 202, body: { asked: { verb: "run", askedBy: "ops" } } });
    const done = await ended(asked.body.id, ["succeeded"]);
    expect(note.read()).toBe("second");
    expect(done["steps"]).toMatchObject([{ state: "verified", output: { written: true } }]);
    expect((await call("POST", `/v1/actions/${asked.body.id}/run`)).status).toBe(409);
    await call("POST", `/v1/actions/${asked.body.id}/rollback`, { body: { reason: "it was a test" } });
    await ended(asked.body.id, ["rolled-back"]);
    expect(note.read()).toBe("first");
    const entries = await store.audit.newest({ from: null, to: null, kinds: ["action."] }, 100);
    const of = entries.filter(({ event }) => event.subject === asked.body.id);
    expect(of.length).toBeGreaterThan(3);
    expect(of.filter(({ event }) => event.decision === null)).toEqual([]);
  }, 120_000);

  test("a world that changed in between", async () => {
    const { body } = await call("POST", "/v1/actions", { body: wish("third") });
    note.write("somebody else's");
    await call("POST", `/v1/actions/${body.id}/run`);
    const after = await ended(body.id, ["succeeded", "expired"]);
    // It was planned again, and what is brought back is what was there then.
    expect(after.decision.planHash).not.toBe(body.decision.planHash);
    if (after.state === "succeeded") expect(note.read()).toBe("third");
    else expect(note.read()).toBe("somebody else's");
  }, 120_000);

  test("an open bucket is denied, with the verdict, and cannot be run", async () => {
    const config = { PublicAccessBlockConfiguration: { BlockPublicAcls: false } };
    const { status, body } = await call("POST", "/v1/actions", {
      body: { kind: "remediation.note", parameters: { note: "x", config }, reason: "r" },
    });
    expect([status, body.state]).toEqual([201, "denied"]);
    const [violation] = (body.decision as unknown as { violations: { policy: string }[] }).violations;
    expect(violation?.policy).toContain("aws-s3");
    expect((await call("POST", `/v1/actions/${body.id}/run`)).status).toBe(409);
  });

  test("rejected, and then not run", async () => {
    const { body } = await call("POST", "/v1/actions", { body: wish("fourth") });
    const reject = { body: { reason: "no" }, who: as("approver", "boss") };
    expect((await call("POST", `/v1/actions/${body.id}/reject`, reject)).body.state).toBe("rejected");
    expect((await call("POST", `/v1/actions/${body.id}/run`)).status).toBe(409);
    const approve = {
      body: { decision: body.decision.id, planHash: body.decision.planHash },
      who: as("approver", "boss"),
    };
    expect((await call("POST", `/v1/actions/${body.id}/approve`, approve)).status).toBe(409);
  });

  test("the stop button", async () => {
    const { body } = await call("POST", "/v1/actions", { body: wish("fifth") });
    const before = note.read();
    expect((await call("POST", "/v1/actions-stop", { body: { reason: "halt" } })).body).toMatchObject({
      stop: { by: "ops", reason: "halt" },
    });
    expect(await call("POST", `/v1/actions/${body.id}/run`)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining("halt") as string },
    });
    expect((await call("DELETE", "/v1/actions-stop")).status).toBe(403);
    expect(note.read()).toBe(before);
    expect((await call("DELETE", "/v1/actions-stop", { who: as("approver", "boss") })).body).toEqual({ stop: null });
    expect((await call("POST", `/v1/actions/${body.id}/run`)).status).toBe(202);
    await ended(body.id, ["succeeded"]);
  }, 60_000);
});

test.each<[string, string, object, number]>([
  ["a kind that there is not", "/v1/actions", { kind: "x.y", parameters: {}, reason: "r" }, 400],
  [
    "parameters that are not as the schema says",
    "/v1/actions",
    { kind: "remediation.note", parameters: { note: 1 }, reason: "r" },
    400,
  ],
  ["one more parameter", "/v1/decisions", { kind: "remediation.note", parameters: { note: "a", b: 1 } }, 400],
  ["an id with a path", "/v1/actions", wish("x", { id: "../x" }), 400],
  ["the id of a route", "/v1/actions", wish("x", { id: "kinds" }), 400],
  ["no reason", "/v1/actions", { kind: "remediation.note", parameters: { note: "x" } }, 400],
  ["an action that there is not", "/v1/actions/none/run", {}, 404],
])("%s", async (_name, url, body, status) => {
  expect(await call("POST", url, url.endsWith("/run") ? {} : { body })).toMatchObject({ status, body: { status } });
});

test("lists page, filter, and show kinds, objectives and services", async () => {
  const first = await call("GET", "/v1/actions?limit=1");
  expect(first.body["result"]).toHaveLength(1);
  const second = await call("GET", `/v1/actions?limit=1&cursor=${first.body["next"] as string}`);
  expect(second.body["result"]).not.toEqual(first.body["result"]);
  expect((await call("GET", "/v1/actions?state=denied")).body["result"]).toMatchObject([
    { state: "denied", decision: { answer: "deny" } },
  ]);
  expect((await call("GET", "/v1/actions?kind=none%00")).body["result"]).toEqual([]);
  expect((await call("GET", "/v1/actions/kinds")).body["result"]).toMatchObject([
    { kind: "remediation.note", parameters: { type: "object" } },
  ]);
  const slo = (await call("GET", "/v1/slo")).body["objectives"] as JsonObject[];
  expect(slo).toMatchObject([
    { name: "provisioning", total: 0, share: null },
    { name: "configuration", goal: 0.9 },
  ]);
  expect(slo[1]!["total"]).toBeGreaterThan(0);
  expect((await call("GET", "/v1/slo?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z")).status).toBe(400);
  expect((await call("GET", "/v1/services?environment=a%00")).body).toEqual({ result: [], next: null });
  const text = await metrics.registry.metrics();
  expect(text).toMatch(/portcullis_action_decisions_total\{kind="remediation.note",answer="allow"\} [1-9]/);
  expect(text).toMatch(/portcullis_actions\{kind="remediation.note",state="succeeded"\} [1-9]/);
});

describe("requests that came as events", () => {
  const scaling = (id: string, data: JsonObject): CloudEvent => ({
    ...{ specversion: "1.0", id, source: "/ci", type: "ScalingRequestEvent", time: "2026-01-01T00:00:00Z" },
    ...{ datacontenttype: "application/json", data },
  });
  const receive = (event: CloudEvent) =>
    store.inbox.take({ consumer: "test", source: event.source, id: event.id }, (session) =>
      receiveEvent(session, event, { topic: "t", at: new Date(), announceAs: null }),
    );
  const answered = async (id: string) => {
    const { events } = await store.inbox.received({ limit: 100 });
    return events.find(({ event }) => event["id"] === id);
  };

  test("one is decided, run, and says which decision it was; never twice", async () => {
    const before = note.applied();
    expect(await receive(scaling("e-1", { request: "by event" }))).toBe("done");
    expect(await receive(scaling("e-1", { request: "by event" }))).toBe("repeated");
    await vi.waitFor(
      async () => {
        expect((await answered("e-1"))?.status).toBe("decided");
      },
      { timeout: 60_000 },
    );
    const { action, decision } = (await answered("e-1"))!;
    const done = await ended(action!, ["succeeded"]);
    expect(done).toMatchObject({ decision: { id: decision }, requester: { name: "ci-notes", source: "event" } });
    expect([note.read(), note.applied()]).toEqual(["by event", before + 1]);
  }, 120_000);

  test("one that does not fit is refused, with the reason, and makes no action", async () => {
    await receive(scaling("e-2", { other: 1 }));
    await receive(scaling("e-3", { request: 5 }));
    await vi.waitFor(
      async () => {
        expect((await answered("e-3"))?.status).toBe("refused");
      },
      { timeout: 60_000 },
    );
    expect((await answered("e-2"))?.message).toContain("/data/request");
    expect((await answered("e-3"))?.message).toContain("parameters");
  }, 120_000);

  test("one that nothing is configured for stays", async () => {
    await receive({ ...scaling("e-4", {}), type: "DeploymentRequirementsEvent" });
    await receive(scaling("e-5", {}));
    await vi.waitFor(
      async () => {
        expect((await answered("e-5"))?.status).toBe("refused");
      },
      { timeout: 60_000 },
    );
    expect(await answered("e-4")).toMatchObject({ status: "received", decision: null });
  }, 120_000);
});
