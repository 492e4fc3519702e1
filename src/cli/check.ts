import { Option, type Command } from "commander";
import { inputTypes, type InputType } from "../../scanners/code/detect.js";
import { readCode } from "../../scanners/code/index.js";
import { openConfiguredStore, prepareRun } from "../compose.js";
import { runChecks } from "../compliance/run.js";
import { readWaiverFiles } from "../compliance/waiver-file.js";
import { PortcullisError } from "../errors.js";
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
import { createOutput } from "./output.js";
import { reportTargets, writeReports } from "./write-report.js";

export interface CodeFlags {
  readonly inputType?: InputType;
  readonly varFile?: string[];
  readonly var?: string[];
  readonly parameter?: string[];
  readonly region?: string;
  readonly maxInput?: string;
}

type CheckFlags = CommonFlags & CodeFlags;

const examples = `
Examples:
  portcullis check infra/                                 Terraform, CloudFormation and Kubernetes below a folder
  terraform show -json plan.out | portcullis check -      a plan, from a pipe
  portcullis check --baseline pci-dss-4.0.1 plan.json     with the status of each control
  portcullis check --format sarif --output out.sarif .    for code scanning
  portcullis check --policy policy/ --no-default-policies deploy.yaml   your conftest policies, unchanged

Exit codes: 0 nothing at or above --fail-on, 1 something, 2 wrong usage or unreadable input, 3 incomplete.`;

export function addCheckCommand(program: Command): void {
  const command = program
    .command("check")
    .description("check infrastructure code or plans before they are applied")
    .argument("<path...>", "files or folders; - reads standard input")
    .addOption(new Option("--input-type <type>", "instead of detecting it").choices(inputTypes))
    .option("--var-file <file>", "Terraform variables (repeatable)", collect)
    .option("--var <name=value>", "a Terraform variable (repeatable)", collect)
    .option("--parameter <name=value>", "a CloudFormation parameter (repeatable)", collect)
    .option("--region <region>", "the region that CloudFormation templates are meant for")
    .option("--max-input <size>", "largest file to read, such as 300MiB (default: 100MiB)");
  addTerminalFlags(addStoreFlags(addReportFlags(addPolicyFlags(command))))
    .addHelpText("after", examples)
    .action(async (paths: string[], flags: CheckFlags) => {
      process.exitCode = await check(paths, flags);
    });
}

async function check(paths: readonly string[], flags: CheckFlags): Promise<number> {
  const settings = settingsOf(flags);
  const targets = reportTargets(settings);
  const output = createOutput({ color: flags.color, progress: flags.progress, quiet: flags.quiet ?? false });
  const waivers = await readWaiverFiles(settings.waiverFiles);
  const run = await prepareRun(settings);
  try {
    const items = readCode(paths, codeOptions(flags, settings, run.evaluation.hasDocumentPolicies));
    const { report, problems } = await withStoredWaivers(flags, settings, async (store) => {
      const stored = (await store?.waivers.approved()) ?? [];
      const result = await runChecks(items, {
        ...run,
        ...settings,
        waivers: [...waivers, ...stored],
        command: "check",
        targets: paths,
        progress: output.progress,
      });
      await store?.waivers.bind(result.bindings);
      return result;
    });
    await writeReports(report, targets, settings, output);
    return exitCodeOf(report, problems, settings.failOnUnknown);
  } finally {
    await run.packs?.close();
  }
}

/** A check opens a store only when it is told which: it needs none for the rest. */
async function withStoredWaivers<T>(
  flags: CheckFlags,
  { config }: Settings,
  work: (store: Store | null) => Promise<T>,
): Promise<T> {
  const { databaseUrl, dataDir } = flags;
  if (databaseUrl === undefined && dataDir === undefined) return work(null);
  const store = await openConfiguredStore({ databaseUrl, dataDir: dataDirOf(flags, config) });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

export function codeOptions(flags: CodeFlags, settings: Settings, documents: boolean): Parameters<typeof readCode>[1] {
  return {
    ...(flags.inputType === undefined ? {} : { inputType: flags.inputType }),
    ...(flags.maxInput === undefined ? {} : { maxBytes: parseSize(flags.maxInput) }),
    documents,
    varFiles: flags.varFile ?? settings.config.varFile ?? [],
    variables: pairs("--var", flags.var),
    parameters: pairs("--parameter", flags.parameter),
    region: flags.region ?? null,
    stdin: process.stdin,
  };
}

function pairs(flag: string, values: readonly string[] = []): Record<string, string> {
  const entries = values.map((value) => {
    const at = value.indexOf("=");
    if (at < 1) throw new PortcullisError("usage", `${flag} ${value}: expected NAME=VALUE`);
    return [value.slice(0, at), value.slice(at + 1)] as const;
  });
  return Object.fromEntries(entries);
}

const units: Readonly<Record<string, number>> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

export function parseSize(text: string): number {
  const match = /^(\d{1,12})\s*([kmg]?)(i?b)?$/i.exec(text.trim());
  const size = Number(match?.[1]) * (units[match?.[2]?.toLowerCase() ?? ""] ?? Number.NaN);
  if (match === null || !(size > 0))
    throw new PortcullisError("usage", `--max-input ${text}: expected a size such as 300MiB`);
  return size;
}
