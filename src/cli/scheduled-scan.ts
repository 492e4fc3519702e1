// What a scan does differently when a schedule, or the scheduler, started it.
import { writeSync } from "node:fs";
import { loadConfig, type Config } from "../config.js";
import { PortcullisError } from "../errors.js";
import { reportsTo } from "../schedules/scan-process.js";
import type { ScheduleSettings } from "../schedules/schedule-settings.js";
import type { ScanFlags } from "./scan.js";

/** The flags that the schedule stands for. Those that say where results and settings are stay the user's. */
export function withSchedule(flags: ScanFlags): ScanFlags {
  if (flags.schedule === undefined) return flags;
  const config = loadConfig(flags.config ?? "portcullis.yaml", flags.config !== undefined);
  const { scan, reports } = settingsNamed(config, flags.schedule);
  if (scan === undefined)
    throw new PortcullisError(
      "usage",
      `schedule ${flags.schedule} looks for drift: portcullis drift --schedule ${flags.schedule}`,
    );
  const { provider, concurrency, awsConfig, ...rest } = scan;
  if (flags.provider.length > 0)
    throw new PortcullisError("usage", "--schedule says what to scan: leave --provider out, or --schedule");
  return {
    ...flags,
    ...(rest as Partial<ScanFlags>),
    provider: [...provider],
    report: [...(reports ?? []), ...(flags.report ?? [])],
    awsConfig: awsConfig ?? flags.awsConfig,
    concurrency: concurrency === undefined ? flags.concurrency : String(concurrency),
  };
}

export function settingsNamed(config: Config, name: string): ScheduleSettings {
  const schedules = config.schedules ?? [];
  const found = schedules.find((one) => one.name === name);
  if (found !== undefined) return found;
  const known = schedules.length === 0 ? "there are none" : `there are ${schedules.map((one) => one.name).join(", ")}`;
  throw new PortcullisError("usage", `no schedule ${name} in the configuration: ${known}`);
}

/** The scheduler reads what is written here; nobody does when a person ran the command. */
export function tellScheduler(report: { readonly scan: string } | { readonly drift: string }): void {
  if (process.env[reportsTo] !== undefined) writeSync(3, `${JSON.stringify(report)}\n`);
}

/** The scheduler holds the other end of standard input. When it dies its run is taken over, and this one must not go on. */
export function endWithScheduler(): void {
  if (process.env[reportsTo] === undefined) return;
  process.stdin.on("error", () => process.exit(3)).on("end", () => process.exit(3));
  process.stdin.resume();
  (process.stdin as unknown as { unref(): void }).unref();
}
