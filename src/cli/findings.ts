import { Option, type Command } from "commander";
import { openConfiguredStore } from "../compose.js";
import { loadConfig } from "../config.js";
import { severities, type Severity } from "../engine/policy.js";
import { PortcullisError } from "../errors.js";
import { printable } from "../printable.js";
import type { Finding } from "../store/findings.js";
import { dataDirOf } from "./data-dir.js";
import { addFindingsSendCommand } from "./findings-send.js";
import { addStoreFlags } from "./options.js";
import { createOutput } from "./output.js";
import { renderRows } from "./rows.js";

interface StoreFlags {
  readonly dataDir?: string;
  readonly databaseUrl?: string;
  readonly format: "table" | "json";
}

interface ListFlags extends StoreFlags {
  readonly status: "open" | "resolved" | "all";
  readonly severity?: Severity;
  readonly policyId?: string;
  readonly resource?: string;
  readonly limit: string;
}

const maximumLimit = 10_000;

export function addFindingsCommand(program: Command): void {
  const findings = program.command("findings").description("what scans found, over time");
  addStoreFlags(findings.command("list"))
    .description("findings, the most severe first")
    .addOption(new Option("--status <status>").choices(["open", "resolved", "all"]).default("open"))
    .addOption(new Option("--severity <level>", "this severe, or more").choices(severities))
    .option("--policy-id <id>", "of one policy")
    .option("--resource <id>", "of one resource")
    .option("--limit <n>", "at most so many", "100")
    .addOption(new Option("--format <name>").choices(["table", "json"]).default("table"))
    .addHelpText("after", "\nExample:\n  portcullis findings list --severity high --format json")
    .action(list);
  addFindingsSendCommand(findings);
  addStoreFlags(findings.command("show"))
    .description("one finding, by its fingerprint or the start of it")
    .argument("<fingerprint>")
    .addOption(new Option("--format <name>").choices(["table", "json"]).default("table"))
    .action(show);
}

async function list(flags: ListFlags): Promise<void> {
  const limit = limitOf(flags.limit);
  const { status, severity, policyId, resource } = flags;
  const store = await open(flags);
  try {
    const { findings, next } = await store.listFindings({
      status,
      limit,
      ...(severity === undefined ? {} : { severity }),
      ...(policyId === undefined ? {} : { policy: policyId }),
      ...(resource === undefined ? {} : { resource }),
    });
    const output = createOutput({ color: true, progress: false, quiet: false });
    await output.result(flags.format === "json" ? JSON.stringify(findings, null, 2) : asTable(findings), null);
    if (next !== null) output.note(`there are more; --limit shows up to ${maximumLimit}`);
  } finally {
    await store.close();
  }
}

async function show(fingerprint: string, flags: StoreFlags): Promise<void> {
  const store = await open(flags);
  try {
    const finding = await store.getFinding(fingerprint);
    if (finding === null)
      throw new PortcullisError("usage", `no finding ${fingerprint}; see: portcullis findings list --status all`);
    const text = flags.format === "json" ? JSON.stringify(finding, null, 2) : asLines(finding);
    await createOutput({ color: true, progress: false, quiet: false }).result(text, null);
  } finally {
    await store.close();
  }
}

function open(flags: StoreFlags): ReturnType<typeof openConfiguredStore> {
  const config = loadConfig("portcullis.yaml", false);
  return openConfiguredStore({ databaseUrl: flags.databaseUrl, dataDir: dataDirOf(flags, config) });
}

function limitOf(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= maximumLimit) return limit;
  throw new PortcullisError("usage", `--limit ${text}: expected a whole number from 1 to ${maximumLimit}`);
}

function asTable(findings: readonly Finding[]): string {
  const rows = findings.map((one) => [
    one.fingerprint.slice(0, 12),
    one.severity,
    one.status,
    one.policy,
    one.resource.id,
    one.firstSeen.slice(0, 16),
  ]);
  return renderRows(["finding", "severity", "status", "policy", "resource", "first seen"], rows);
}

function asLines(finding: Finding): string {
  return Object.entries(finding)
    .map(([key, value]) => `${key.padEnd(13)} ${printable(typeof value === "string" ? value : JSON.stringify(value))}`)
    .join("\n");
}
