import { hostname } from "node:os";
import { Option, type Command } from "commander";
import { systemClock } from "../clock.js";
import { openConfiguredStore } from "../compose.js";
import { loadConfig, type Config } from "../config.js";
import { PortcullisError } from "../errors.js";
import { packageFile } from "../package-root.js";
import { nextStart } from "../schedules/plan.js";
import { runOnce } from "../schedules/run-once.js";
import { embeddedAccess, sharedAccess } from "../schedules/runs-access.js";
import { runStatuses, type RunStatus, type ScheduleRun } from "../schedules/runs.js";
import { runScanProcess } from "../schedules/scan-process.js";
import { commandOf, scheduleOf, type Schedule } from "../schedules/schedule.js";
import { createScheduler, type Execute, type RunsAccess } from "../schedules/scheduler.js";
import type { Store } from "../store/store.js";
import { dataDirOf } from "./data-dir.js";
import { addStoreFlags, collect } from "./options.js";
import { createOutput, type Output } from "./output.js";
import { renderRows } from "./rows.js";
import { settingsNamed } from "./scheduled-scan.js";
import { timeOf } from "./time.js";

interface StoreFlags {
  readonly config?: string;
  readonly dataDir?: string;
  readonly databaseUrl?: string;
}

interface ListFlags extends StoreFlags {
  readonly format: "table" | "json";
}

interface HistoryFlags extends ListFlags {
  readonly status?: RunStatus[];
  readonly from?: string;
  readonly to?: string;
  readonly limit: string;
}

interface RunFlags extends StoreFlags {
  readonly only?: string[];
  readonly parallel: string;
  readonly grace: string;
}

const examples = `
Examples:
  portcullis schedules list                    when each is due, and how its last run went
  portcullis schedules run                     start what is due, until it is stopped; on PostgreSQL any number of them
  portcullis schedules history nightly --status missed --status failed`;

export function addSchedulesCommand(program: Command): void {
  const schedules = program
    .command("schedules")
    .description("scans, and looks for drift, that start by themselves, as portcullis.yaml says under schedules")
    .addHelpText("after", examples);
  withStore(schedules.command("list"))
    .description("what is scheduled, when it is due, how its last run went")
    .addOption(formatOption())
    .action(list);
  withStore(schedules.command("history"))
    .description("what became of each due time, the latest first")
    .argument("[name]", "of one schedule")
    .addOption(new Option("--status <status>", "only these (repeatable)").choices(runStatuses).argParser(collectStatus))
    .option("--from <time>", "due from then on, such as 2026-01-31 or 2026-01-31T12:00:00Z")
    .option("--to <time>", "due before")
    .option("--limit <n>", "at most so many", "100")
    .addOption(formatOption())
    .action(history);
  withStore(schedules.command("trigger"))
    .description("run one now; the exit code is the scan's")
    .argument("<name>")
    .action(async (name: string, flags: StoreFlags) => {
      process.exitCode = await trigger(name, flags);
    });
  withStore(schedules.command("run"))
    .description("start what is due, until SIGTERM or Ctrl-C")
    .option("--only <name>", "only this schedule (repeatable)", collect)
    .option("--parallel <n>", "scans at once; others wait for their turn", "2")
    .option("--grace <seconds>", "how long a stop waits for the scans that run", "30")
    .action(run);
}

function withStore(command: Command): Command {
  return addStoreFlags(command).option("--config <file>", "configuration (default: portcullis.yaml, when there)");
}

function formatOption(): Option {
  return new Option("--format <name>").choices(["table", "json"]).default("table");
}

function collectStatus(value: string, previous: RunStatus[] | undefined): RunStatus[] {
  const status = runStatuses.find((one) => one === value);
  if (status !== undefined) return [...(previous ?? []), status];
  throw new PortcullisError("usage", `--status ${value}: expected one of ${runStatuses.join(", ")}`);
}

