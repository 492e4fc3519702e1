// What is to be done about the due times that have come: pure, from times to times.
import { createHash } from "node:crypto";
import type { Schedule } from "./schedule.js";

export type RunKind = "scheduled" | "catch-up" | "manual";

/** A due time that is not run, and why. */
export interface PassedOver {
  readonly due: Date;
  readonly status: "missed" | "skipped";
  /** Of a gathering row: how many due times it stands for, up to `due`; 1 otherwise. */
  readonly count: number;
}

export interface Plan {
  readonly passedOver: readonly PassedOver[];
  readonly start: { readonly due: Date; readonly kind: RunKind } | null;
  /** Every due time up to here has been dealt with. Never before the one that was given. */
  readonly considered: Date;
}

export interface PlanInput {
  readonly considered: Date;
  readonly now: Date;
  /** When the last run of the schedule started and ended: `to` is null while it runs. */
  readonly lastRun: { readonly from: Date; readonly to: Date | null } | null;
}

/** So late that it counts as missed. */
export const graceMs = 60_000;
/** Rows that a time without schedulers may leave behind. */
export const maximumMissed = 1_000;
/** Due times of more than a year ago are counted no more. */
const farthest = 366 * 24 * 3_600_000;
/** A database clock that was set wrong and put right again: due times that it dealt with too early stay dealt with. */
const tooFarAhead = 3_600_000;

export function planDue(schedule: Schedule, input: PlanInput): Plan {
  const { now } = input;
  const considered = startOf(input);
  const passedOver = new PassedOverList();
  let latest: Date | null = null;
  for (const due of schedule.dueTimes.between(considered, now)) {
    if (!hasCome(schedule, due, now)) break;
    if (latest !== null) passedOver.add(latest, wasRunning(latest, input) ? "skipped" : "missed");
    latest = due;
  }
  if (latest === null) return { passedOver: passedOver.rows(), start: null, considered };
  const kind = kindOf(schedule, latest, input);
  if (kind === "missed" || kind === "skipped") passedOver.add(latest, kind);
  const start = kind === "missed" || kind === "skipped" ? null : { due: latest, kind };
  return { passedOver: passedOver.rows(), start, considered: latest };
}

/** What is older than the longest delay has come: a long absence has millions of due times to tell of. */
function hasCome(schedule: Schedule, due: Date, now: Date): boolean {
  const left = now.getTime() - due.getTime();
  return left >= schedule.jitterMs || left >= delayOf(schedule, due);
}

function startOf({ considered, now }: PlanInput): Date {
  if (considered.getTime() > now.getTime() + tooFarAhead) return now;
  return new Date(Math.max(considered.getTime(), now.getTime() - farthest));
}

/** Of the latest due time. */
function kindOf(schedule: Schedule, due: Date, input: PlanInput): "scheduled" | "catch-up" | PassedOver["status"] {
  const moment = new Date(due.getTime() + delayOf(schedule, due));
  if (input.lastRun?.to === null || wasRunning(moment, input)) return "skipped";
  if (input.now.getTime() - moment.getTime() <= graceMs) return "scheduled";
  return schedule.catchUp === "latest" ? "catch-up" : "missed";
}

/** Before a run nobody may have been there; what came while it ran is skipped for it. */
function wasRunning(moment: Date, { lastRun }: PlanInput): boolean {
  return lastRun !== null && moment > lastRun.from && (lastRun.to === null || moment <= lastRun.to);
}

/** The oldest are kept one by one; one row stands for the rest. */
class PassedOverList {
  readonly #rows: PassedOver[] = [];
  #rest: PassedOver | null = null;

  add(due: Date, status: PassedOver["status"]): void {
    if (this.#rows.length < maximumMissed) this.#rows.push({ due, status, count: 1 });
    else this.#rest = { due, status: "missed", count: (this.#rest?.count ?? 0) + 1 };
  }

  rows(): readonly PassedOver[] {
    return this.#rest === null ? this.#rows : [...this.#rows, this.#rest];
  }
}

/** When the schedule is to be looked at next; null for never. */
export function nextStart(schedule: Schedule, considered: Date): Date | null {
  const due = schedule.dueTimes.next(considered);
  return due === null ? null : new Date(due.getTime() + delayOf(schedule, due));
}

/**
 * How long after a due time the run starts: the same on every replica, different from one due time to the next, and always
 * before the next due time.
 */
export function delayOf(schedule: Schedule, due: Date): number {
  if (schedule.jitterMs === 0) return 0;
  const next = schedule.dueTimes.next(due);
  const bound = next === null ? schedule.jitterMs : Math.min(schedule.jitterMs, next.getTime() - due.getTime() - 1);
  const digest = createHash("sha256").update(`${schedule.name}\n${due.toISOString()}`).digest();
  return Math.floor((digest.readUIntBE(0, 6) / 2 ** 48) * (bound + 1));
}
