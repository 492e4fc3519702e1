// Events from others and dead letters over the API: who may see and replay them, and what a replay does.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { PortcullisError } from "../../errors.js";
import type { EventBus, OutgoingMessage } from "../../events/bus.js";
import type { CloudEvent } from "../../events/cloud-event.js";
import { createInProcessBus } from "../../events/in-process-bus.js";
import { EventConsumer } from "../../events/consumer.js";
import { incomingTopics } from "../../events/receiver.js";
import type { BuriedMessage } from "../../store/inbox-dead-letters.js";
import { receiveEvent } from "../../store/inbox-received.js";
import { roles } from "../access.js";
import { as, createTestApi, type TestApi } from "../testing/test-api.js";
import { eventRoutes } from "./events.js";

const inner = createInProcessBus({ nackDelayMs: 10 });
let fault: PortcullisError | null = null;
const published: OutgoingMessage[] = [];
/** As a broker of its own, which may be away. */
const bus: EventBus = {
  kind: "pulsar-websocket",
  async publish(message) {
    if (fault !== null) throw fault;
    await inner.publish(message);
    published.push(message);
  },
  subscribe: inner.subscribe.bind(inner),
  ...{ check: () => inner.check(), backlog: inner.backlog.bind(inner), close: () => inner.close() },
};
const health: CloudEvent = {
  ...{ specversion: "1.0", id: "h1", source: "/monitoring", type: "HealthStatusEvent", subject: "\u001b[2Jdb" },
  ...{ time: "2026-01-01T00:00:00Z", datacontenttype: "application/json" },
  data: { component: "db", environment: "production", status: "healthy" },
};
const letter: BuriedMessage = {
  ...{ subscription: "portcullis", topic: "health-status", key: "<b>", properties: { a: "\u001b[31m" } },
  ...{
    bytes: Buffer.from(JSON.stringify({ ...health, id: "h2", subject: "db" })),
    reason: "the store was away",
    attempts: 5,
  },
  firstFailed: new Date("2026-01-01T00:00:00Z"),
};
let it: TestApi;
let consumer: EventConsumer;
let id: string;

beforeAll(async () => {
  it = await createTestApi({ routes: [eventRoutes], services: { bus } });
  const { metrics, log, clock } = it.services;
  const { inbox } = it.store;
  consumer = new EventConsumer({
    ...{ bus: inner, inbox, metrics, log, subscription: "portcullis", topics: incomingTopics, concurrency: 2 },
    handle: (event, session, { topic }) => receiveEvent(session, event, { topic, at: clock.now(), announceAs: null }),
  });
  await consumer.start();
  for (const event of [health, { ...health, id: "h0" }])
    await inbox.take({ consumer: "portcullis", source: event.source, id: event.id }, (session) =>
      receiveEvent(session, event, { topic: "health-status", at: clock.now(), announceAs: null }),
    );
});
afterAll(async () => {
  await consumer.stop(1_000);
  await it.close();
  await inner.close();
});
beforeEach(async () => {
  fault = null;
  published.length = 0;
  id = await it.store.inbox.deadLetters.bury(letter);
});

const get = (url: string, headers: Record<string, string> = as("operator")) => it.api.inject({ url, headers });
const replay = (which: string, headers: Record<string, string> = as("operator")) =>
  it.api.inject({ method: "POST", url: `/v1/dead-letters/${which}/replay`, headers });

describe("by role", () => {
  test.each(roles)("%s", async (role) => {
    const mayReplay = role === "operator" || role === "admin";
    expect((await get("/v1/events", as(role))).statusCode).toBe(200);
    expect((await get("/v1/dead-letters", as(role))).statusCode).toBe(mayReplay ? 200 : 403);
    expect((await replay(id, as(role))).statusCode).toBe(mayReplay ? 200 : 403);
    expect(published).toHaveLength(mayReplay ? 1 : 0);
  });

  test("nobody without a token", async () => {
    for (const answer of [await get("/v1/events", {}), await get("/v1/dead-letters", {}), await replay(id, {})])
      expect(answer.statusCode).toBe(401);
    expect(published).toEqual([]);
  });
});

