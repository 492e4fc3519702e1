// `portcullis slo`: the share of actions that succeeded in time, and what is left of the error budgets.
import { Option, type Command } from "commander";
import type { ObjectiveFigures } from "../actions/slo.js";
import { systemClock } from "../clock.js";
import { PortcullisError } from "../errors.js";
import { addStoreFlags } from "./options.js";
import { createOutput } from "./output.js";
import { renderRows } from "./rows.js";
import { withStore, type StoreFlags } from "./store-command.js";
import { timeOf } from "./time.js";

interface SloFlags extends StoreFlags {
  readonly from: string;
  readonly to?: string;
}

export function addSloCommand(program: Command): void {
  addStoreFlags(program.command("slo"))
    .description("the share of actions that succeeded in time, and the error budget that is left")
    .option("--from <time>", "of actions that began from then on: a day, a time, or how long ago", "30d")
    .option("--to <time>", "and before (default: now)")
    .addOption(new Option("--format <name>").choices(["table", "json"]).default("table"))
    .addHelpText("after", "\nExample:\n  portcullis slo --from 90d --format json")
    .action(slo);
}

async function slo(flags: SloFlags): Promise<void> {
  const now = systemClock.now();
  const from = timeOf("--from", flags.from, now);
  const to = flags.to === undefined ? now.toISOString() : timeOf("--to", flags.to, now);
  if (from > to) throw new PortcullisError("usage", `--from ${from} is after --to ${to}`);
  const figures = await withStore(flags, (store) => store.slo({ from, to }));
  const text = flags.format === "json" ? JSON.stringify({ from, to, objectives: figures }, null, 2) : table(figures);
  await createOutput({ color: true, progress: false, quiet: false }).result(text, null);
}

function table(figures: readonly ObjectiveFigures[]): string {
  const percent = (share: number | null): string => (share === null ? "no data" : `${(share * 100).toFixed(1)} %`);
  const rows = figures.map(({ title, total, good, share, goal, isMet, errorBudget }) => [
    ...[title, `${good} of ${total}`, percent(share), percent(goal)],
    isMet === null ? "no data" : isMet ? "met" : "missed",
    percent(errorBudget),
  ]);
  return renderRows(["objective", "in time", "share", "goal", "", "error budget left"], rows);
}
