// What happens to the store when a process or a server dies in the middle of a scan.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { startPostgres } from "../../test/servers/postgres.js";
import { recordScan, report, resource, stepClock, verdict, type TestScan } from "../../test/testing/store.js";
import { PortcullisError } from "../errors.js";
import { packageFile } from "../package-root.js";
import { openStore, type Store } from "./store.js";

const folder = mkdtempSync(join(tmpdir(), "portcullis-faults-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const start = "2026-02-01T00:00:00.000Z";
const bucket = resource("a");
const failing: TestScan = { resources: [bucket], verdicts: [verdict(bucket, "fail")], problems: [], complete: true };
const fixed: TestScan = { ...failing, verdicts: [verdict(bucket, "pass")] };
const embedded = (dataDir: string, prefix: string): Promise<Store> =>
  openStore({ databaseUrl: null, dataDir, clock: stepClock("2026-02-01T00:00:00.000Z", prefix) });

async function faultOf(work: Promise<unknown>): Promise<PortcullisError> {
  const thrown: unknown = await work.then(
    () => null,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(PortcullisError);
  return thrown as PortcullisError;
}

/** A process that opens PGlite as the store does, in the same folder, and writes without end. */
const writer = `
  import { mkdirSync, writeFileSync, renameSync } from "node:fs";
  import { PGlite } from "@electric-sql/pglite";
  const [folder, lock] = process.argv.slice(1);
  writeFileSync(folder + "/lock-" + process.pid, lock);
  const pglite = await PGlite.create(folder + "/pg");
  await pglite.query("insert into scans (id, started, status, targets) values ('killed', '2026-01-15', 'running', '[]')");
  for (let i = 0; ; i++) {
    await pglite.query("insert into scan_verdicts (scan, seq, policy, resource, verdict) values ('killed', $1, 'p', $2, 'error')", [i, "r".repeat(2000)]);
    if (i === 200) process.stdout.write("busy\\n");
  }`;

async function startWriter(dataDir: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", writer, dataDir, ""], {
    cwd: packageFile(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return child;
}

test("a process that is killed while it writes leaves a folder that opens again", async () => {
  const dataDir = join(folder, "killed");
  const store = await embedded(dataDir, "first");
  await recordScan(store, failing);
  await store.close();
  const child = await startWriter(dataDir);
  const refused = await faultOf(embedded(dataDir, "refused"));
  expect([refused.code, refused.message]).toEqual([
    "store-unavailable",
    expect.stringContaining(`in use by process ${child.pid}`),
  ]);
  child.kill("SIGKILL");
  await once(child, "exit");
  const again = await embedded(dataDir, "again");
  expect((await again.listScans(9)).map(({ id, status }) => [id, status])).toEqual([
    ["first-1", "finished"],
    ["killed", "aborted"],
  ]);
  expect(await recordScan(again, fixed)).toEqual({ opened: 0, reopened: 0, resolved: 1, open: 0 });
  await again.close();
  expect(readdirSync(dataDir)).toEqual(["audit", "pg"]);
});

test("a database that was never finished, and locks of the dead, are cleared", async () => {
  const dataDir = join(folder, "unfinished");
  mkdirSync(join(dataDir, "pg.new", "base"), { recursive: true });
  writeFileSync(join(dataDir, "pg.new", "PG_VERSION"), "17");
  writeFileSync(join(dataDir, "lock-4194303"), "");
  // This process's parent lives, but was not the one that wrote the file: its start is another.
  if (existsSync("/proc/self/stat")) writeFileSync(join(dataDir, `lock-${process.ppid}`), "1");
  const store = await embedded(dataDir, "scan");
  expect(await recordScan(store, failing)).toEqual({ opened: 1, reopened: 0, resolved: 0, open: 1 });
  await store.close();
  expect(readdirSync(dataDir)).toEqual(["audit", "pg"]);
});

test("a folder that cannot be one", async () => {
  writeFileSync(join(folder, "file"), "");
  const fault = await faultOf(embedded(join(folder, "file"), "scan"));
  expect([fault.code, fault.message]).toEqual(["store-unavailable", expect.stringContaining(join(folder, "file"))]);
});

test("a server that is killed in the middle of a scan: the scan goes on when it is back, and says so", async () => {
  const server = await startPostgres();
  try {
    const store = await openStore({ databaseUrl: server.url, dataDir: folder, clock: stepClock(start, "scan") });
    await recordScan(store, failing);
    const said: string[] = [];
    const notify = (message: string): number => said.push(message);
    const recording = await store.beginScan({ targets: ["aws"], complete: true, notify });
    const half = Array.from({ length: 5_000 }, (_, i) => resource(`r${i}`));
    for (const one of half) await recording.resource(one);
    await server.kill();
    const rest = Array.from({ length: 5_000 }, (_, i) => resource(`s${i}`));
    const reading = (async () => {
      for (const one of half) await recording.verdict(verdict(one, "fail"));
      for (const one of [bucket, ...rest]) await recording.resource(one);
      for (const one of [bucket, ...rest]) await recording.verdict(verdict(one, "pass"));
      return recording.finish(report, []);
    })();
    while (said.length === 0) await sleep(20);
    await server.restart();
    expect(await reading).toEqual({ opened: 5_000, reopened: 0, resolved: 1, open: 5_000 });
    expect(said).toEqual([
      expect.stringContaining("the database went away"),
      expect.stringContaining("nothing was lost"),
    ]);
    const [last] = await store.listScans(1);
    expect([last?.status, last?.notes]).toEqual(["finished", said]);
    expect((await store.resources({ limit: 20_000 })).resources).toHaveLength(10_001);
    await store.close();
  } finally {
    await server.stop();
  }
});

test("a server that does not come back: nothing is concluded", async () => {
  const server = await startPostgres();
  try {
    const open = (prefix: string): Promise<Store> =>
      openStore({ databaseUrl: server.url, dataDir: folder, clock: stepClock(start, prefix) });
    const store = await open("before");
    await recordScan(store, failing);
    const recording = await store.beginScan({ targets: ["aws"], complete: true, patience: 300 });
    for (let i = 0; i < 2_500; i++) await recording.resource(resource(`r${i}`));
    await server.kill();
    const fault = await faultOf(recording.finish(report, []));
    expect([fault.code, fault.message]).toEqual(["store-unavailable", expect.stringContaining("127.0.0.1")]);
    expect((await faultOf(recording.verdict(verdict(bucket, "pass")))).code).toBe("store-unavailable");
    expect((await faultOf(store.listScans(1))).code).toBe("store-unavailable");

    await server.restart();
    // Not even now: what was read in between may be missing.
    expect((await faultOf(recording.finish(report, []))).code).toBe("store-unavailable");
    expect((await store.resources({ limit: 9 })).resources.map(({ id }) => id)).toEqual(["a"]);
    expect((await store.listFindings({ status: "open", limit: 9 })).findings).toHaveLength(1);
    await store.close();
    const after = await open("after");
    expect(await recordScan(after, fixed)).toEqual({ opened: 0, reopened: 0, resolved: 1, open: 0 });
    expect((await after.listScans(9)).map(({ id, status }) => [id, status])).toEqual([
      ["before-2", "aborted"],
      ["after-1", "finished"],
      ["before-1", "finished"],
    ]);
    await after.close();
  } finally {
    await server.stop();
  }
});

test("several processes may start on an empty database at once", async () => {
  const server = await startPostgres();
  try {
    const open = (n: number): Promise<Store> =>
      openStore({ databaseUrl: server.url, dataDir: folder, clock: stepClock("2026-02-01T00:00:00.000Z", `s${n}`) });
    const stores = await Promise.all([1, 2, 3].map(open));
    const outcomes = await Promise.all(stores.map((store) => recordScan(store, failing)));
    expect(outcomes.map(({ opened }) => opened).sort()).toEqual([0, 0, 1]);
    await Promise.all(stores.map((store) => store.close()));
  } finally {
    await server.stop();
  }
});

test("an address that does not answer, without its password", async () => {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, "close");
  const databaseUrl = `postgres://someone:s3cret@127.0.0.1:${port}/prod?password=s3cret`;
  const fault = await faultOf(openStore({ databaseUrl, dataDir: folder, clock: stepClock() }));
  expect([fault.code, fault.message]).toEqual([
    "store-unavailable",
    expect.stringContaining(`PostgreSQL at postgres://someone@127.0.0.1:${port}/prod failed: connect ECONNREFUSED`),
  ]);
  expect(fault.message).not.toContain("s3cret");
});

test.each(["", "mysql://a:s3cret@h/d", "host=db password=s3cret"])(
  "not an address of PostgreSQL: %j",
  async (databaseUrl) => {
    const fault = await faultOf(openStore({ databaseUrl, dataDir: folder, clock: stepClock() }));
    expect(fault.code).toBe("config-invalid");
    expect(fault.message).not.toContain("s3cret");
  },
);
