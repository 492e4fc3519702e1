// The relay over a real database and a real broker, while one after the other dies.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { startPostgres, type PostgresServer } from "../../test/servers/postgres.js";
import { startPulsar, type PulsarNamespace, type PulsarServer } from "../../test/servers/pulsar.js";
import { PortcullisError } from "../errors.js";
import { createMetrics } from "../observability/metrics.js";
import { packageFile } from "../package-root.js";
import type { Part } from "../service/part.js";
import type { Database } from "../store/database.js";
import { migrate } from "../store/migrate.js";
import { createOutbox, type Outbox } from "../store/outbox.js";
import { openPostgres } from "../store/postgres.js";
import type { EventBus, OutgoingMessage } from "./bus.js";
import type { CloudEvent } from "./cloud-event.js";
import { enqueue } from "./outbox.js";
import { pulsarAccess } from "./pulsar-access.js";
import { createPulsarWebSocketBus } from "./pulsar-websocket.js";
import { createRelay, type RelayOptions } from "./relay.js";

const silent = pino({ level: "silent" });
let server: PostgresServer;
let database: Database;
let outbox: Outbox;
beforeAll(async () => {
  server = await startPostgres();
  database = await openPostgres(server.url);
  await migrate(database);
  return async () => {
    await database.close();
    await server.stop();
  };
});
beforeEach(async () => {
  await database.script("truncate outbox, outbox_parked, leases");
  outbox = createOutbox(database);
});

const event = (id: string, key: string | null, data: CloudEvent["data"] = {}): CloudEvent => ({
  ...{ specversion: "1.0", id, source: "/test", type: "ComplianceAlertEvent", time: "2026-01-01T00:00:00Z" },
  ...{ datacontenttype: "application/json", data },
  ...(key === null ? {} : { partitionkey: key }),
});

interface Entry {
  readonly id: string;
  readonly key: string | null;
  readonly topic?: string;
  readonly data?: CloudEvent["data"];
}

function put(entries: readonly Entry[], fails = false): Promise<void> {
  return database.transaction(async (session) => {
    const events = entries.map(({ id, key, topic = "alerts", data }) => ({ topic, key, event: event(id, key, data) }));
    await enqueue(session, events);
    if (fails) throw new Error("rolled back");
  });
}

