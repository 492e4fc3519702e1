import { Option, type Command } from "commander";
import { formats } from "../../reports/index.js";
import type { OwnerOf } from "../compliance/owners.js";
import type { SuppressionMode } from "../compliance/suppressions.js";
import { loadConfig, ownersOf, packsOf, parametersOf, type Config } from "../config.js";
import type { PackSettings } from "../engine/crossguard/load-packs.js";
import { severities, type Severity } from "../engine/policy.js";
import { engineNames, type EngineName } from "../engine/rego/engine.js";
import { PortcullisError } from "../errors.js";
import { isAccount, isRegion } from "../integrations/security-hub/asff.js";
import type { JsonObject } from "../json.js";

/** Flags that more than one command has, as commander gives them. */
export interface CommonFlags {
  readonly policy?: string[];
  readonly baseline?: string[];
  readonly namespace?: string[];
  readonly allNamespaces?: boolean;
  readonly regoVersion?: "auto" | "v0" | "v1";
  readonly defaultPolicies: boolean;
  readonly engine?: EngineName;
  readonly format?: string;
  readonly output?: string;
  readonly report?: string[];
  readonly severity?: Severity;
  readonly failOn?: Severity;
  readonly failOnUnknown?: boolean;
  readonly explain?: boolean;
  readonly defaultAccount?: string;
  readonly defaultRegion?: string;
  readonly all?: boolean;
  readonly config?: string;
  readonly dataDir?: string;
  readonly databaseUrl?: string;
  readonly waivers?: string[];
  readonly quiet?: boolean;
  readonly color: boolean;
  readonly progress: boolean;
}

/** Flags over configuration file over defaults. */
export interface Settings {
  readonly policy: readonly string[];
  readonly policyPacks: readonly PackSettings[];
  readonly baseline: readonly string[];
  readonly namespaces: readonly string[];
  readonly regoVersion: "auto" | "v0" | "v1";
  readonly defaultPolicies: boolean;
  readonly engine: EngineName;
  readonly format: string;
  readonly output: string | null;
  /** More reports, as FORMAT=FILE. */
  readonly reports: readonly string[];
  readonly severity: Severity;
  readonly failOn: Severity;
  readonly failOnUnknown: boolean;
  readonly explain: boolean;
  /** AWS account and region of resources that have none, for formats that need them. */
  readonly place: { readonly account: string | null; readonly region: string | null };
  readonly waiverFiles: readonly string[];
  readonly suppressions: SuppressionMode;
  readonly ownerOf: OwnerOf;
  readonly incremental: boolean;
  readonly all: boolean;
  readonly parameters: JsonObject;
  readonly config: Config;
}

export function collect(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

export function addPolicyFlags(command: Command): Command {
  return command
    .option("--policy <path>", "policies of your own: a folder, a file, or a Pulumi policy pack (repeatable)", collect)
    .option("--namespace <name>", 'packages with conftest rules to run (repeatable; default "main")', collect)
    .option("--all-namespaces", "run the conftest rules of every package")
    .addOption(new Option("--rego-version <version>", "how to read your own Rego").choices(["auto", "v1", "v0"]))
    .option("--no-default-policies", "leave the shipped policies out")
    .addOption(new Option("--engine <name>", "what evaluates Rego (default: js)").choices(engineNames))
    .option("--config <file>", "configuration (default: portcullis.yaml, when there)");
}

export function addReportFlags(command: Command): Command {
  return command
    .option("--waivers <file>", "approved exceptions of a file (repeatable)", collect)
    .option("--baseline <id>", "show the status of each control of a baseline (repeatable)", collect)
    .option("--format <name>", `${formats.map(({ name }) => name).join(", ")} (default: table)`)
    .option("--output <file>", "write the result to a file")
    .option("--report <format=file>", "one more report, such as html=report.html (repeatable)", collect)
    .addOption(new Option("--severity <level>", "leave out what is less severe").choices(severities))
    .addOption(new Option("--fail-on <level>", "exit 1 from this severity up (default: low)").choices(severities))
    .option("--fail-on-unknown", "exit 1 on unknown verdicts too")
    .option("--all", "list passes too")
    .option("--default-account <id>", "for asff: the AWS account of resources that have none, as in code")
    .option("--default-region <name>", "for asff: the region of resources that have none")
    .option("--explain", "what each verdict read, and where it stands in the file");
}

export function addTerminalFlags(command: Command): Command {
  return command
    .option("--quiet", "nothing on standard error but errors")
    .option("--no-color", "no colours (nor with NO_COLOR set)")
    .option("--no-progress", "no progress line");
}

export function addStoreFlags(command: Command): Command {
  return command
    .option("--data-dir <dir>", "folder of the embedded store (default: in your data folder)")
    .option("--database-url <url>", "PostgreSQL instead of the embedded store (default: $DATABASE_URL)");
}

export function placeOf(flags: Pick<CommonFlags, "defaultAccount" | "defaultRegion">): Settings["place"] {
  const { defaultAccount: account = null, defaultRegion: region = null } = flags;
  if (account !== null && !isAccount(account))
    throw new PortcullisError("usage", `--default-account ${account}: expected 12 digits`);
  if (region !== null && !isRegion(region))
    throw new PortcullisError("usage", `--default-region ${region}: expected a region such as eu-west-1`);
  return { account, region };
}

export function settingsOf(flags: CommonFlags): Settings {
  const config = loadConfig(flags.config ?? "portcullis.yaml", flags.config !== undefined);
  return {
    policy: flags.policy ?? config.policy ?? [],
    policyPacks: packsOf(config),
    baseline: flags.baseline ?? config.baseline ?? [],
    namespaces: flags.allNamespaces === true ? ["*"] : (flags.namespace ?? config.namespace ?? ["main"]),
    regoVersion: flags.regoVersion ?? config.regoVersion ?? "auto",
    defaultPolicies: flags.defaultPolicies && (config.defaultPolicies ?? true),
    engine: flags.engine ?? config.engine ?? "js",
    format: flags.format ?? config.format ?? "table",
    output: flags.output ?? null,
    reports: flags.report ?? [],
    severity: flags.severity ?? config.severity ?? "info",
    failOn: flags.failOn ?? config.failOn ?? "low",
    failOnUnknown: flags.failOnUnknown ?? config.failOnUnknown ?? false,
    explain: flags.explain ?? false,
    place: placeOf(flags),
    waiverFiles: flags.waivers ?? config.waivers ?? [],
    suppressions: config.suppressions ?? "allow",
    ownerOf: ownersOf(config),
    incremental: false, // a command scans once
    all: flags.all ?? false,
    parameters: parametersOf(config),
    config,
  };
}
