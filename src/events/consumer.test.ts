// The consumer over the bus of one process and the embedded store: what is done, what is buried, and what is never lost.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../clock.js";
import { PortcullisError } from "../errors.js";
import { createMetrics } from "../observability/metrics.js";
import type { Database, Session } from "../store/database.js";
import { openPglite } from "../store/pglite.js";
import { createStore, type Store } from "../store/store.js";
import type { Delivery, EventBus } from "./bus.js";
import type { CloudEvent, EventType } from "./cloud-event.js";
import { EventConsumer } from "./consumer.js";
import { createInProcessBus } from "./in-process-bus.js";
import { createReceiver, incomingTopics } from "./receiver.js";
import { replayDeadLetter } from "./replay.js";
import { topics } from "./topics.js";

const example = (type: EventType): CloudEvent =>
  JSON.parse(readFileSync(new URL(`schemas/examples/${type}.json`, import.meta.url), "utf8")) as CloudEvent;
const health = example("HealthStatusEvent");
const json = (change: object): string => JSON.stringify({ ...health, ...change });
const log = pino({ level: "silent" });
const wait = { timeout: 30_000, interval: 10 };
const topic = topics.healthStatus;

/** What nobody can use, and the beginning of the reason. */
const poison: readonly (readonly [string, string | Uint8Array, RegExp])[] = [
  ["nothing", "", /^expected JSON/],
  ["no UTF-8", Uint8Array.from([0x7b, 0xff, 0xfe, 0x7d]), /^expected UTF-8/],
  ["no JSON", "<html>", /^expected JSON/],
  ["half of it", json({}).slice(0, -10), /^expected JSON/],
  ["a list", "[]", /^a CloudEvent in structured mode/],
  ["null", "null", /^a CloudEvent in structured mode/],
  ["nested deeply", "[".repeat(300_000), /nested at most 64 deep/],
  ["another version", json({ specversion: "0.3" }), /^specversion/],
  ["a type that is none", json({ type: "constructor" }), /^type/],
  ["a type of another topic", JSON.stringify(example("ScalingRequestEvent")), /^ScalingRequestEvent on health-status/],
  ["one of ours", JSON.stringify(example("ComplianceAlertEvent")), /^ComplianceAlertEvent on health-status/],
  ["a name twice", json({}).replace("{", '{"id":"x",'), /the name "id" is there twice/],
  [
    "__proto__",
    json({ data: { ...health.data } }).replace('"data":{', '"data":{"__proto__":{"status":"x"},'),
    /__proto__/,
  ],
  ["data that are none", json({ data: "text" }), /^data/],
  ["data without what is needed", json({ data: { component: "x" } }), /^data must have required property 'status'/],
  ["a value that is none of them", json({ data: { component: "x", status: "fine" } }), /^data\/status/],
  ["no id", json({ id: "" }), /^id/],
  ["an id with a terminal's escape", json({ id: "\u001b[2J" }), /^id: expected text without control/],
  ["a time that is none", json({ time: "2026-02-31T99:00:00Z" }), /^time/],
  ["data in base64", json({ data: undefined, data_base64: "e30=" }), /^data/],
  ["a huge id", json({ id: "x".repeat(600) }), /^id/],
  ["a huge number", json({}).replace('"data":{', '"data":{"status":1e999,'), /there twice|status/],
];

let folder: string;
let database: Database;
let store: Store;
let bus: EventBus;
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "portcullis-consumer-"));
  database = await openPglite(folder);
  store = await createStore(database, systemClock);
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  await database.script("truncate inbox, received_events, component_health, dead_letters, outbox");
  bus = createInProcessBus({ nackDelayMs: 10 });
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  await bus.close();
});

type Handle = (event: CloudEvent, session: Session, delivery: Delivery) => Promise<void>;

async function consume(handle: Handle, change: { readonly attempts?: number; readonly bus?: EventBus } = {}) {
  const metrics = createMetrics();
  const consumer = new EventConsumer({
    ...{ bus, inbox: store.inbox, metrics, log, subscription: "tests", topics: incomingTopics, concurrency: 4 },
    ...{ retryMs: 1, handle },
    ...change,
  });
  await consumer.start();
  stops.push(() => consumer.stop(1_000));
  const counted = async (): Promise<Record<string, number>> => {
    const { values } = await metrics.consumed.get();
    return Object.fromEntries(values.map(({ labels, value }) => [String(labels["status"]), value]));
  };
  return { consumer, counted };
}

