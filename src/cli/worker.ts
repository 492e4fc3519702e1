import { Option, type Command } from "commander";
import { openBus, openConfiguredStore, prepareRun } from "../compose.js";
import type { Config } from "../config.js";
import { PortcullisError } from "../errors.js";
import type { EventBus } from "../events/bus.js";
import { logLevels, type LogLevel } from "../observability/log-level.js";
import type { Metrics } from "../observability/metrics.js";
import { startTelemetry } from "../observability/telemetry.js";
import { createWorker } from "../scanning/create-worker.js";
import { workerDefaults } from "../scanning/worker-settings.js";
import type { Worker } from "../scanning/worker.js";
import type { Store } from "../store/store.js";
import { dataDirOf } from "./data-dir.js";
import { addPolicyFlags, addStoreFlags, settingsOf, type CommonFlags } from "./options.js";

interface WorkerFlags extends CommonFlags {
  readonly concurrency?: string;
  readonly metricsPort?: string;
  readonly logLevel?: LogLevel;
}

const examples = `
Examples:
  portcullis worker --database-url postgres://portcullis@db/portcullis        one more worker for scans
  DATABASE_URL=... portcullis worker --concurrency 8 --config portcullis.yaml

All workers of a database need the same policies, parameters and version: a scan is left to those that have what it was asked for
with. SIGTERM hands back what is under way, so that another worker does it.`;

export function addWorkerCommand(program: Command): void {
  const command = program
    .command("worker")
    .description("one more worker: takes pieces of scans, reads and judges them")
    .option("--concurrency <n>", "pieces at once (default: workers.concurrency, or 4)")
    .option("--metrics-port <n>", "serve /metrics and /healthz there; 0 is any that is free (default: workers.metrics)")
    .addOption(
      new Option("--log-level <level>", "what is logged, to standard error (default: info)").choices(logLevels),
    );
  addStoreFlags(addPolicyFlags(command)).addHelpText("after", examples).action(work);
}

async function work(flags: WorkerFlags): Promise<void> {
  const databaseUrl = flags.databaseUrl ?? process.env["DATABASE_URL"];
  if (databaseUrl === undefined)
    throw new PortcullisError(
      "usage",
      "workers share a PostgreSQL database: name it with --database-url or DATABASE_URL (a scan that is split in one process needs none: portcullis scan --distributed)",
    );
  // The wish to stop may come before there is anything to stop.
  const stopped = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, resolve);
  });
  const settings = settingsOf({ ...flags, color: false, progress: false });
  const own = flags.concurrency === undefined ? {} : { concurrency: concurrencyOf(flags.concurrency) };
  const config = { ...settings.config, workers: { ...settings.config.workers, ...own } };
  const watched = watchedAt(flags, config);
  const run = await prepareRun(settings);
  const { log, metrics, tracing } = await startTelemetry({
    ...{ settings: config.telemetry, level: flags.logLevel, version: run.version },
    ...{ process: "worker", environment: process.env },
  });
  const store = await openConfiguredStore({ databaseUrl, dataDir: dataDirOf(flags, config), config });
  const bus = await openBus(config.events, log);
  const { waiverFiles } = settings;
  const worker = await createWorker({ store, bus, run, config, log, waiverFiles, metrics });
  const watching = await watch(watched, { metrics, store, bus, worker }).catch(async (error: unknown) => {
    for (const close of [() => bus.close(), () => store.close(), () => run.packs?.close()]) await close();
    throw error;
  });
  if (watching !== null) log.info(`metrics are at http://${watching.address}/metrics`);
  await worker.start();
  log.info(`worker ${process.pid} takes shards (${bus.kind})`);
  const alive = setInterval(() => undefined, 60_000); // the process lives as long as it is not stopped
  log.info(`${await stopped}: takes nothing new`);
  process.once("SIGINT", () => process.exit(3));
  clearInterval(alive);
  await worker.stop(workerDefaults(config.workers).graceMs);
  await watching?.server.stop();
  await bus.close();
  await store.close();
  await run.packs?.close();
  await tracing.stop(3_000);
  log.info("stopped");
  process.exit(0); // a call that hangs must not hold the process
}

/** Null: nobody watches. */
function watchedAt({ metricsPort }: WorkerFlags, { workers }: Config): { host: string; port: number } | null {
  const { host = "127.0.0.1", port } = workers?.metrics ?? {};
  const own = metricsPort === undefined ? port : portOf(metricsPort);
  return own === undefined ? null : { host, port: own };
}

interface WatchedParts {
  readonly metrics: Metrics;
  readonly store: Store;
  readonly bus: EventBus;
  readonly worker: Worker;
}

/** Until the process ends; it goes on answering while the worker drains. */
async function watch(at: ReturnType<typeof watchedAt>, { metrics, store, bus, worker }: WatchedParts) {
  if (at === null) return null;
  const [{ createScrape }, { startWatchServer }] = await Promise.all([
    import("../observability/scrape.js"),
    import("../observability/watch-server.js"),
  ]);
  const broker = () => bus.check();
  const scrape = createScrape({ metrics, parts: [worker], store: () => store.gauges(), broker });
  const server = await startWatchServer({ ...at, scrape });
  const host = at.host.includes(":") ? `[${at.host}]` : at.host;
  return { server, address: `${host}:${server.port}` };
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new PortcullisError("usage", `--metrics-port ${text}: expected a whole number from 0 to 65535`);
}

function concurrencyOf(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 64) return value;
  throw new PortcullisError("usage", `--concurrency ${text}: expected a whole number from 1 to 64`);
}
