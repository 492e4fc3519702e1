// A schedule, checked: what every other file here works on.
import { PortcullisError } from "../errors.js";
import { createDueTimes, type DueTimes } from "./due-times.js";
import type { ScheduleSettings } from "./schedule-settings.js";

export interface Schedule {
  readonly name: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly dueTimes: DueTimes;
  readonly jitterMs: number;
  readonly catchUp: "latest" | "none";
  readonly timeoutMs: number;
  readonly settings: ScheduleSettings;
}

/** The command of the program that does its work, and says by `--schedule` which one it is. */
export function commandOf({ settings }: Schedule): "scan" | "drift" {
  return settings.drift === undefined ? "scan" : "drift";
}

const longest = 24 * 3_600_000;
const defaultTimeout = 4 * 3_600_000;

/** Throws `config-invalid`, which names the schedule and the key. */
export function scheduleOf(settings: ScheduleSettings): Schedule {
  const { name, cron, timeZone = "UTC", jitter, timeout, catchUp = "latest" } = settings;
  return {
    ...{ name, cron, timeZone, catchUp, settings },
    dueTimes: createDueTimes(cron, timeZone, `schedule ${name}`),
    jitterMs: jitter === undefined ? 0 : durationOf(jitter, { at: `schedule ${name}: jitter`, least: 0 }),
    timeoutMs:
      timeout === undefined ? defaultTimeout : durationOf(timeout, { at: `schedule ${name}: timeout`, least: 1_000 }),
  };
}

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** `90s`, `5m`, `1h`; at most a day. */
function durationOf(text: string, { at, least }: { readonly at: string; readonly least: number }): number {
  const [, count, unit] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  const value = Number(count) * (units[unit ?? ""] ?? NaN);
  if (value >= least && value <= longest) return value;
  const expected = `expected a duration such as 90s, 5m or 1h, from ${least / 1_000}s to 24h`;
  throw new PortcullisError("config-invalid", `${at} is ${JSON.stringify(text)}: ${expected}`);
}
