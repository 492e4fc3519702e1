import { Option, type Command } from "commander";
import { linksOf } from "../compliance/links.js";
import { PortcullisError } from "../errors.js";
import { printable } from "../printable.js";
import type { Finding } from "../store/findings.js";
import type { FindingEvent } from "../store/history.js";
import { addStoreFlags } from "./options.js";
import { createOutput } from "./output.js";
import { renderRows } from "./rows.js";
import { withStore, type StoreFlags } from "./store-command.js";

export function addFindingsShowCommand(findings: Command): void {
  addStoreFlags(findings.command("show"))
    .description("one finding and what became of it, by its fingerprint or the start of it")
    .argument("<fingerprint>")
    .addOption(new Option("--format <name>").choices(["table", "json"]).default("table"))
    .action(show);
}

async function show(fingerprint: string, flags: StoreFlags): Promise<void> {
  await withStore(flags, async (store, { links }) => {
    const finding = await store.getFinding(fingerprint);
    if (finding === null)
      throw new PortcullisError("usage", `no finding ${fingerprint}; see: portcullis findings list --status all`);
    const shown = { ...finding, links: linksOf(finding, links ?? {}) };
    const history = await store.findingHistory(finding.fingerprint);
    const text = flags.format === "json" ? JSON.stringify({ ...shown, history }, null, 2) : asPage(shown, history);
    await createOutput({ color: true, progress: false, quiet: false }).result(text, null);
  });
}

function asPage(finding: Finding & { readonly links: object }, history: readonly FindingEvent[]): string {
  const lines = Object.entries(finding).map(
    ([key, value]) => `${key.padEnd(13)} ${printable(typeof value === "string" ? value : JSON.stringify(value))}`,
  );
  const rows = history.map(({ at, kind, scan, waiver }) => [at, kind, scan, waiver ?? ""]);
  return [...lines, "", renderRows(["when", "what happened", "scan", "waiver"], rows)].join("\n");
}
