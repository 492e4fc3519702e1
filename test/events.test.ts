// `portcullis events` over both stores and a real broker: what others sent is shown harmlessly, and dead letters are replayed.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { systemClock } from "../src/clock.js";
import type { CloudEvent } from "../src/events/cloud-event.js";
import { pulsarAccess } from "../src/events/pulsar-access.js";
import { createPulsarWebSocketBus } from "../src/events/pulsar-websocket.js";
import { receiveEvent } from "../src/store/inbox-received.js";
import { openStore, type Store } from "../src/store/store.js";
import { startPostgres, type PostgresServer } from "./servers/postgres.js";
import { startPulsar, type PulsarNamespace, type PulsarServer } from "./servers/pulsar.js";
import { portcullis, type CliResult } from "./testing/cli.js";

let pulsar: PulsarServer;
let place: PulsarNamespace;
let postgres: PostgresServer;
const folder = mkdtempSync(join(tmpdir(), "portcullis-events-"));
beforeAll(async () => {
  [pulsar, postgres] = await Promise.all([startPulsar(), startPostgres()]);
  place = await pulsar.createNamespace();
});
afterAll(async () => {
  await Promise.all([pulsar.stop(), postgres.stop()]);
  rmSync(folder, { recursive: true });
});

const hostile = "\u001b[2J\u001b]0;gone\u0007\u202e";
const health: CloudEvent = {
  ...{ specversion: "1.0", id: "h1", source: `/monitoring${hostile}`, type: "HealthStatusEvent", subject: hostile },
  ...{ time: "2026-01-01T00:00:00Z", datacontenttype: "application/json" },
  data: { component: "db", environment: "production", status: "healthy" },
};

interface Place {
  readonly name: string;
  readonly databaseUrl: string | null;
  readonly flags: readonly string[];
}

function placeOf(name: string): Place {
  if (name === "PostgreSQL") return { name, databaseUrl: postgres.url, flags: ["--database-url", postgres.url] };
  return { name, databaseUrl: null, flags: ["--data-dir", join(folder, "store")] };
}

async function withStore<T>({ databaseUrl }: Place, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore({ databaseUrl, dataDir: join(folder, "store"), clock: systemClock });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Ids by body. */
function fill(at: Place, bodies: readonly string[]): Promise<Map<string, string>> {
  return withStore(at, async ({ inbox }) => {
    await inbox.take({ consumer: "c", source: health.source, id: health.id }, (session) =>
      receiveEvent(session, health, { topic: "health-status", at: new Date(), announceAs: null }),
    );
    const ids = new Map<string, string>();
    for (const body of bodies) {
      const letter = { subscription: "portcullis", topic: "replayed", key: hostile, properties: { a: hostile } };
      const why = { reason: `no ${hostile}`, attempts: 5, firstFailed: new Date() };
      ids.set(body, await inbox.deadLetters.bury({ ...letter, ...why, bytes: Buffer.from(body) }));
    }
    return ids;
  });
}

/** A folder with a configuration of this broker, or of none, or of one that is not there. */
function configured(events: string): string {
  const cwd = mkdtempSync(join(folder, "cwd-"));
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(cwd, "portcullis.yaml"), events);
  return cwd;
}

const away = (): string => configured("events: { webSocketUrl: 'ws://127.0.0.1:1', timeout: 1 }\n");
const there = (): string => {
  const { tenant, namespace } = place;
  return configured(
    `events: { webSocketUrl: '${pulsar.webSocketUrl}', tenant: ${tenant}, namespace: ${namespace}, tokenEnv: TOKEN }\n`,
  );
};

