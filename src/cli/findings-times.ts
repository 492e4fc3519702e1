import { Option, type Command } from "commander";
import { systemClock } from "../clock.js";
import { PortcullisError } from "../errors.js";
import type { TimeToResolve } from "../store/finding-times.js";
import { addStoreFlags } from "./options.js";
import { createOutput } from "./output.js";
import { renderRows } from "./rows.js";
import { withStore, type StoreFlags } from "./store-command.js";
import { timeOf } from "./time.js";

interface Flags extends StoreFlags {
  readonly from: string;
  readonly to?: string;
}

export function addFindingsTimesCommand(findings: Command): void {
  addStoreFlags(findings.command("times"))
    .description("how long findings take to be resolved, by severity")
    .option("--from <time>", "a day, an RFC 3339 time, or how long ago", "90d")
    .option("--to <time>", "default: now")
    .addOption(new Option("--format <name>").choices(["table", "json"]).default("table"))
    .addHelpText("after", "\nExample:\n  portcullis findings times --from 2026-01-01 --to 2026-04-01 --format json")
    .action(async (flags: Flags) => {
      const now = systemClock.now();
      const to = flags.to === undefined ? now.toISOString() : timeOf("--to", flags.to, now);
      const period = { from: timeOf("--from", flags.from, now), to };
      if (period.from >= to)
        throw new PortcullisError("usage", `--from ${flags.from}: expected a time before --to, ${to}`);
      await withStore(flags, async (store) => {
        const times = await store.timesToResolve(period);
        const text = flags.format === "json" ? JSON.stringify(times, null, 2) : asTable(times);
        await createOutput({ color: true, progress: false, quiet: false }).result(text, null);
      });
    });
}

function asTable(times: readonly TimeToResolve[]): string {
  const rows = times.map((one) => [
    one.severity,
    ...[one.opened, one.resolved].map(String),
    ...[one.median, one.p90, one.longest].map(duration),
    String(one.unresolved),
    duration(one.oldest),
  ]);
  const head = ["severity", "opened", "resolved", "median", "90 % within", "longest", "unresolved", "oldest"];
  return renderRows(head, rows);
}

/** In the unit that a person would use. */
export function duration(seconds: number | null): string {
  if (seconds === null) return "";
  if (seconds >= 2 * 86_400) return `${(seconds / 86_400).toFixed(1)} d`;
  if (seconds >= 2 * 3_600) return `${(seconds / 3_600).toFixed(1)} h`;
  return seconds >= 120 ? `${Math.round(seconds / 60)} min` : `${seconds} s`;
}