test("events in pages, by type; text of others as it came", async () => {
  const first = (await get("/v1/events?limit=1&type=HealthStatusEvent")).json<Page>();
  const second = (await get(`/v1/events?limit=1&cursor=${first.next ?? ""}`)).json<Page>();
  const subject = "\u001b[2Jdb";
  expect([...first.result, ...second.result]).toMatchObject(
    ["h0", "h1"].map((one) => ({ type: "HealthStatusEvent", topic: "health-status", event: { id: one, subject } })),
  );
  expect((await get("/v1/events?type=ScalingRequestEvent")).json()).toEqual({ result: [], next: null });
  for (const bad of ["limit=0", "limit=1001", "type=Other", "cursor=x", "cursor=%00"])
    expect([bad, (await get(`/v1/events?${bad}`)).statusCode]).toEqual([bad, 400]);
});

interface Page {
  readonly result: readonly { readonly event: CloudEvent }[];
  readonly next: string | null;
}

interface Letters {
  readonly result: readonly Record<string, unknown>[];
}

async function shown(): Promise<Record<string, unknown> | undefined> {
  return (await get("/v1/dead-letters")).json<Letters>().result.find((one) => one["id"] === id);
}

test("a replay is published as it came, takes effect once, and is in the audit trail", async () => {
  expect(await shown()).toMatchObject({ key: "<b>", properties: { a: "\u001b[31m" }, replayed: null });
  const before = Number((await shown())?.["replays"]);
  const answers = [await replay(id), await replay(id)];
  expect(answers.map((answer) => answer.json<unknown>())).toEqual([
    { id, replayed: true },
    { id, replayed: true },
  ]);
  const { topic, key, properties, bytes: body } = letter;
  expect(published).toEqual([
    { topic, key, properties, body },
    { topic, key, properties, body },
  ]);
  const taken = async (): Promise<readonly string[]> => {
    const { result } = (await get("/v1/events")).json<Page>();
    return result.map(({ event }) => event.id);
  };
  await expect.poll(taken, { timeout: 30_000 }).toEqual(["h2", "h0", "h1"]);
  expect(await shown()).toMatchObject({ replays: before + 2 });
  expect((await get("/v1/dead-letters?waiting=true")).json<Letters>().result).toEqual([]);
  const query = { from: null, to: null, kinds: ["dead-letter.replayed"] };
  const [entry] = await it.store.audit.newest(query, 1);
  expect(entry?.event).toMatchObject({ subject: id, actor: { name: "operator" }, details: { topic: "health-status" } });
});

test.each<[string, PortcullisError, number]>([
  ["the broker is away", new PortcullisError("broker-unavailable", "away"), 503],
  ["it cannot be sent", new PortcullisError("usage", "it has 800000 bytes"), 400],
])("what is not published waits on: %s", async (_name, problem, status) => {
  fault = problem;
  expect((await replay(id)).statusCode).toBe(status);
  expect(await shown()).toMatchObject({ replayed: null });
});

test("what is no dead letter is not found", async () => {
  expect((await replay("0".repeat(32))).statusCode).toBe(404);
  for (const bad of ["x", "..%2f..%2fadmin", "0".repeat(33)]) expect((await replay(bad)).statusCode).toBe(400);
});

test("without a broker nothing is replayed", async () => {
  const alone = await createTestApi({ routes: [eventRoutes], services: { bus: inner } });
  const own = await alone.store.inbox.deadLetters.bury(letter);
  const url = `/v1/dead-letters/${own}/replay`;
  expect((await alone.api.inject({ method: "POST", url, headers: as("admin") })).statusCode).toBe(409);
  expect(await alone.store.inbox.deadLetters.waiting()).toBe(1);
  await alone.close();
});
