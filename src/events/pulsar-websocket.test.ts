// Over a real broker, with tokens and authorization.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { startNetworkProxy, type NetworkProxy } from "../../test/servers/network-proxy.js";
import { startPulsar, type PulsarNamespace, type PulsarServer } from "../../test/servers/pulsar.js";
import type { Delivery, EventBus, SubscribeOptions } from "./bus.js";
import { pulsarAccess } from "./pulsar-access.js";
import { createPulsarWebSocketBus } from "./pulsar-websocket.js";
import { busContract } from "./testing/bus-contract.js";

let pulsar: PulsarServer;
let place: PulsarNamespace;
const silent = pino({ level: "silent" });

beforeAll(async () => {
  pulsar = await startPulsar();
  place = await pulsar.createNamespace();
});
afterAll(() => pulsar.stop());

function open(token = place.token): Promise<EventBus> {
  const { tenant, namespace } = place;
  const settings = { webSocketUrl: pulsar.webSocketUrl, tenant, namespace, tokenEnv: "TOKEN", timeout: 20 };
  return Promise.resolve(createPulsarWebSocketBus(pulsarAccess(settings, { TOKEN: token }), silent));
}

busContract("Pulsar by its WebSocket API", () => open());

const wait = { timeout: 90_000, interval: 50 };
const topicName = (): string => `topic-${randomBytes(4).toString("hex")}`;
const message = (topic: string, body: string, key: string | null = null) => ({ topic, key, properties: {}, body });
const options = (topic: string): SubscribeOptions => ({
  ...{ topics: [topic], subscription: "tests", kind: "key-shared", prefetch: 100, ackTimeoutMs: 60_000 },
});

it.each([
  ["a token that is none", () => Promise.resolve("x.y.z"), /answered 401 .*the token is not accepted/],
  ["a token of another role", () => pulsar.tokenFor("stranger"), /answered 403 .*has no permission there/],
])("says what is wrong with %s", async (_name, tokenOf, text) => {
  const token = await tokenOf();
  const bus = await open(token);
  const attempts = [
    bus.publish(message("refused", "x")),
    bus.subscribe(options("refused"), () => undefined),
    bus.check(),
  ];
  for (const attempt of await Promise.allSettled(attempts)) {
    expect(attempt).toMatchObject({ status: "rejected", reason: { code: "broker-unavailable" } });
    const { message: said } = (attempt as PromiseRejectedResult).reason as Error;
    expect(said).toMatch(text);
    expect(said).not.toContain(token);
  }
  await bus.close();
});

it("takes a new token at the next connection", async () => {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-token-"));
  const tokenFile = join(folder, "token");
  writeFileSync(tokenFile, "x.y.z\n");
  const { tenant, namespace } = place;
  const settings = { webSocketUrl: pulsar.webSocketUrl, tenant, namespace, tokenFile };
  const bus = createPulsarWebSocketBus(pulsarAccess(settings, {}), silent);
  await expect(bus.check()).rejects.toThrow("401");
  writeFileSync(tokenFile, `${place.token}\n`);
  await bus.check();
  await bus.close();
  rmSync(folder, { recursive: true });
});

interface Publishing {
  readonly bus: EventBus;
  readonly topic: string;
  readonly count: number;
  /** Called while messages from there on are under way, once. */
  readonly at: number;
  readonly during: () => void;
}

/** Publishes again what failed, in order, until the broker has all; as the outbox does. Gives how often something failed. */
async function publishAll({ bus, topic, count, at, during }: Publishing): Promise<number> {
  let failed = 0;
  for (let from = 0; from < count; from += 500) {
    let left = Array.from({ length: Math.min(500, count - from) }, (_, n) => String(from + n));
    for (let round = 0; left.length > 0; round++) {
      const publishes = left.map((body) => bus.publish(message(topic, body, `k${Number(body) % 20}`)));
      if (from === at && round === 0) setImmediate(during);
      const ends = await Promise.allSettled(publishes);
      left = left.filter((_, n) => ends[n]?.status === "rejected");
      if (left.length === 0) continue;
      failed++;
      await sleep(200);
    }
  }
  return failed;
}

