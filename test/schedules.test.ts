// Several schedulers on one PostgreSQL, one in a process that is killed, a server that is restarted; and the commands as a user runs
// them, on the embedded store. What a process of its own does not prove is done in this one.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { addSchedulesCommand } from "../src/cli/schedules.js";
import { packageFile } from "../src/package-root.js";
import { scheduleOf } from "../src/schedules/schedule.js";
import { createScheduler, type Scheduler } from "../src/schedules/scheduler.js";
import type { Database } from "../src/store/database.js";
import { migrate } from "../src/store/migrate.js";
import { openPostgres } from "../src/store/postgres.js";
import { createScheduleRuns } from "../src/store/schedule-runs.js";
import { startPostgres, type PostgresServer } from "./servers/postgres.js";

const folder = mkdtempSync(join(tmpdir(), "portcullis-schedules-"));
const leaseMs = 3_000;
const before = process.exitCode;
let server: PostgresServer;
const processes: ChildProcess[] = [];
const schedulers: Scheduler[] = [];
beforeAll(async () => {
  server = await startPostgres();
});
afterEach(async () => {
  await Promise.all(processes.splice(0).map((child) => stop(child, "SIGKILL")));
  await Promise.all(schedulers.splice(0).map((one) => one.stop(0)));
  await query("drop table if exists executions");
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
  process.exitCode = before;
});

interface Scheduled {
  readonly replica: string;
  readonly name: string;
  readonly cron: string;
  readonly work: number;
}

/** Runs write down that they ran, and take as long as is said. */
async function startScheduler({ replica, name, cron, work }: Scheduled): Promise<Scheduler> {
  const database = await openPostgres(server.url);
  await migrate(database);
  const clock = { now: () => new Date(), newId: () => crypto.randomUUID() };
  const runs = createScheduleRuns(database, { clock, audit: null, leaseMs });
  const scheduler = createScheduler({
    schedules: [scheduleOf({ name, cron, scan: { provider: ["sample"] } })],
    access: { exclusive: false, use: (use) => use(runs), close: () => database.close() },
    ...{ replica, parallel: 2, clock, note: () => undefined },
    async execute(_schedule, run, signal) {
      await executed(database, [run.schedule, run.due.toISOString(), run.attempt, replica]);
      await sleep(work, undefined, { signal }).catch(() => undefined);
      const status = signal.aborted ? "interrupted" : "finished";
      return { status, scan: null, exitCode: 0, message: null };
    },
  });
  schedulers.push(scheduler);
  scheduler.start();
  return scheduler;
}

async function executed(database: Pick<Database, "query">, row: readonly unknown[]): Promise<void> {
  await database.query("insert into executions (schedule, due, attempt, replica) values ($1, $2, $3, $4)", row);
}

/** One of the built program, in a process that can be killed: its first run never ends. */
const program = `
  import { createScheduler } from "./dist/src/schedules/scheduler.js";
  import { scheduleOf } from "./dist/src/schedules/schedule.js";
  import { createScheduleRuns } from "./dist/src/store/schedule-runs.js";
  import { openPostgres } from "./dist/src/store/postgres.js";
  const [url, name, cron] = process.argv.slice(1);
  const database = await openPostgres(url);
  const clock = { now: () => new Date(), newId: () => crypto.randomUUID() };
  const runs = createScheduleRuns(database, { clock, audit: null, leaseMs: ${leaseMs} });
  createScheduler({
    schedules: [scheduleOf({ name, cron, scan: { provider: ["sample"] } })],
    access: { exclusive: false, use: (work) => work(runs), close: () => database.close() },
    replica: "first", parallel: 2, clock, note: () => undefined,
    async execute(schedule, run) {
      await database.query("insert into executions (schedule, due, attempt, replica) values ($1, $2, $3, 'first')",
        [run.schedule, run.due.toISOString(), run.attempt]);
      return new Promise(() => undefined);
    },
  }).start();
  setInterval(() => undefined, 60_000);`;

function startProcess(name: string, cron: string): ChildProcess {
  const args = ["--input-type=module", "-e", program, server.url, name, cron];
  const child = spawn(process.execPath, args, { cwd: packageFile(), stdio: ["ignore", "ignore", "inherit"] });
  processes.push(child);
  return child;
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, "exit");
}

async function query<T extends pg.QueryResultRow>(sql: string, params: unknown[] = []): Promise<T[]> {
  const client = new pg.Client({ connectionString: server.url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<T>(sql, params)).rows;
  } finally {
    await client.end();
  }
}

interface Execution {
  readonly due: Date;
  readonly attempt: number;
  readonly replica: string;
}