async function list(flags: ListFlags): Promise<void> {
  const config = configOf(flags);
  const schedules = (config.schedules ?? []).map(scheduleOf);
  const store = await openConfiguredStore(storeOf(flags, config));
  try {
    const states = await store.schedules.states();
    const now = await store.schedules.now();
    const listed: Listed[] = [];
    for (const schedule of schedules) {
      const state = states.get(schedule.name);
      const next = nextStart(schedule, state === undefined ? now : new Date(state.considered));
      const lastRun = state === undefined ? await onlyTriggered(store, schedule) : state.lastRun;
      listed.push({ ...shown(schedule), nextDue: next?.toISOString() ?? null, lastRun });
    }
    await print(flags.format === "json" ? JSON.stringify(listed, null, 2) : listedTable(listed));
  } finally {
    await store.close();
  }
}

/** The latest run of a schedule that no scheduler has looked at. */
async function onlyTriggered({ schedules }: Pick<Store, "schedules">, { name }: Schedule): Promise<ScheduleRun | null> {
  const { runs } = await schedules.list({ schedule: name, statuses: [], limit: 1 });
  return runs[0] ?? null;
}

function shown({ name, cron, timeZone, catchUp, jitterMs, settings }: Schedule) {
  const { scan, drift } = settings;
  const does = drift === undefined ? "scan" : "drift";
  const provider = scan?.provider ?? [drift?.provider ?? "aws"];
  return { name, does, cron, timeZone, catchUp, jitterSeconds: jitterMs / 1_000, provider };
}

type Listed = ReturnType<typeof shown> & { readonly nextDue: string | null; readonly lastRun: ScheduleRun | null };

function listedTable(listed: readonly Listed[]): string {
  const rows = listed.map(({ name, cron, timeZone, nextDue, lastRun }) => [
    name,
    `${cron} (${timeZone})`,
    nextDue ?? "never",
    lastRun === null ? "none" : `${lastRun.due} ${lastRun.status}`,
  ]);
  return renderRows(["schedule", "cron", "next", "last"], rows);
}

async function history(name: string | undefined, flags: HistoryFlags): Promise<void> {
  const limit = wholeNumber("--limit", flags.limit, [1, 10_000]);
  const range = {
    ...(flags.from === undefined ? {} : { from: timeOf("--from", flags.from, systemClock.now()) }),
    ...(flags.to === undefined ? {} : { to: timeOf("--to", flags.to, systemClock.now()) }),
  };
  const store = await openConfiguredStore(storeOf(flags, configOf(flags)));
  try {
    const query = { ...range, ...(name === undefined ? {} : { schedule: name }), statuses: flags.status ?? [], limit };
    const { runs, next } = await store.schedules.list(query);
    await print(flags.format === "json" ? JSON.stringify(runs, null, 2) : historyTable(runs));
    if (next !== null) output().note("there are more; --limit shows up to 10000");
  } finally {
    await store.close();
  }
}

function historyTable(runs: readonly ScheduleRun[]): string {
  const rows = runs.map((run) => [
    run.schedule,
    run.due,
    run.kind,
    run.count === 1 ? run.status : `${run.status} (${run.count})`,
    run.durationMs === null ? "" : `${run.durationMs / 1_000} s`,
    run.exitCode === null ? "" : String(run.exitCode),
    run.attempt > 1 ? `attempt ${run.attempt}; ${run.message ?? ""}` : (run.message ?? ""),
  ]);
  return renderRows(["schedule", "due", "kind", "status", "took", "exit", "message"], rows);
}

