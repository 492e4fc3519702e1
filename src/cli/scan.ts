import { Option, type Command } from "commander";
import {
  openConfiguredStore,
  prepareRun,
  scanProvider,
  scanProviders,
  type Run,
  type ScanProvider,
} from "../compose.js";
import { policyVersions } from "../compliance/policy-versions.js";
import { readWaiverFiles } from "../compliance/waiver-file.js";
import { withTrend } from "../compliance/trend.js";
import { PortcullisError } from "../errors.js";
import { distributedScan, scanInThisProcess, type EndedScan } from "../scanning/distributed-scan.js";
import { policyDigest } from "../scanning/policy-digest.js";
import { recordedScan } from "../scanning/recorded-scan.js";
import { workerDefaults } from "../scanning/worker-settings.js";
import type { Store } from "../store/store.js";
import { dataDirOf } from "./data-dir.js";
import { exitCodeOf } from "./exit-code.js";
import {
  addPolicyFlags,
  addReportFlags,
  addStoreFlags,
  addTerminalFlags,
  collect,
  settingsOf,
  type CommonFlags,
  type Settings,
} from "./options.js";
import { createOutput, type Output } from "./output.js";
import { endWithScheduler, tellScheduler, withSchedule } from "./scheduled-scan.js";
import { reportTargets, writeReports } from "./write-report.js";

export interface ScanFlags extends CommonFlags {
  readonly provider: string[];
  readonly account?: string[];
  readonly region?: string[];
  readonly endpointUrl?: string;
  readonly roleName?: string;
  readonly service?: string[];
  readonly concurrency: string;
  readonly awsConfig: boolean;
  readonly schedule?: string;
  readonly distributed?: boolean;
}

const examples = `
Examples:
  portcullis scan --provider aws                                  the account and region of your AWS configuration
  portcullis scan --provider aws --region us-east-1 --region eu-west-1
  portcullis scan --provider aws --account 111122223333 --role-name Auditor
  portcullis scan --provider sample --baseline pci-dss-4.0.1      the estate that ships with portcullis
  portcullis scan --provider aws --distributed --database-url ..  by the processes that run portcullis worker
  portcullis scan --provider aws --endpoint-url http://127.0.0.1:5000    a test server

Exit codes: 0 nothing at or above --fail-on, 1 something, 2 wrong usage, 3 incomplete (a call was refused).`;

export function addScanCommand(program: Command): void {
  const command = program
    .command("scan")
    .description("scan live inventory, judge it, and keep the findings")
    .addOption(
      new Option("--provider <name>", `${scanProviders.join(", ")} (repeatable)`).default([]).argParser(collectList),
    )
    .option("--account <id>", "accounts to scan (repeatable; default: the caller's)", collect)
    .option(
      "--region <name>",
      "regions to scan (repeatable; default: as configured, else all that are enabled)",
      collect,
    )
    .option("--service <name>", "only these services, such as s3 (repeatable)", collect)
    .option("--role-name <name>", "role to assume in other accounts")
    .option("--endpoint-url <url>", "another endpoint for every service")
    .option("--no-aws-config", "ask the services themselves also where an AWS Config recorder runs")
    .option("--concurrency <n>", "service calls under way at once", "8")
    .option("--distributed", "in pieces, by the workers that share the database")
    .option("--schedule <name>", "scan what a schedule of the configuration says, under its name");
  addTerminalFlags(addStoreFlags(addReportFlags(addPolicyFlags(command))))
    .addHelpText("after", examples)
    .action(async (flags: ScanFlags) => {
      process.exitCode = await scan(withSchedule(flags));
    });
}

function collectList(value: string, previous: string[]): string[] {
  return [...previous, ...value.split(",").filter((part) => part !== "")];
}

async function scan(flags: ScanFlags): Promise<number> {
  endWithScheduler();
  const settings = settingsOf(flags);
  const targets = reportTargets(settings);
  const providers = providersOf(flags.provider);
  const output = createOutput({ color: flags.color, progress: flags.progress, quiet: flags.quiet ?? false });
  const run = await prepareRun(settings);
  try {
    return await scanWith(run, { flags, settings, targets, providers, output });
  } finally {
    await run.packs?.close();
  }
}

interface ScanTask {
  readonly flags: ScanFlags;
  readonly settings: Settings;
  readonly targets: ReturnType<typeof reportTargets>;
  readonly providers: readonly ScanProvider[];
  readonly output: Output;
}

