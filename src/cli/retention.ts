import { Option, type Command } from "commander";
import { systemClock } from "../clock.js";
import { evidenceToRemove, removeEvidence, type OldPackage } from "../audit/evidence/old-packages.js";
import type { Config } from "../config.js";
import { PortcullisError } from "../errors.js";
import type { RetentionCutoffs, RetentionOutcome, StoreSizes } from "../store/retention.js";
import { addStoreFlags } from "./options.js";
import { createOutput } from "./output.js";
import { renderRows } from "./rows.js";
import { withStore, type StoreFlags } from "./store-command.js";
import { timeOf } from "./time.js";

const help = `
portcullis.yaml says how long what is kept; what it does not say is kept for ever:
  retention:
    inventory: 400d          # former states of resources, and what they looked like
    findings: 3y             # resolved findings, the history of findings, scans
    evidence: { folder: evidence/, keep: 7y }     # packages in a folder
What holds now always stays: open findings, resources that are there. The audit trail is never shortened: an entry that is
missing could not be told from one that was removed.

Examples:
  portcullis retention show            sizes by class, and what would be removed
  portcullis retention apply           removes it, and writes so into the audit trail`;

export function addRetentionCommand(program: Command): void {
  const retention = program.command("retention").description("how long what is kept").addHelpText("after", help);
  addStoreFlags(retention.command("show"))
    .description("how much is kept, and what is old enough to be removed")
    .addOption(new Option("--format <name>").choices(["table", "json"]).default("table"))
    .action((flags: StoreFlags) => run(flags, true));
  addStoreFlags(retention.command("apply"))
    .description("remove what is older than portcullis.yaml says")
    .addOption(new Option("--format <name>").choices(["table", "json"]).default("table"))
    .action((flags: StoreFlags) => run(flags, false));
}

async function run(flags: StoreFlags, dryRun: boolean): Promise<void> {
  await withStore(flags, async (store, config) => {
    const cutoffs = cutoffsOf(config);
    const { evidence } = config.retention ?? {};
    const packages = evidence === undefined ? [] : evidenceToRemove(evidence.folder, before(evidence.keep));
    if (!dryRun && config.retention === undefined) throw nothingSaid();
    const removed = await store.applyRetention(cutoffs, { dryRun });
    if (!dryRun) await removeEvidence(packages, store.audit, systemClock);
    const result = { cutoffs, sizes: await store.sizes(), removed: { ...removed, evidence: packages } };
    const text = flags.format === "json" ? JSON.stringify(result, null, 2) : asTable(result, dryRun);
    await createOutput({ color: true, progress: false, quiet: false }).result(text, null);
  });
}

function nothingSaid(): PortcullisError {
  return new PortcullisError("config-invalid", "portcullis.yaml has no `retention`: see portcullis retention --help");
}

function cutoffsOf({ retention }: Config): RetentionCutoffs {
  const cutoff = (keep: string | undefined): string | null => (keep === undefined ? null : before(keep));
  return { inventory: cutoff(retention?.inventory), findings: cutoff(retention?.findings) };
}

function before(keep: string): string {
  return timeOf("retention", keep, systemClock.now());
}

interface Result {
  readonly cutoffs: RetentionCutoffs;
  readonly sizes: StoreSizes;
  readonly removed: RetentionOutcome & { readonly evidence: readonly OldPackage[] };
}

function asTable({ cutoffs, sizes, removed }: Result, dryRun: boolean): string {
  const { inventory, findings, evidence } = removed;
  const gone: Readonly<Record<string, string>> = {
    inventory: `${inventory.states} states, ${inventory.resources} resources, ${inventory.bodies} bodies`,
    findings: `${findings.findings} findings, ${findings.events} events, ${findings.scans} scans`,
  };
  const rows = Object.entries(sizes).map(([name, bytes]) => [
    name,
    `${(Number(bytes) / 2 ** 20).toFixed(1)} MiB`,
    name === "inventory" || name === "findings" ? (cutoffs[name] ?? "for ever") : "for ever",
    gone[name] ?? "",
  ]);
  const packages = evidence.map(({ path }) => ["evidence", "", "", path]);
  return renderRows(["class", "size", "kept from", dryRun ? "would be removed" : "removed"], [...rows, ...packages]);
}
