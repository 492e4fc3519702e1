import type { Command } from "commander";
import { loadPolicies } from "../compose.js";
import type { Baseline } from "../compliance/baseline.js";
import { coverage } from "../compliance/coverage.js";
import { loadBaselines } from "../compliance/load-baselines.js";
import { renderRows } from "./rows.js";
import { settingsOf } from "./options.js";
import { createOutput } from "./output.js";

interface Flags {
  readonly format: string;
}

export function addBaselinesCommand(program: Command): void {
  const baselines = program.command("baselines").description("frameworks, and what of each is covered");
  const formatted = (name: string): Command =>
    baselines.command(name).option("--format <name>", "table or json", "table");
  formatted("list")
    .description("every baseline")
    .action(async (flags: Flags) => {
      const rows = (await load([])).map(({ id, title, version, source, controls }) => ({
        id,
        title,
        version,
        source,
        controls: controls.length,
      }));
      await print(flags, rows, ["baseline", "title", "version", "controls"], (row) => [
        row.id,
        row.title,
        row.version,
        String(row.controls),
      ]);
    });
  formatted("show")
    .description("the controls of a baseline: their policies, and the manual evidence that they need")
    .argument("<id>")
    .action(async (id: string, flags: Flags) => {
      const rows = (await load([id])).flatMap(({ controls }) => controls);
      await print(flags, rows, ["control", "title", "policies", "manual evidence"], (row) => [
        row.id,
        row.title,
        row.policies.join(" "),
        row.manual ?? "",
      ]);
    });
  formatted("coverage")
    .description("how many controls policies prove, in full or in part")
    .argument("[id...]")
    .addHelpText("after", "\nExample:\n  portcullis baselines coverage pci-dss-4.0.1 --format json")
    .action(async (ids: string[], flags: Flags) => {
      const rows = (await load(ids)).map(coverage);
      const head = ["baseline", "controls", "automated", "partly", "manual", "none"];
      await print(flags, rows, head, (row) =>
        [row.baseline, row.controls, row.automated, row.partly, row.manual, row.none].map(String),
      );
    });
}

async function load(ids: readonly string[]): Promise<readonly Baseline[]> {
  const { policies } = await loadPolicies(settingsOf({ defaultPolicies: true, color: true, progress: false }));
  return loadBaselines({ ids: [...ids], all: ids.length === 0, knownPolicies: new Set(policies.map(({ id }) => id)) });
}

async function print<T>(flags: Flags, rows: readonly T[], head: string[], row: (value: T) => string[]): Promise<void> {
  const text = flags.format === "json" ? JSON.stringify(rows, null, 2) : renderRows(head, rows.map(row));
  await createOutput({ color: true, progress: false, quiet: false }).result(text, null);
}
