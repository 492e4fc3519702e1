// Scans by worker processes while what they need dies: themselves, in the middle of a merge; the database; the broker.
// Whatever happens, a scan ends once, and with what a scan in one piece finds.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { topics } from "../src/events/topics.js";
import { startAwsEstate } from "./servers/aws-estate.mjs";
import { startPostgres, type PostgresServer } from "./servers/postgres.js";
import { startPulsar, type PulsarNamespace, type PulsarServer } from "./servers/pulsar.js";
import {
  newDatabase,
  regions,
  scanByWorkers,
  scanInOnePiece,
  scansFinished,
  sql,
  told,
  waiting,
  workerProcess,
  type WorkerProcess,
} from "./testing/worker-processes.js";

const folder = mkdtempSync(join(tmpdir(), "portcullis-workers-faults-"));
let server: PostgresServer;
let estate: Awaited<ReturnType<typeof startAwsEstate>>;
let whole: ReturnType<typeof told>;
/** Calls of tables wait for it, so that workers are caught in the middle of shards. */
let gate: { readonly opened: Promise<void>; readonly open: () => void } | null = null;

beforeAll(async () => {
  server = await startPostgres();
  estate = await startAwsEstate({
    ...{ regions, queues: 7, tables: 3 },
    hold: ({ operation }: { operation: string }) => (operation === "DescribeTable" ? gate?.opened : undefined),
  });
  whole = told(await scanInOnePiece(estate.endpoint, join(folder, "whole")));
  expect(whole.summary).toMatchObject({ resources: 20 });
});
afterAll(async () => {
  await estate.stop();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

function closeGate(): void {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  gate = { opened, open };
}

function configOf(name: string, more: object = {}): string {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, JSON.stringify({ workers: { endpointUrl: estate.endpoint, concurrency: 1, lease: 5 }, ...more }));
  return file;
}

/** Until both workers have a shard whose calls wait. */
async function bothHeld(url: string): Promise<void> {
  const held = "select from scan_shards where state = 'running' and kind = 'read' and shard like '%dynamodb'";
  await vi.waitFor(async () => {
    expect(await sql(url, held)).toHaveLength(2);
  }, waiting);
}

async function stopAll(workers: readonly WorkerProcess[]): Promise<void> {
  expect(await Promise.all(workers.map((worker) => worker.stop()))).toEqual(workers.map(() => 0));
}

describe("a worker is killed in the middle of a merge", () => {
  /** The merge comes to a halt at a trigger that waits for a lock of ours. */
  const places = [
    ["when it has begun to write", "scan_verdicts", "before insert", "true"],
    [
      "in its transaction, when all is written",
      "audit_entries",
      "before insert",
      "new.event::json ->> 'kind' = 'scan.finished'",
    ],
    ["after its transaction, before its scan has ended", "scan_requests", "before update", "new.state = 'finished'"],
  ] as const;
  const lock = 4_711;
  let url: string;
  let config: string;
  let workers: WorkerProcess[];
  beforeAll(async () => {
    url = await newDatabase(server.url, "merges");
    config = configOf("merges");
    workers = await Promise.all([workerProcess(url, config), workerProcess(url, config)]);
  });
  afterAll(() => stopAll(workers));

  test.each(places)("%s", async (_, table, when, condition) => {
    const before = await scansFinished(url);
    const holder = new pg.Client({ connectionString: url });
    holder.on("error", () => undefined); // a test that fails leaves it open, and the server is stopped later
    await holder.connect();
    await holder.query(`select pg_advisory_lock(${lock})`);
    await holder.query(
      `create function halt() returns trigger language plpgsql as $$ begin
         if ${condition} then perform pg_advisory_xact_lock_shared(${lock}); end if; return new; end $$`,
    );
    await holder.query(`create trigger halt ${when} on ${table} for each row execute function halt()`);
    const scanning = scanByWorkers(url, config);
    const merger = await vi.waitFor(async () => {
      const halted = `select from pg_locks where locktype = 'advisory' and objid = ${lock} and not granted`;
      expect(await sql(url, halted)).toHaveLength(1);
      const [row] = await sql(url, "select worker from scan_shards where kind = 'merge' and state = 'running'");
      return workers.find(({ child }) => row?.["worker"] === `${hostname()}:${child.pid}`)!;
    }, waiting);
    merger.child.kill("SIGKILL");
    await holder.end();
    workers = [...workers.filter((one) => one !== merger), await workerProcess(url, config)];
    const split = await scanning;
    await sql(url, `drop function halt cascade`);
    expect(split.code, split.stderr).toBe(1);
    expect(told(split)).toEqual(whole);
    expect(await scansFinished(url)).toBe(Number(before) + 1);
    const merges = await sql(url, "select attempt, state from scan_shards where kind = 'merge' order by started");
    expect(merges.at(-1)).toEqual({ attempt: 2, state: "done" });
    const findings = await sql(url, "select count(*)::int as n from finding_events where kind = 'opened'");
    expect(findings).toEqual([{ n: whole.summary.fail }]);
  });
});

/** The sum of a metric over workers, by its labels. */
async function metric(workers: readonly WorkerProcess[], name: string): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const worker of workers) {
    const address = /http:\/\/127\.0\.0\.1:\d+\/metrics/.exec(worker.log())?.[0] ?? "";
    const answer = await fetch(address);
    expect(answer.status).toBe(200);
    for (const line of (await answer.text()).split("\n")) {
      const [, labels, value] = new RegExp(`^${name}(\\{.*\\})? (\\S+)$`).exec(line) ?? [];
      if (value !== undefined) sums[labels ?? ""] = (sums[labels ?? ""] ?? 0) + Number(value);
    }
  }
  return sums;
}