describe.each(["PGlite", "PostgreSQL"])("with %s", (name) => {
  let at: Place;
  let ids: Map<string, string>;
  const large = "x".repeat(800_000);
  const bodies = ["one", `two ${hostile}`, large, "four"];
  const events = (args: readonly string[], cwd = away()): Promise<CliResult> =>
    portcullis(["events", ...args, ...at.flags], { cwd, env: { TOKEN: place.token } });
  const id = (body: string): string => ids.get(body) ?? "";
  const waiting = (): Promise<string[]> =>
    withStore(at, async ({ inbox }) =>
      (await inbox.deadLetters.list({ limit: 9, waiting: true })).letters.map((letter) => letter.id),
    );
  beforeAll(async () => {
    at = placeOf(name);
    ids = await fill(at, bodies);
  });

  test("what others sent is listed and shown without what it would do to a terminal", async () => {
    const all = [
      await events(["list"]),
      await events(["dead-letters", "list"]),
      await events(["dead-letters", "show", id(bodies[1] ?? "")]),
      await events(["dead-letters", "show", id(bodies[1] ?? ""), "--format", "json"]),
    ];
    for (const { code, stdout, stderr } of all) {
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).not.toMatch(/[\u001b\u0007]/);
    }
    const [list, letters, letter, shown] = all.map(({ stdout }) => stdout);
    for (const table of [list, letters, letter]) expect(table).not.toContain("\u202e");
    expect(list).toContain("HealthStatusEvent");
    expect(letters).toContain(id("one"));
    expect(letter).toContain("two");
    const { bodyBase64 } = JSON.parse(shown ?? "") as { bodyBase64: string };
    expect(Buffer.from(bodyBase64, "base64").toString()).toBe(bodies[1]);
  });

  test("while the broker is away they wait on", async () => {
    const { code, stdout, stderr } = await events(["dead-letters", "replay", "--all"]);
    expect(code).toBe(3);
    expect(stdout).toBe("replayed 0\n");
    expect(stderr).toContain("publishing to replayed on Pulsar: no answer within 1 s");
    expect(await waiting()).toHaveLength(4);
  });

  test("they are published as they came, again when that is asked for, and one that is too large holds up none", async () => {
    const { tenant, namespace, token } = place;
    const settings = { webSocketUrl: pulsar.webSocketUrl, tenant, namespace, tokenEnv: "TOKEN" };
    const bus = createPulsarWebSocketBus(pulsarAccess(settings, { TOKEN: token }), pino({ level: "silent" }));
    const got: unknown[] = [];
    const options = { topics: ["replayed"], subscription: name, kind: "shared", prefetch: 10 } as const;
    await bus.subscribe({ ...options, ackTimeoutMs: 60_000 }, (delivery) => {
      const { key, properties, body } = delivery;
      // Also what was replayed from the other store.
      got.push({ key, properties, body });
      void delivery.ack();
    });
    const one = await events(["dead-letters", "replay", id("one"), "--format", "json"], there());
    expect([one.code, one.stderr, JSON.parse(one.stdout)]).toEqual([0, "", [id("one")]]);
    expect(await waiting()).toHaveLength(3);
    const again = await events(["dead-letters", "replay", id("one"), "0".repeat(32)], there());
    expect([again.code, again.stdout]).toEqual([2, "replayed 1\n"]);
    expect(again.stderr).toContain(`there is no dead letter ${"0".repeat(32)}`);
    const all = await events(["dead-letters", "replay", "--all"], there());
    expect([all.code, all.stdout]).toEqual([2, "replayed 2\n"]);
    expect(all.stderr).toContain("a message for replayed has 800000 bytes; at most 716800 are sent");
    expect(await waiting()).toEqual([id(large)]);
    const mine = ["one", "one", bodies[1], "four"];
    await vi.waitFor(
      () => {
        const bodiesOf = got.map((delivery) => (delivery as { body: string }).body);
        expect(bodiesOf.slice(-4)).toEqual(mine);
      },
      { timeout: 60_000, interval: 50 },
    );
    for (const delivery of got) expect(delivery).toMatchObject({ key: hostile, properties: { a: hostile } });
    await bus.close();
  });
});

test("wrong usage says what was expected, and replays nothing", async () => {
  const wrong: [readonly string[], string][] = [
    [["list", "--limit", "0"], "expected a whole number from 1 to 10000"],
    [["list", "--type", "Other"], "Allowed choices are DeploymentRequirementsEvent"],
    [["dead-letters", "show", hostile], "there is no dead letter"],
    [["dead-letters", "replay"], "expected the ids of dead letters, or --all"],
    [["dead-letters", "replay", "--all", "x"], "expected the ids of dead letters, or --all"],
  ];
  const cwd = configured("{}\n");
  const events = (args: readonly string[]): Promise<CliResult> =>
    portcullis(["events", ...args, "--database-url", postgres.url], { cwd });
  for (const [args, text] of wrong) {
    const { code, stdout, stderr } = await events(args);
    expect([args, code, stdout]).toEqual([args, 2, ""]);
    expect(stderr).toContain(text);
    expect(stderr).not.toMatch(/\u001b|    at /);
  }
  const none = await events(["dead-letters", "replay", "--all"]);
  expect([none.code, none.stdout]).toEqual([2, ""]);
  expect(none.stderr).toContain("there is no broker to publish to");
});
