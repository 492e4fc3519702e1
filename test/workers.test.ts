// Scans by workers: the same as a scan in one piece, whatever dies, stops, comes twice or comes late.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { systemClock } from "../src/clock.js";
import type { Run } from "../src/compose.js";
import { unpacked } from "../src/scanning/merge-shards.js";
import type { EndedScan } from "../src/scanning/distributed-scan.js";
import { doShard } from "../src/scanning/shard-work.js";
import { openStore, type Store } from "../src/store/store.js";
import { startAwsEstate } from "./servers/aws-estate.mjs";
import { portcullis } from "./testing/cli.js";
import { startPostgres, type PostgresServer } from "./servers/postgres.js";
import { report, resource } from "./testing/store.js";
import {
  estate,
  estateRun,
  leftBy,
  newScan,
  policyFolder,
  scanSplit,
  scanWhole,
  shardWork,
  startWorker,
} from "./testing/split-scans.js";
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
} from "./testing/worker-processes.js";

const folder = mkdtempSync(join(tmpdir(), "portcullis-workers-"));
let looking: Run;
let server: PostgresServer;
beforeAll(async () => {
  looking = await estateRun([policyFolder()]);
  server = await startPostgres();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const opened: Store[] = [];
async function newStore(kind: "pglite" | "postgres"): Promise<Store> {
  const dataDir = join(folder, String(opened.length));
  const store = await openStore({
    databaseUrl: kind === "pglite" ? null : await anotherDatabase(),
    dataDir,
    clock: systemClock,
  });
  opened.push(store);
  return store;
}
afterAll(async () => {
  for (const store of opened) await store.close();
});

async function onPostgres(): Promise<{ store: Store; url: string }> {
  const url = await anotherDatabase();
  const store = await openStore({ databaseUrl: url, dataDir: folder, clock: systemClock });
  opened.push(store);
  return { store, url };
}

async function ended(store: Store, id: string): Promise<EndedScan> {
  const scan = await vi.waitFor(async () => {
    const found = await store.shards.get(id);
    expect(found?.state).toBe("finished");
    return found!;
  }, waiting);
  return { id, outcome: scan.outcome!, ...unpacked((await store.shards.report(id))!) };
}

let databases = 0;
function anotherDatabase(): Promise<string> {
  return newDatabase(server.url, `workers_${++databases}`);
}

test.each([
  ["pglite", "some of it is refused", true],
  ["postgres", "everything can be read", false],
  ["postgres", "some of it is refused", true],
] as const)("%s: a scan in shards leaves what a scan in one piece leaves: %s", async (kind, _, isRefused) => {
  const source = estate({ isRefused, ...(kind === "pglite" ? { resources: 6 } : {}) });
  const [one, other] = [await newStore(kind), await newStore(kind)];
  const whole = await leftBy(one, await scanWhole(one, looking, source));
  const split = await leftBy(other, await scanSplit(other, looking, { source, workers: kind === "pglite" ? 1 : 2 }));
  expect(split).toEqual(whole);
  const tables = whole.findings.filter(({ policy }) => policy === "custom-table-has-queue");
  expect([tables.length > 0, whole.findings.length > 30]).toEqual([!isRefused, true]);
});

describe("what goes wrong", () => {
  const quiet = (): void => undefined;
  const worker = { worker: "w", policies: "", kinds: ["plan", "read", "merge"] as const };

  /** As if the time of leases and of waits had passed. */
  async function timePasses(url: string): Promise<void> {
    await sql(url, "update scan_shards set lease = clock_timestamp() - interval '1 s' where state = 'running'");
    await sql(url, "update scan_shards set not_before = clock_timestamp() - interval '1 s'");
  }

  test("of two that plan, and two that read, one counts; what comes late is refused", async () => {
    const { store, url } = await onPostgres();
    const scan = newScan(looking);
    const id = await store.shards.request(scan);
    const mine = { ...worker, policies: scan.policies };
    expect(await store.shards.claim({ ...mine, policies: "of another version" })).toBeNull();
    const first = (await store.shards.claim(mine))!;
    expect(await store.shards.claim(mine)).toBeNull();
    await timePasses(url);
    await store.shards.sweep();
    const second = (await store.shards.claim(mine))!;
    expect([first.attempt, second.attempt]).toEqual([1, 2]);
    const none = { resources: 0, verdicts: 0, chunks: 0 };
    const target = {
      kind: "shard",
      provider: "estate",
      account: "1",
      region: null,
      service: "sqs",
      details: {},
    } as const;
    const ends = await Promise.all([
      store.shards.planned(first, [target, { ...target, account: "2" }], none),
      store.shards.planned(second, [target], none),
    ]);
    expect(ends).toEqual([false, true]);
    const read = (await store.shards.claim(mine))!;
    await timePasses(url);
    await store.shards.sweep();
    const again = (await store.shards.claim(mine))!;
    expect([read.shard, again.shard]).toEqual(["estate/1/global/sqs", "estate/1/global/sqs"]);
    await expect(store.shards.stage(read, 0, Buffer.from("late"))).rejects.toThrow("not this worker's any more");
    expect([await store.shards.renew(read), await store.shards.renew(again)]).toEqual([false, true]);
    expect([await store.shards.done(read, none), await store.shards.done(again, none)]).toEqual([false, true]);
    expect(await store.shards.done(again, none)).toBe(true); // the first answer was lost
    expect(await store.shards.get(id)).toMatchObject({ phase: "merging", shards: { total: 1, done: 1 } });
    expect([await store.shards.cancel(id, null), await store.shards.cancel(id, null)]).toEqual([true, false]);
    expect([(await store.getScan(id))?.status, await store.shards.claim(mine)]).toEqual(["aborted", null]);
  });

  test("a merge that was cut off, and one that wakes up late, leave what one merge leaves", async () => {
    const { store, url } = await onPostgres();
    const source = estate();
    const undisturbed = await newStore("postgres");
    const expected = await leftBy(undisturbed, await scanWhole(undisturbed, looking, source));
    const scan = newScan(looking);
    const id = await store.shards.request(scan);
    const mine = { ...worker, policies: scan.policies };
    // Everything is read, and nothing merged.
    for (let claim = await store.shards.claim({ ...mine, kinds: ["plan", "read"] }); claim !== null;) {
      await doShard(claim, shardWork(store, looking, source), new AbortController().signal);
      claim = await store.shards.claim({ ...mine, kinds: ["plan", "read"] });
    }
    const stale = (await store.shards.claim(mine))!;
    // This merger writes something wrong, and is then not heard of for a while.
    const recording = await store.shards.resume(stale, { targets: ["estate"], complete: true });
    await recording.resource(resource("arn:wrong"));
    await timePasses(url);
    await store.shards.sweep();
    const merger = await startWorker(store, looking, { source });
    await expect(recording.finish(report, [])).rejects.toThrow("not this worker's any more");
    const merged = await ended(store, id);
    await merger.stop(0);
    expect(await leftBy(store, merged)).toEqual(expected);
    expect(await scansFinished(url)).toBe(1);
  });

  test("a shard that always fails is named, and nothing of it is resolved", async () => {
    const { store, url } = await onPostgres();
    const before = await leftBy(store, await scanWhole(store, looking, estate()));
    const hurry = setInterval(() => {
      sql(url, "update scan_shards set not_before = clock_timestamp() - interval '1 s' where state = 'ready'").catch(
        quiet,
      );
    }, 200);
    const source = estate({
      pause: ({ account, region, service }) =>
        account === "2" && region === "us-east-1" && service === "sqs"
          ? Promise.reject(new Error("poison"))
          : undefined,
    });
    const failed = await scanSplit(store, looking, { source }).finally(() => {
      clearInterval(hurry);
    });
    expect(failed.problems).toEqual([
      expect.objectContaining({
        ...{ account: "2", region: "us-east-1", hides: ["AWS::SQS::Queue"] },
        message: "the shard estate/2/us-east-1/sqs was given up after 4 attempts: poison",
      }),
    ]);
    const after = await leftBy(store, failed);
    const open = (left: typeof before) =>
      left.findings.filter(({ status }) => status === "open").map(({ fingerprint }) => fingerprint);
    expect(open(after).filter((one) => !open(before).includes(one))).toEqual([]);
    expect(failed.outcome.resolved).toBe(0);
  });
});

describe("processes", () => {
  test("one is killed and one is stopped in the middle of shards: a third does them, and late results do not count", async () => {
    const { url } = await onPostgres();
    // Calls of tables hang until they may go on, so that workers are caught in the middle of shards.
    let goOn: () => void = () => undefined;
    const open = new Promise<void>((resolve) => (goOn = resolve));
    const estateServer = await startAwsEstate({
      ...{ regions, queues: 7, tables: 3 },
      hold: ({ operation }) => (operation === "DescribeTable" ? open : undefined),
    });
    const config = join(folder, "portcullis.yaml");
    writeFileSync(config, JSON.stringify({ workers: { endpointUrl: estateServer.endpoint, concurrency: 1 } }));
    const [killed, paused] = await Promise.all([workerProcess(url, config), workerProcess(url, config)]);
    const scanning = scanByWorkers(url, config);
    const held = "select worker from scan_shards where state = 'running' and kind = 'read' and shard like '%dynamodb'";
    await vi.waitFor(async () => {
      expect(await sql(url, held)).toHaveLength(2);
    }, waiting);
    killed.child.kill("SIGKILL");
    paused.child.kill("SIGSTOP");
    await sql(url, "update scan_shards set lease = clock_timestamp() - interval '1 s' where state = 'running'");
    goOn();
    const third = await workerProcess(url, config);
    const split = await scanning;
    paused.child.kill("SIGCONT");
    expect(split.code, split.stderr).toBe(1);
    const attempts = await sql(url, "select attempt from scan_shards where shard like '%dynamodb' order by shard");
    expect(attempts).toEqual([{ attempt: 2 }, { attempt: 2 }]);
    const whole = await scanInOnePiece(estateServer.endpoint, join(folder, "whole"));
    expect(told(split)).toEqual(told(whole));
    expect(await Promise.all([paused.stop(), third.stop()])).toEqual([0, 0]);
    expect(await scansFinished(url)).toBe(1);
    await estateServer.stop();
  }, 300_000);

  test("a worker without a database says what it needs", async () => {
    const result = await portcullis(["worker"]);
    expect([result.code, result.stderr]).toEqual([2, expect.stringContaining("workers share a PostgreSQL database")]);
  });
});