test("the database dies in the middle of shards and comes back; who watches the workers sees it, and all that they did", async () => {
  const url = await newDatabase(server.url, "outage");
  const config = configOf("outage");
  const flags = ["--metrics-port", "0"];
  const workers = await Promise.all([workerProcess(url, config, flags), workerProcess(url, config, flags)]);
  closeGate();
  const scanning = scanByWorkers(url, config);
  await bothHeld(url);
  await server.kill();
  gate?.open();
  expect(await metric(workers, "portcullis_store_up")).toEqual({ "": 0 });
  await server.restart();
  const split = await scanning;
  expect(split.code, split.stderr).toBe(1);
  expect(told(split)).toEqual(whole);
  expect(await scansFinished(url)).toBe(1);
  expect(await metric(workers, "portcullis_store_up")).toEqual({ "": 2 });
  const { pass, fail, unknown, error } = whole.summary;
  const counted = await metric(workers, "portcullis_verdicts_total");
  const kinds = Object.entries({ pass, fail, unknown, error }).filter(([, count]) => count > 0);
  const { '{verdict="not-applicable"}': _, ...decided } = counted;
  expect(decided).toEqual(Object.fromEntries(kinds.map(([kind, count]) => [`{verdict="${kind}"}`, count])));
  expect(await metric(workers, "portcullis_scan_seconds_count")).toEqual({ '{status="finished"}': 1 });
  // The plan, four shards, and the merge.
  expect(await metric(workers, "portcullis_scan_shards_total")).toMatchObject({ '{status="done"}': 6 });
  await stopAll(workers);
});

describe("over Pulsar", () => {
  let pulsar: PulsarServer;
  beforeAll(async () => {
    pulsar = await startPulsar();
  });
  afterAll(() => pulsar.stop());

  interface Stats {
    readonly msgOutCounter: number;
    readonly consumers: readonly unknown[];
  }

  /** What the broker says of the workers' subscription. */
  async function subscription({ tenant, namespace }: PulsarNamespace): Promise<Stats | undefined> {
    const topic = `${tenant}/${namespace}/${topics.scanShards}`;
    const headers = { authorization: `Bearer ${pulsar.adminToken}` };
    const answer = await fetch(`${pulsar.adminUrl}/admin/v2/persistent/${topic}/stats`, { headers });
    const { subscriptions } = (await answer.json()) as { subscriptions?: Record<string, Stats> };
    return subscriptions?.["portcullis-workers"];
  }

  test("the broker dies in the middle of shards and comes back", async () => {
    const space = await pulsar.createNamespace();
    const url = await newDatabase(server.url, "pulsar");
    const { tenant, namespace, token } = space;
    const tokenFile = join(folder, "token");
    writeFileSync(tokenFile, token, { mode: 0o600 });
    const events = { webSocketUrl: pulsar.webSocketUrl, tenant, namespace, tokenFile, client: "websocket" };
    const config = configOf("pulsar", { events });
    const workers = await Promise.all([workerProcess(url, config), workerProcess(url, config)]);
    expect(workers.map(({ log }) => log()).join()).toContain("takes shards (pulsar");
    closeGate();
    const scanning = scanByWorkers(url, config);
    await bothHeld(url);
    const before = await subscription(space);
    expect([before?.consumers.length, Number(before?.msgOutCounter) >= 2]).toEqual([2, true]);
    await pulsar.kill();
    gate?.open();
    await pulsar.restart();
    const split = await scanning;
    expect(split.code, split.stderr).toBe(1);
    expect(told(split)).toEqual(whole);
    expect(await scansFinished(url)).toBe(1);
    // They are back, and the next scan goes over the broker as the first did.
    await vi.waitFor(async () => {
      expect((await subscription(space))?.consumers).toHaveLength(2);
    }, waiting);
    expect(told(await scanByWorkers(url, config))).toEqual(whole);
    expect(await scansFinished(url)).toBe(2);
    await stopAll(workers);
  }, 300_000);
});