/** What came, and of each key the order in which it came first. */
function collector() {
  const got = new Map<string, number>();
  const order = new Map<string, number[]>();
  const receive = (delivery: Delivery): void => {
    const { body, key } = delivery;
    got.set(body, (got.get(body) ?? 0) + 1);
    if (got.get(body) === 1) order.set(key ?? "", [...(order.get(key ?? "") ?? []), Number(body)]);
    void delivery.ack();
  };
  const expectAll = (count: number): void => {
    expect(new Set(got.keys())).toEqual(new Set(Array.from({ length: count }, (_, n) => String(n))));
    for (const [key, numbers] of order) expect(numbers, key).toEqual([...numbers].sort((a, b) => a - b));
  };
  return { got, receive, expectAll };
}

it("loses nothing and makes nothing up when the broker dies among 3,000 publishes", async () => {
  const bus = await open();
  const topic = topicName();
  const { got, receive, expectAll } = collector();
  const subscription = await bus.subscribe(options(topic), receive);
  const killed: Promise<void>[] = [];
  const during = (): void => {
    killed.push(pulsar.kill());
  };
  const publishing = publishAll({ bus, topic, count: 3_000, at: 1_500, during });
  await vi.waitFor(() => {
    expect(killed).toHaveLength(1);
    expect(subscription.connected).toBe(false);
  }, wait);
  await Promise.all(killed);
  await pulsar.restart();
  expect(await publishing).toBeGreaterThan(0);
  await vi.waitFor(() => {
    expect(got.size).toBe(3_000);
  }, wait);
  expectAll(3_000);
  expect(subscription.connected).toBe(true);
  await bus.close();
});

describe("over a network that fails", () => {
  let network: NetworkProxy;
  beforeAll(async () => {
    network = await startNetworkProxy(Number(new URL(pulsar.webSocketUrl).port));
  });
  afterEach(() => {
    network.heal();
  });
  afterAll(() => network.stop());

  function through(timeout: number): EventBus {
    const { tenant, namespace, token } = place;
    const settings = { webSocketUrl: `ws://127.0.0.1:${network.port}`, tenant, namespace, tokenEnv: "TOKEN", timeout };
    return createPulsarWebSocketBus(pulsarAccess(settings, { TOKEN: token }), silent);
  }

  it.each([
    [
      "connections are cut",
      () => {
        network.cut();
      },
      true,
    ],
    [
      "nothing comes through",
      () => {
        network.freeze();
        setTimeout(() => {
          network.heal();
        }, 3_000);
      },
      true,
    ],
    [
      "everything is slow",
      () => {
        network.delay(200);
      },
      false,
    ],
  ])("all arrive once what failed is published again: %s", async (_name, during, fails) => {
    const bus = through(fails ? 2 : 30);
    const topic = topicName();
    const { got, receive, expectAll } = collector();
    await bus.subscribe(options(topic), receive);
    const failed = await publishAll({ bus, topic, count: 1_500, at: 500, during });
    expect(failed > 0).toBe(fails);
    await vi.waitFor(() => {
      expect(got.size).toBe(1_500);
    }, wait);
    expectAll(1_500);
    await bus.close();
  });

  it("notices that nobody is there any more, and says so in time", async () => {
    const bus = through(2);
    await bus.check();
    network.freeze();
    await expect(bus.check()).rejects.toMatchObject({ code: "broker-unavailable" });
    await expect(bus.publish(message("frozen", "x"))).rejects.toMatchObject({ code: "broker-unavailable" });
    network.heal();
    await bus.check();
    await bus.close();
  });

  it("takes no more than fits", async () => {
    const bus = through(2);
    network.freeze();
    const body = "x".repeat(100_000);
    const ends = await Promise.allSettled(
      Array.from({ length: 1_000 }, () => bus.publish(message(topicName.name, body))),
    );
    const said = ends.map((end) => (end.status === "rejected" ? (end.reason as Error).message : "done"));
    expect(said.filter((text) => text.includes("wait for its answer already")).length).toBeGreaterThan(400);
    expect(said).not.toContain("done");
    await bus.close();
  });
});