const publish = (body: string | Uint8Array, key: string | null = null, on: string = topic): Promise<void> =>
  bus.publish({ topic: on, key, properties: { from: "test" }, body });

async function deadLetters(): Promise<Delivery[]> {
  const got: Delivery[] = [];
  const options = { topics: [topics.deadLetters], subscription: "readers", kind: "shared", prefetch: 100 } as const;
  await bus.subscribe({ ...options, ackTimeoutMs: 60_000 }, (delivery) => got.push(delivery));
  return got;
}

describe("poison", () => {
  it.each(poison)("%s", async (_name, body, reason) => {
    const dead = await deadLetters();
    const done: string[] = [];
    await consume((event) => {
      done.push(event.id);
      return Promise.resolve();
    });
    await publish(body, "a-key");
    await publish(json({ id: "after" }), "a-key");
    await vi.waitFor(async () => {
      expect(await bus.backlog(topic, "tests")).toBe(0);
    }, wait);
    expect(done).toEqual(["after"]);
    const { letters } = await store.inbox.deadLetters.list({ limit: 10 });
    expect(letters).toMatchObject([
      { topic, key: "a-key", properties: { from: "test" }, subscription: "tests", attempts: 1 },
    ]);
    expect(letters[0]?.reason).toMatch(reason);
    const kept = await store.inbox.deadLetters.get(letters[0]?.id ?? "");
    expect(Buffer.from(kept?.bytes ?? []).equals(Buffer.from(body))).toBe(true);
    await vi.waitFor(() => {
      expect(dead).toHaveLength(1);
    }, wait);
    expect(dead[0]?.properties).toMatchObject({
      topic,
      key: "a-key",
      reason: letters[0]?.reason,
      "dead-letter-id": kept?.id,
    });
    expect(Buffer.from(dead[0]?.bytes ?? []).equals(Buffer.from(body))).toBe(true);
  });
});

it("takes each event once, however often it comes", async () => {
  const done: string[] = [];
  const { counted } = await consume((event) => {
    done.push(event.id);
    return Promise.resolve();
  });
  for (let n = 0; n < 30; n++) await publish(json({ id: `e-${n % 3}` }));
  await vi.waitFor(async () => {
    expect(await counted()).toEqual({ done: 3, repeated: 27 });
  }, wait);
  expect(done.sort()).toEqual(["e-0", "e-1", "e-2"]);
});

it("tries again what fails, keeps the order of its key, and lets others pass", async () => {
  const done: string[] = [];
  let failures = 3;
  const { counted } = await consume((event) => {
    if (event.id === "a-1" && failures-- > 0) return Promise.reject(new Error("not yet"));
    done.push(event.id);
    return Promise.resolve();
  });
  for (const id of ["a-1", "a-2", "b-1", "a-3", "b-2"]) await publish(json({ id }), id.slice(0, 1));
  await vi.waitFor(async () => {
    expect(await counted()).toEqual({ done: 5, retried: 3 });
  }, wait);
  expect(done.filter((id) => id.startsWith("a"))).toEqual(["a-1", "a-2", "a-3"]);
  expect(done.filter((id) => id.startsWith("b"))).toEqual(["b-1", "b-2"]);
});

