// `portcullis drift`: what runs against what was wanted.
import { Option, type Command } from "commander";
import { defaultMaximumBytes } from "../../scanners/code/files.js";
import { scanProviders, type ScanProvider } from "../compose.js";
import { loadConfig } from "../config.js";
import { PortcullisError } from "../errors.js";
import { attributions } from "../inventory/drift/change-history.js";
import { systemClock } from "../clock.js";
import type { DriftRequest } from "../open-drift.js";
import { addDriftListCommands } from "./drift-list.js";
import { addDriftSnapshotCommand } from "./drift-snapshot.js";
import { announceDrift } from "./drift-events.js";
import { parseSize } from "./check.js";
import { driftExitCode, renderDrift, type DriftReport } from "./drift-report.js";
import { addStoreFlags, addTerminalFlags, collect } from "./options.js";
import { doubtOf, recordedDrift, withDriftSchedule } from "./scheduled-drift.js";
import { createOutput } from "./output.js";
import { openConfiguredStore } from "../compose.js";
import type { Store } from "../store/store.js";
import { dataDirOf } from "./data-dir.js";

export interface DriftFlags {
  readonly desired?: string[];
  readonly provider: ScanProvider;
  readonly account?: string[];
  readonly region?: string[];
  readonly service?: string[];
  readonly roleName?: string;
  readonly endpointUrl?: string;
  readonly managedOnly?: boolean;
  readonly maxInput?: string;
  readonly who: boolean;
  readonly announce?: boolean;
  readonly schedule?: string;
  readonly config?: string;
  readonly format: "table" | "json" | "markdown";
  readonly output?: string;
  readonly dataDir?: string;
  readonly databaseUrl?: string;
  readonly color: boolean;
  readonly progress: boolean;
  readonly quiet?: boolean;
}

const examples = `
Examples:
  portcullis drift --desired terraform.tfstate --provider aws --region eu-west-1
  terraform show -json > state.json; portcullis drift --desired state.json
  portcullis drift --desired .pulumi --managed-only --format json
  portcullis drift --desired snapshot:after-audit
  portcullis drift --schedule nightly-drift    what the configuration says under schedules; kept, and told once
  portcullis drift list                        what the last look of each schedule found

Exit codes: 0 no drift, 1 drift, 2 wrong usage or a state that cannot be read, 3 something could not be looked at.`;

export function addDriftCommand(program: Command): void {
  const command = program
    .command("drift")
    .description("compare what runs with Terraform's or Pulumi's state, or with an approved snapshot")
    .option("--desired <path>", "a state, a plan, a folder of them, or snapshot:NAME (repeatable)", collect)
    .addOption(new Option("--provider <name>", "where to look").choices(scanProviders).default("aws"))
    .option("--account <id>", "accounts to look at (repeatable; default: the caller's)", collect)
    .option("--region <name>", "regions to look at (repeatable)", collect)
    .option("--service <name>", "only these services, such as s3 (repeatable)", collect)
    .option("--role-name <name>", "role to assume in other accounts")
    .option("--endpoint-url <url>", "another endpoint for every service")
    .option("--managed-only", "leave out what no state has")
    .option("--max-input <size>", "largest state to read, such as 300MiB (default: 100MiB)")
    .option("--no-who", "do not ask CloudTrail who changed it")
    .option("--announce", "tell others of drift that they were not told of before")
    .option("--schedule <name>", "look for what a schedule of the configuration says, under its name")
    .option("--config <file>", "configuration (default: portcullis.yaml, when there)")
    .addOption(
      new Option("--format <name>", "table, json or markdown").choices(["table", "json", "markdown"]).default("table"),
    )
    .option("--output <file>", "write to a file");
  addTerminalFlags(addStoreFlags(command))
    .addHelpText("after", examples)
    .action(async (flags: DriftFlags) => {
      process.exitCode = await drift(withDriftSchedule(flags));
    });
  addDriftSnapshotCommand(command);
  addDriftListCommands(command);
}

async function drift(flags: DriftFlags): Promise<number> {
  const desired = flags.desired ?? [];
  if (desired.length === 0)
    throw new PortcullisError("usage", "say what is wanted: --desired FILE, FOLDER or snapshot:NAME");
  const output = createOutput({ color: flags.color, progress: flags.progress, quiet: flags.quiet ?? false });
  const config = loadConfig(flags.config ?? "portcullis.yaml", flags.config !== undefined);
  let opened: Promise<Store> | undefined;
  const store = (): Promise<Store> =>
    (opened ??= openConfiguredStore({ databaseUrl: flags.databaseUrl, dataDir: dataDirOf(flags, config), config }));
  try {
    const request = requestOf(flags, { desired, progress: output.progress, store: async () => (await store()).drift });
    const look = (): Promise<DriftReport> => lookFor(request, flags.who);
    const { schedule } = flags;
    const report =
      schedule === undefined
        ? await look()
        : await recordedDrift(await store(), { schedule, estate: estateOf(flags, desired) }, look);
    const doubt = schedule === undefined ? null : doubtOf(report);
    if (doubt !== null) output.note(doubt); // what starts it reads standard error
    await output.result(renderDrift(report, flags.format), flags.output ?? null);
    if (flags.announce === true) output.note(await announceDrift(await store(), report, estateOf(flags, desired)));
    return driftExitCode(report);
  } finally {
    await (await opened?.catch(() => undefined))?.close();
  }
}

async function lookFor(request: DriftRequest, who: boolean): Promise<DriftReport> {
  const { findDrift, withHistory } = await import("../open-drift.js");
  const outcome = await findDrift(request);
  const by = who ? await withHistory(request, (history) => attributions(outcome.drift, history)) : new Map();
  return { ...outcome, who: by };
}

/** What was looked at and with what it was compared: another view of it resolves nothing that was told of this one. */
function estateOf(flags: DriftFlags, desired: readonly string[]): readonly string[] {
  const { account = [], region = [], service = [], managedOnly = false } = flags;
  const scope = [account, region, service].map((names) => [...names].sort().join(","));
  const isNarrow = managedOnly || scope.some((names) => names !== "");
  return [flags.provider, ...desired, ...(isNarrow ? [JSON.stringify([...scope, managedOnly])] : [])];
}

type Ports = Pick<DriftRequest, "desired" | "store"> & { readonly progress: (message: string) => void };

function requestOf(flags: DriftFlags, { desired, progress, store }: Ports): DriftRequest {
  return {
    ...{
      desired,
      store,
      maxBytes: flags.maxInput === undefined ? defaultMaximumBytes : parseSize(flags.maxInput),
      provider: flags.provider,
    },
    managedOnly: flags.managedOnly ?? false,
    options: {
      ...{ accounts: flags.account ?? [], regions: flags.region ?? null, services: flags.service ?? [] },
      ...{ roleName: flags.roleName ?? null, endpointUrl: flags.endpointUrl ?? null },
      // AWS Config may be hours behind; who asks for drift wants what is there now.
      ...{ useConfig: false, concurrency: 8, clock: systemClock, progress },
    },
  };
}