async function scanWith(run: Run, task: ScanTask): Promise<number> {
  const { flags, settings, targets, providers, output } = task;
  const store = await openConfiguredStore({
    databaseUrl: flags.databaseUrl,
    dataDir: dataDirOf(flags, settings.config),
    config: settings.config,
  });
  try {
    const done = flags.distributed === true ? await scanSplit(store, run, task) : await scanHere(store, run, task);
    tellScheduler({ scan: done.id });
    const scans = await store.history.latest(providers, scansInTrend);
    await writeReports(withTrend(done.report, scans, run.baselines), targets, settings, output);
    const { opened, reopened, resolved, open } = done.outcome;
    output.note(`findings: ${opened} new, ${reopened} reopened, ${resolved} resolved, ${open} open`);
    return exitCodeOf(done.report, done.problems, settings.failOnUnknown);
  } finally {
    await store.close();
  }
}

/** In this process, in one piece. */
async function scanHere(store: Store, run: Run, task: ScanTask): Promise<EndedScan> {
  const { flags, settings, providers, output } = task;
  const waivers = [...(await readWaiverFiles(settings.waiverFiles)), ...(await store.waivers.approved())];
  const recording = await store.beginScan({
    targets: providers,
    complete: flags.service === undefined,
    version: run.version,
    policies: policyVersions(run.policies, run.documentPolicies),
    notify: output.note,
    ownerOf: settings.ownerOf,
    ...(flags.schedule === undefined ? {} : { schedule: flags.schedule }),
  });
  const items = scanProvider(providers, {
    accounts: flags.account ?? [],
    regions: flags.region ?? null,
    services: flags.service ?? [],
    roleName: flags.roleName ?? null,
    endpointUrl: flags.endpointUrl ?? null,
    useConfig: flags.awsConfig,
    concurrency: concurrencyOf(flags.concurrency),
    clock: run.clock,
    progress: output.progress,
  });
  const options = { ...run, ...settings, waivers, targets: providers, progress: output.progress };
  return recordedScan(items, options, { store, recording });
}

/** In pieces, by workers: those that share the database, or one in this process where the store is the embedded one. */
async function scanSplit(store: Store, run: Run, task: ScanTask): Promise<EndedScan> {
  const { flags, settings, providers, output } = task;
  const isShared = (flags.databaseUrl ?? process.env["DATABASE_URL"]) !== undefined;
  refuseWithWorkers(flags, isShared);
  const concurrency = concurrencyOf(flags.concurrency);
  const { config, waiverFiles, baseline, severity, failOn, all } = settings;
  const { roles, scanTimeoutMs } = workerDefaults(config.workers);
  const request = {
    providers: [...providers],
    ...{ accounts: flags.account ?? [], regions: flags.region ?? null, services: flags.service ?? [] },
    ...{ roleName: flags.roleName ?? roles[0] ?? null, useConfig: flags.awsConfig },
    ...{ baselines: [...baseline], severity, failOn, all },
  };
  const scan = {
    ...{ request, policies: policyDigest(run, config), version: run.version },
    ...{ schedule: flags.schedule ?? null, actor: null, timeLimitMs: scanTimeoutMs },
  };
  const waiting = { store, scan, note: output.note, progress: output.progress };
  if (isShared) return distributedScan(waiting);
  const own = { endpointUrl: flags.endpointUrl ?? null, concurrency };
  return scanInThisProcess(waiting, { store, run, config, waiverFiles, own });
}

function refuseWithWorkers(flags: ScanFlags, isShared: boolean): void {
  const refuse = (flag: string, why: string): never => {
    throw new PortcullisError("usage", `${flag} does not go with --distributed: ${why}`);
  };
  if (flags.explain === true) refuse("--explain", "what each verdict read is not kept");
  if (isShared && flags.endpointUrl !== undefined)
    refuse("--endpoint-url", "workers use their own, workers.endpointUrl of the configuration");
}

/** As many as a chart shows well. */
const scansInTrend = 30;

function providersOf(names: readonly string[]): readonly ScanProvider[] {
  const isKnown = (name: string): name is ScanProvider => (scanProviders as readonly string[]).includes(name);
  const unknown = names.find((name) => !isKnown(name));
  if (unknown !== undefined)
    throw new PortcullisError("usage", `--provider ${unknown}: expected ${scanProviders.join(" or ")}`);
  if (names.length === 0)
    throw new PortcullisError("usage", `say what to scan: --provider ${scanProviders.join(" or ")}`);
  return [...new Set(names.filter(isKnown))];
}

function concurrencyOf(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 64) return value;
  throw new PortcullisError("usage", `--concurrency ${text}: expected a whole number from 1 to 64`);
}