it("buries what fails too often, with a reason without secrets; a replay takes effect once", async () => {
  let isBroken = true;
  const done: string[] = [];
  await consume(
    (event) => {
      if (isBroken) return Promise.reject(new Error("broken: password=hunter2secret"));
      done.push(event.id);
      return Promise.resolve();
    },
    { attempts: 3 },
  );
  await publish(json({ id: "x" }));
  await vi.waitFor(async () => {
    expect(await store.inbox.deadLetters.waiting()).toBe(1);
    expect(await bus.backlog(topic, "tests")).toBe(0);
  }, wait);
  const [letter] = (await store.inbox.deadLetters.list({ limit: 1 })).letters;
  expect(letter).toMatchObject({ attempts: 3, failures: 1, reason: "broken: password=<redacted>" });
  isBroken = false;
  const caller = await store.audit.caller();
  const place = { bus, deadLetters: store.inbox.deadLetters };
  for (let n = 0; n < 2; n++) expect(await replayDeadLetter(place, letter?.id ?? "", caller)).toBe(true);
  expect(await replayDeadLetter(place, "none", caller)).toBe(false);
  await vi.waitFor(async () => {
    expect(await bus.backlog(topic, "tests")).toBe(0);
  }, wait);
  expect(done).toEqual(["x"]);
  expect(await store.inbox.deadLetters.waiting()).toBe(0);
  const replays = await database.query(
    "select count(*)::int as n from audit_entries where kind = 'dead-letter.replayed'",
  );
  expect(replays).toEqual([{ n: 2 }]);
});

it("gives nothing up while the store or the broker is away", async () => {
  let outages = 6;
  const done: string[] = [];
  const { counted } = await consume(
    (event) => {
      if (outages-- > 0) return Promise.reject(new PortcullisError("store-unavailable", "away"));
      done.push(event.id);
      return Promise.resolve();
    },
    { attempts: 2 },
  );
  await publish(json({ id: "x" }));
  await vi.waitFor(() => {
    expect(done).toEqual(["x"]);
  }, wait);
  expect((await counted())["dead"]).toBeUndefined();
});

it("acknowledges no poison before the dead-letter topic has it", async () => {
  let outages = 3;
  const flaky: EventBus = {
    ...{ kind: bus.kind, subscribe: bus.subscribe.bind(bus), check: bus.check.bind(bus) },
    ...{ backlog: bus.backlog.bind(bus), close: bus.close.bind(bus) },
    publish: (message) =>
      outages-- > 0 ? Promise.reject(new PortcullisError("broker-unavailable", "away")) : bus.publish(message),
  };
  const dead = await deadLetters();
  await consume(() => Promise.resolve(), { bus: flaky });
  await publish("poison");
  await vi.waitFor(() => {
    expect(dead).toHaveLength(1);
  }, wait);
  expect(outages).toBeLessThan(0);
  expect(await store.inbox.deadLetters.waiting()).toBe(1);
});

it("gives back what it cannot end in time", async () => {
  const { consumer } = await consume(() => Promise.reject(new PortcullisError("store-unavailable", "away")));
  await publish(json({ id: "x" }));
  await vi.waitFor(async () => {
    expect(await bus.backlog(topic, "tests")).toBe(1);
  }, wait);
  await consumer.stop(10);
  const done: string[] = [];
  await consume((event) => {
    done.push(event.id);
    return Promise.resolve();
  });
  await vi.waitFor(() => {
    expect(done).toEqual(["x"]);
  }, wait);
});

it("receives all that others send, as a part of the service", async () => {
  const options = { bus, inbox: store.inbox, metrics: createMetrics(), log, clock: systemClock, settings: {} };
  const receiver = createReceiver({ ...options, announceAs: "/portcullis" });
  expect(await receiver.trouble()).toBe("not started");
  await receiver.start();
  stops.push(() => receiver.stop(1_000));
  await vi.waitFor(async () => {
    expect(await receiver.trouble()).toBeNull();
  }, wait);
  for (const [on, types] of incomingTopics)
    for (const type of types) await publish(JSON.stringify({ ...example(type), addedLater: true }), null, on);
  await vi.waitFor(async () => {
    expect((await store.inbox.received({ limit: 10 })).events).toHaveLength(5);
  }, wait);
  const { events } = await store.inbox.received({ limit: 10 });
  const statuses = Object.fromEntries(events.map(({ type, status }) => [type, status]));
  expect(statuses).toEqual({
    ...{ DeploymentRequirementsEvent: "received", ScalingRequestEvent: "received" },
    ...{ PerformanceMetricsEvent: "received", CapacityAlertEvent: "received", HealthStatusEvent: "applied" },
  });
  const [told] = await database.query("select body from outbox");
  expect(JSON.parse(String(told?.["body"]))).toMatchObject({
    ...{ type: "InfrastructureHealthEvent", source: "/portcullis", subject: "orders-db" },
    data: { status: "degraded", previous: null, cause: { id: "h-1" } },
  });
});