const executions = (name: string) =>
  query<Execution>("select due, attempt, replica from executions where schedule = $1 order by due, attempt", [name]);
const rowsOf = (name: string) =>
  query<{ due: Date; status: string; attempt: number; replica: string | null }>(
    "select due, status, attempt, replica from schedule_runs where schedule = $1 order by due",
    [name],
  );
const createTable = () => query("create table executions (schedule text, due timestamptz, attempt int, replica text)");

async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await condition().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`waited 60 s for ${what}`);
    await sleep(100);
  }
}

/** Every second from the first to the last has one row, and none was run twice but for another attempt. */
async function expectOnce(name: string): Promise<void> {
  const rows = await rowsOf(name);
  const seconds = rows.map(({ due }) => due.getTime() / 1_000);
  const first = seconds[0] ?? 0;
  expect(seconds).toEqual(seconds.map((_, index) => first + index));
  const ran = (await executions(name)).map(({ due, attempt }) => `${due.toISOString()} ${attempt}`);
  expect(new Set(ran).size).toBe(ran.length);
  const started = rows.filter(({ attempt }) => attempt > 0).map(({ due }) => due.toISOString());
  expect([...new Set(ran.map((one) => one.slice(0, 24)))]).toEqual(started);
}

const stopAll = () => Promise.all(schedulers.splice(0).map((one) => one.stop(10_000)));

test("three schedulers, a due time every second: each is run once, by one of them", async () => {
  await createTable();
  const start = (replica: string) => startScheduler({ replica, name: "shared", cron: "* * * * * *", work: 20 });
  await Promise.all(["a", "b", "c"].map(start));
  await until(async () => (await executions("shared")).length >= 5, "five runs");
  await stopAll();
  await expectOnce("shared");
});

test("the scheduler that runs is killed: another one resumes its run", async () => {
  await createTable();
  const scheduled = { name: "killed", cron: "* * * * * *" };
  const first = startProcess(scheduled.name, scheduled.cron);
  await until(async () => (await executions("killed")).length === 1, "the first run");
  await startScheduler({ ...scheduled, replica: "second", work: 10 });
  await stop(first, "SIGKILL");
  await until(async () => (await executions("killed")).some(({ attempt }) => attempt === 2), "the second attempt");
  await until(
    async () => (await rowsOf("killed")).filter(({ status }) => status === "finished").length >= 2,
    "runs after it",
  );
  const [one, two] = await executions("killed");
  expect([one, two]).toMatchObject([
    { attempt: 1, replica: "first" },
    { attempt: 2, replica: "second", due: one!.due },
  ]);
  await stopAll();
  await expectOnce("killed");
});

test("a scheduler that is stopped in the middle of a run hands it over at once", async () => {
  await createTable();
  const scheduled = { name: "stopped", cron: "* * * * * *" };
  const first = await startScheduler({ ...scheduled, replica: "first", work: 600_000 });
  await until(async () => (await executions("stopped")).length === 1, "the first run");
  await first.stop(0);
  expect((await rowsOf("stopped"))[0]).toMatchObject({ status: "interrupted", attempt: 1 });
  await startScheduler({ ...scheduled, replica: "second", work: 10 });
  await until(async () => (await rowsOf("stopped"))[0]?.status === "finished", "the resumed run");
  expect((await rowsOf("stopped"))[0]).toMatchObject({ attempt: 2, replica: "second" });
});

test("PostgreSQL dies and comes back in the middle of a run: the run is kept, and others follow", async () => {
  await createTable();
  const scheduled = { name: "restarted", cron: "* * * * * *" };
  await startScheduler({ ...scheduled, replica: "first", work: 8_000 });
  await startScheduler({ ...scheduled, replica: "second", work: 8_000 });
  await until(async () => (await executions("restarted")).length === 1, "the first run");
  await server.kill();
  await sleep(leaseMs + 1_000); // longer than a lease
  await server.restart();
  await until(async () => (await executions("restarted")).length >= 2, "a run after the restart");
  const [run] = (await rowsOf("restarted")).filter(({ attempt }) => attempt > 0);
  expect(run).toMatchObject({ status: "finished", attempt: 1 });
  await stopAll();
  await expectOnce("restarted");
});