async function trigger(name: string, flags: StoreFlags): Promise<number> {
  const config = configOf(flags);
  const schedule = scheduleOf(settingsNamed(config, name));
  const access = await accessOf(flags, config);
  const stop = new AbortController();
  onStop(() => {
    stop.abort();
  });
  try {
    const options = { access, replica: replicaName(), execute: executeWith(flags, config) };
    const outcome = await runOnce(schedule, options, stop.signal);
    if (outcome === null)
      throw new PortcullisError("usage", `schedule ${name} runs already; see: portcullis schedules history ${name}`);
    output().note(`schedule ${name}: ${outcome.status}${outcome.message === null ? "" : `: ${outcome.message}`}`);
    return outcome.exitCode ?? 3;
  } finally {
    await access.close();
  }
}

async function run(flags: RunFlags): Promise<void> {
  const config = configOf(flags);
  const parallel = wholeNumber("--parallel", flags.parallel, [1, 64]);
  const grace = wholeNumber("--grace", flags.grace, [0, 86_400]) * 1_000;
  const schedules = chosen(config, flags.only).map(scheduleOf);
  const out = output();
  const access = await accessOf(flags, config);
  const execute = executeWith(flags, config);
  const replica = replicaName();
  const note = (message: string): void => {
    out.note(`${systemClock.now().toISOString()} ${message}`);
  };
  const scheduler = createScheduler({ schedules, access, replica, execute, parallel, clock: systemClock, note });
  const stopped = new Promise<void>((resolve) => {
    onStop(resolve);
  });
  scheduler.start();
  note(`scheduler ${replica}: ${schedules.length} schedules`);
  const alive = setInterval(() => undefined, 60_000); // the process lives as long as it is not stopped
  await stopped;
  clearInterval(alive);
  note("stopping: nothing more is started; once more stops at once");
  onStop(() => process.exit(3));
  await scheduler.stop(grace);
}

function chosen(config: Config, only: readonly string[] | undefined) {
  const schedules = only === undefined ? (config.schedules ?? []) : only.map((name) => settingsNamed(config, name));
  if (schedules.length > 0) return schedules;
  throw new PortcullisError(
    "usage",
    "the configuration has no schedules: write some under schedules: in portcullis.yaml",
  );
}

function onStop(then: () => void): void {
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, then);
}

function configOf(flags: StoreFlags): Config {
  return loadConfig(flags.config ?? "portcullis.yaml", flags.config !== undefined);
}

function storeOf(flags: StoreFlags, config: Config) {
  return { databaseUrl: flags.databaseUrl, dataDir: dataDirOf(flags, config) };
}

function accessOf(flags: StoreFlags, config: Config): Promise<RunsAccess> {
  const store = storeOf(flags, config);
  const open = () => openConfiguredStore(store);
  if ((flags.databaseUrl ?? process.env["DATABASE_URL"]) !== undefined) return sharedAccess(open);
  return Promise.resolve(embeddedAccess(store.dataDir, open));
}

/** The address of the database goes by the environment: arguments can be read by every user of the machine. */
function executeWith(flags: StoreFlags, config: Config): Execute {
  const env = { ...process.env, ...(flags.databaseUrl === undefined ? {} : { DATABASE_URL: flags.databaseUrl }) };
  const file = flags.config === undefined ? [] : ["--config", flags.config];
  return (schedule, _run, signal) =>
    runScanProcess(
      {
        program: packageFile("dist", "src", "cli", "main.js"),
        args: [
          commandOf(schedule),
          "--schedule",
          schedule.name,
          ...file,
          "--data-dir",
          dataDirOf(flags, config),
          "--no-progress",
        ],
        env,
        timeoutMs: schedule.timeoutMs,
      },
      signal,
    );
}

function replicaName(): string {
  return `${hostname()}:${process.pid}:${systemClock.newId().slice(0, 8)}`;
}

function wholeNumber(flag: string, text: string, [least, most]: readonly [number, number]): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new PortcullisError("usage", `${flag} ${text}: expected a whole number from ${least} to ${most}`);
}

function output(): Output {
  return createOutput({ color: true, progress: false, quiet: false });
}

function print(text: string): Promise<void> {
  return output().result(text, null);
}