/** A broker in this process, which fails as it is told to. */
class Recorder {
  readonly got: string[] = [];
  most = 0;
  #underWay = 0;
  fail: (message: OutgoingMessage) => Error | null = () => null;
  readonly bus = {
    kind: "in-process",
    publish: async (message: OutgoingMessage): Promise<void> => {
      this.most = Math.max(this.most, ++this.#underWay);
      await sleep(Math.random() * 4);
      this.#underWay--;
      const error = this.fail(message);
      if (error !== null) throw error;
      this.got.push(message.properties["id"] ?? "");
    },
  } as unknown as EventBus;
}

let ids = 0;
function relayOf(bus: EventBus, more: Partial<RelayOptions> = {}): Part {
  const holder = `relay-${++ids}`;
  return createRelay({ outbox, bus, holder, log: silent, metrics: createMetrics(), leaseMs: 1_500, ...more });
}

const generous = { timeout: 60_000, interval: 50 };
const isEmpty = (): Promise<void> =>
  vi.waitFor(async () => {
    expect(await outbox.depth()).toBe(0);
  }, generous);

/** Each key's events as they came first. */
function firsts(got: readonly string[]): string[] {
  return [...new Set(got)];
}

/** Ids are `key-number`. */
function expectOrder(got: readonly string[]): void {
  const last = new Map<string, number>();
  for (const id of firsts(got)) {
    const [key = "", number = "0"] = id.split("-");
    expect(Number(number), `${id} after ${last.get(key)}`).toBeGreaterThan(last.get(key) ?? -1);
    last.set(key, Number(number));
  }
}

const many = (from: number, count: number, keys = 20): Entry[] =>
  Array.from({ length: count }, (_, n) => {
    const number = from + n;
    return { id: `${number % keys}-${number}`, key: `${number % keys}` };
  });

describe("a broker that is told what to do", () => {
  test("each once, many at a time, those of a key in order", async () => {
    await put(many(0, 1_500));
    const recorder = new Recorder();
    const relay = relayOf(recorder.bus, { window: 100 });
    await relay.start();
    await isEmpty();
    await relay.stop(5_000);
    expect(recorder.got.toSorted()).toEqual(
      many(0, 1_500)
        .map(({ id }) => id)
        .toSorted(),
    );
    expectOrder(recorder.got);
    expect(recorder.most).toBeGreaterThan(1);
    expect(recorder.most).toBeLessThanOrEqual(20);
  });

  test("what was rolled back is never published", async () => {
    const recorder = new Recorder();
    const relay = relayOf(recorder.bus);
    await relay.start();
    await expect(put(many(0, 50), true)).rejects.toThrow("rolled back");
    await put(many(50, 10));
    await isEmpty();
    await relay.stop(5_000);
    expect(recorder.got).toHaveLength(10);
  });

  test("a refused event is put aside and holds nothing up, also of its own key", async () => {
    const recorder = new Recorder();
    recorder.fail = ({ properties }) => (properties["id"] === "1-1" ? new PortcullisError("usage", "too odd") : null);
    const large = { text: "x".repeat(1_100_000) };
    await put([...many(0, 100), { id: "large-0", key: "5", data: large }, ...many(100, 100)]);
    const relay = relayOf(recorder.bus);
    await relay.start();
    await isEmpty();
    expect(await relay.trouble()).toBe(null);
    await relay.stop(5_000);
    expect(recorder.got).toHaveLength(199);
    const parked = (await outbox.parked(10)).map(({ id, reason }) => `${id} ${reason}`).toSorted();
    expect(parked).toEqual(["1-1 too odd", expect.stringMatching(/^large-0 the event has 1100\d+ bytes; at most/)]);
  });

  test("a topic that fails holds no other up, and says so until it works", async () => {
    const recorder = new Recorder();
    let isAway = true;
    recorder.fail = ({ topic }) =>
      topic === "away" && isAway ? new PortcullisError("broker-unavailable", "no answer") : null;
    await put([{ id: "0-0", key: "0", topic: "away" }, { id: "0-1", key: "0", topic: "away" }, ...many(10, 100)]);
    const relay = relayOf(recorder.bus);
    await relay.start();
    await vi.waitFor(async () => {
      expect(recorder.got).toHaveLength(100);
      expect(await relay.trouble()).toBe("events of away wait: no answer");
    }, generous);
    isAway = false;
    await isEmpty();
    expect(await relay.trouble()).toBe(null);
    await relay.stop(5_000);
    expect(recorder.got.slice(100)).toEqual(["0-0", "0-1"]);
  });

  test("two at once: one works, and the other goes on when it stops", async () => {
    const [one, two] = [new Recorder(), new Recorder()];
    const [first, second] = [relayOf(one.bus), relayOf(two.bus)];
    await first.start();
    await put(many(0, 10));
    await isEmpty();
    await second.start();
    await put(many(10, 200));
    await isEmpty();
    expect([one.got.length, two.got.length]).toEqual([210, 0]);
    await first.stop(5_000);
    await put(many(210, 50));
    await isEmpty();
    await second.stop(5_000);
    expect([one.got.length, two.got.length]).toEqual([210, 50]);
  });

  test("a database that is away is said, and waited for", async () => {
    const recorder = new Recorder();
    const relay = relayOf(recorder.bus);
    await relay.start();
    await put(many(0, 300));
    await server.kill();
    await vi.waitFor(async () => {
      expect(await relay.trouble()).toBe("the outbox cannot be read");
    }, generous);
    await server.restart();
    await isEmpty();
    await relay.stop(5_000);
    expect(firsts(recorder.got).toSorted()).toEqual(
      many(0, 300)
        .map(({ id }) => id)
        .toSorted(),
    );
    expectOrder(recorder.got);
  });
});

describe("Apache Pulsar", () => {
  let pulsar: PulsarServer;
  let place: PulsarNamespace;
  const open: EventBus[] = [];
  beforeAll(async () => {
    pulsar = await startPulsar();
    return () => pulsar.stop();
  });
  beforeEach(async () => {
    place = await pulsar.createNamespace();
  });
  afterAll(async () => {
    for (const bus of open) await bus.close();
  });

  const settings = () => ({
    ...{ webSocketUrl: pulsar.webSocketUrl, tenant: place.tenant, namespace: place.namespace },
    ...{ tokenEnv: "TOKEN", timeout: 5 },
  });
  function connect(): EventBus {
    const bus = createPulsarWebSocketBus(pulsarAccess(settings(), { TOKEN: place.token }), silent);
    open.push(bus);
    return bus;
  }

  async function consume(): Promise<string[]> {
    const got: string[] = [];
    const options = { topics: ["alerts"], subscription: "test", kind: "key-shared", prefetch: 200 } as const;
    await connect().subscribe({ ...options, ackTimeoutMs: 60_000 }, (delivery) => {
      got.push(delivery.properties["id"] ?? "");
      void delivery.ack();
    });
    return got;
  }

  /** Puts 5,000 events, a tenth of the transactions in vain, while the work does its harm. */
  async function flow(work: () => Promise<void>): Promise<void> {
    const harm = work();
    for (let n = 0; n < 50; n++) {
      if (n % 10 === 9) await expect(put(many(900_000 + n * 10, 10), true)).rejects.toThrow();
      await put(many(n * 100, 100));
      await sleep(20);
    }
    await harm;
    await isEmpty();
  }

  const all = many(0, 5_000).map(({ id }) => id);
  async function expectAll(got: readonly string[]): Promise<void> {
    await vi.waitFor(() => {
      expect(new Set(got).size).toBe(all.length);
    }, generous);
    expect(firsts(got).toSorted()).toEqual(all.toSorted());
  }

  test("the broker is killed while 5,000 events flow, and comes back", async () => {
    const got = await consume();
    const relay = relayOf(connect());
    await relay.start();
    await flow(async () => {
      await vi.waitFor(() => {
        expect(got.length).toBeGreaterThan(500);
      }, generous);
      await pulsar.kill();
      await sleep(1_000);
      await pulsar.restart();
    });
    await relay.stop(5_000);
    await expectAll(got);
    expectOrder(got);
  });

  test("relays are killed at random while 5,000 events flow: the next takes over", async () => {
    const got = await consume();
    const processes = [relayProcess(settings(), place.token), relayProcess(settings(), place.token)];
    try {
      await flow(async () => {
        for (let kills = 0; kills < 4; kills++) {
          await sleep(500 + Math.random() * 1_500);
          await kill(processes.shift());
          processes.push(relayProcess(settings(), place.token));
        }
      });
      await expectAll(got);
      expectOrder(got);
    } finally {
      await Promise.all(processes.map(kill));
    }
  });

  function relayProcess(events: object, token: string): ChildProcess {
    const url = (name: string): string => JSON.stringify(`file://${packageFile("dist", "src", ...name.split("/"))}`);
    const program = `
      import { pino } from "pino";
      import { createMetrics } from ${url("observability/metrics.js")};
      import { pulsarAccess } from ${url("events/pulsar-access.js")};
      import { createPulsarWebSocketBus } from ${url("events/pulsar-websocket.js")};
      import { createRelay } from ${url("events/relay.js")};
      import { openPostgres } from ${url("store/postgres.js")};
      import { createOutbox } from ${url("store/outbox.js")};
      const log = pino({ level: "silent" });
      const outbox = createOutbox(await openPostgres(${JSON.stringify(server.url)}));
      const bus = createPulsarWebSocketBus(pulsarAccess(${JSON.stringify(events)}, process.env), log);
      await createRelay({ outbox, bus, log, metrics: createMetrics(), holder: String(process.pid), leaseMs: 1500 }).start();
      process.stdin.on("end", () => process.exit(1)).resume();`;
    const args = ["--input-type=module", "--eval", program];
    const env = { ...process.env, TOKEN: token };
    return spawn(process.execPath, args, { env, cwd: packageFile("."), stdio: ["pipe", "ignore", "inherit"] });
  }

  async function kill(child: ChildProcess | undefined): Promise<void> {
    if (child === undefined || child.exitCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }
});