/** The command in this process: what it prints. */
async function schedules(...args: string[]): Promise<string> {
  const written: string[] = [];
  const keep = (text: unknown, done?: unknown): boolean => {
    written.push(String(text));
    if (typeof done === "function") (done as () => void)();
    return true;
  };
  const spies = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, "write").mockImplementation(keep));
  try {
    const command = new Command().exitOverride();
    addSchedulesCommand(command);
    await command.parseAsync(["schedules", ...args], { from: "user" });
    return written.join("");
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

test("the commands, on the embedded store", async () => {
  const config = join(folder, "portcullis.yaml");
  const report = join(folder, "report.json");
  const state = join(folder, "empty.tfstate");
  const head = { version: 4, terraform_version: "1.9.8", serial: 1, lineage: "l", outputs: {}, resources: [] };
  writeFileSync(state, JSON.stringify(head));
  writeFileSync(
    config,
    `schedules:
  - {name: yearly, cron: "0 3 1 1 *", timeZone: Europe/Berlin, jitter: 5m, scan: {provider: sample, baseline: soc2}, reports: ["json=${report}"]}
  - {name: minutely, cron: "* * * * * *", catchUp: none, timeout: 5m, scan: {provider: [sample]}}
  - {name: drifting, cron: "0 3 1 1 *", drift: {provider: sample, desired: "${state}", service: [sqs]}}
`,
  );
  const flags = ["--config", config, "--data-dir", join(folder, "store")];
  const json = async (...args: string[]) =>
    JSON.parse(await schedules(...args, ...flags, "--format", "json")) as Record<string, unknown>[];
  expect(await schedules("trigger", "yearly", ...flags)).toBe("schedule yearly: finished\n");
  expect(process.exitCode).toBe(1);
  expect(existsSync(report)).toBe(true);
  expect(await schedules("trigger", "drifting", ...flags)).toBe("schedule drifting: finished\n");
  expect(process.exitCode).toBe(1);
  const lastRun = { schedule: "yearly", kind: "manual", status: "finished", attempt: 1, exitCode: 1 };
  expect(await json("list")).toMatchObject([
    {
      name: "yearly",
      does: "scan",
      timeZone: "Europe/Berlin",
      lastRun: { ...lastRun, scan: expect.any(String) as string },
    },
    { name: "minutely", timeZone: "UTC", lastRun: null },
    { name: "drifting", does: "drift", lastRun: { status: "finished", exitCode: 1, scan: null } },
  ]);
  await expect(schedules("trigger", "weekly", ...flags)).rejects.toThrow(
    "no schedule weekly in the configuration: there are yearly, minutely, drifting",
  );

  const main = packageFile("dist", "src", "cli", "main.js");
  const args = [main, "schedules", "run", ...flags, "--grace", "0"]; // a stop does not wait for the run that goes on
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  processes.push(child);
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const isSaid = (what: RegExp) => until(() => Promise.resolve(what.test(said)), `${what.source}: ${said}`);
  await isSaid(/scheduled run of \S+ finished/);
  await isSaid(/\d due times skipped/);
  await expect(schedules("run", ...flags)).rejects.toThrow("has one scheduler at a time");
  await stop(child, "SIGTERM");
  expect(child.exitCode, said).toBe(0);
  const statuses = (await json("history", "minutely", "--limit", "10000")).map(({ status }) => status);
  expect(statuses).toContain("finished");
  expect(statuses).toContain("skipped");
  expect(statuses).not.toContain("running");
}, 400_000); // processes in a row

test.each([
  ["{name: A, cron: '* * * * *', scan: {provider: sample}}", /schedules\.0\.name: expected small letters/],
  ["{name: a, cron: '* * *', scan: {provider: sample}}", /schedule a: cron is "\* \* \*": expected 5 or 6 fields/],
  ["{name: a, cron: '* * * * *', scan: {provider: sample}, extra: 1}", /schedules\.0: Unrecognized key: "extra"/],
  [
    "{name: a, cron: '* * * * *', scan: {provider: sample, account: 111122223333}}",
    /numbers such as accounts need quotes/,
  ],
  ["{name: a, cron: '* * * * *'}", /schedules\.0: a: expected either scan or drift/],
  ["{name: a, cron: '* * * * *', scan: {provider: sample}, drift: {desired: x}}", /expected either scan or drift/],
  ["{name: a, cron: '* * * * *', drift: {desired: x}, reports: ['json=x']}", /a schedule of drift has no reports/],
  [
    "{name: a, cron: '* * * * *', drift: {provider: sample}}",
    /schedules\.0\.drift\.desired: expected a text or a list/,
  ],
])("a schedule that is none: %s", async (schedule, message) => {
  const config = join(folder, "wrong.yaml");
  writeFileSync(config, `schedules: [${schedule}]`);
  const listed = schedules("list", "--config", config, "--data-dir", join(folder, "wrong"));
  await expect(listed).rejects.toMatchObject({
    code: "config-invalid",
    message: expect.stringMatching(message) as string,
  });
});
