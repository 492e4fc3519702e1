import { describe, expect, test } from "vitest";
import { delayOf, maximumMissed, planDue, type PlanInput } from "./plan.js";
import { scheduleOf } from "./schedule.js";
import type { ScheduleSettings } from "./schedule-settings.js";

const schedule = (change: Partial<ScheduleSettings> = {}) =>
  scheduleOf({ name: "nightly", cron: "0 * * * *", scan: { provider: ["sample"] }, ...change });
const at = (time: string): Date => new Date(`2026-01-01T${time}Z`);
const lastRun = (from: string, to: string | null): PlanInput["lastRun"] => ({
  from: at(from),
  to: to === null ? null : at(to),
});

interface Case {
  readonly what: string;
  readonly settings?: Partial<ScheduleSettings>;
  readonly considered: string;
  readonly now: string;
  readonly lastRun?: PlanInput["lastRun"];
  /** Missed and skipped, what starts, and up to when all is dealt with. */
  readonly plan: readonly [string[], string | null, string];
}

const cases: readonly Case[] = [
  { what: "nothing is due", considered: "01:00:00", now: "01:59:59.999", plan: [[], null, "01:00:00"] },
  { what: "at the due time", considered: "01:00:00", now: "02:00:00", plan: [[], "02:00 scheduled", "02:00:00"] },
  { what: "a minute late", considered: "01:00:00", now: "02:01:00", plan: [[], "02:00 scheduled", "02:00:00"] },
  { what: "later: caught up", considered: "01:00:00", now: "02:01:01", plan: [[], "02:00 catch-up", "02:00:00"] },
  {
    ...{ what: "later, and not wanted", settings: { catchUp: "none" } },
    ...{ considered: "01:00:00", now: "02:01:01", plan: [["02:00 missed"], null, "02:00:00"] },
  },
  {
    ...{ what: "several: the newest is run", considered: "01:00:00", now: "04:30:00" },
    plan: [["02:00 missed", "03:00 missed"], "04:00 catch-up", "04:00:00"],
  },
  {
    ...{ what: "several, one on time", considered: "01:00:00", now: "04:00:01", settings: { catchUp: "none" } },
    plan: [["02:00 missed", "03:00 missed"], "04:00 scheduled", "04:00:00"],
  },
  {
    ...{ what: "the former run goes on", considered: "01:00:00", now: "02:00:00", lastRun: lastRun("01:00:00", null) },
    plan: [["02:00 skipped"], null, "02:00:00"],
  },
  {
    ...{ what: "the former run went on then", considered: "01:00:00", now: "03:30:00" },
    ...{ lastRun: lastRun("01:00:00", "03:15:00"), plan: [["02:00 skipped", "03:00 skipped"], null, "03:00:00"] },
  },
  {
    ...{ what: "missed before a run that was asked for", considered: "01:00:00", now: "03:00:00" },
    ...{ lastRun: lastRun("02:30:00", null), plan: [["02:00 missed", "03:00 skipped"], null, "03:00:00"] },
  },
  { what: "the clock was put back", considered: "03:00:00", now: "02:30:00", plan: [[], null, "03:00:00"] },
  {
    ...{ what: "the clock was far ahead, and is right again", considered: "23:00:00", now: "02:30:00" },
    plan: [[], null, "02:30:00"],
  },
];

describe("what is to be done", () => {
  test.each(cases)("$what", ({ settings, considered, now, lastRun: last = null, plan }) => {
    const made = planDue(schedule(settings), { considered: at(considered), now: at(now), lastRun: last });
    const time = (date: Date): string => date.toISOString().slice(11, 16);
    expect([
      made.passedOver.map(({ due, status }) => `${time(due)} ${status}`),
      made.start === null ? null : `${time(made.start.due)} ${made.start.kind}`,
      made.considered.toISOString().slice(11, 19),
    ]).toEqual(plan);
  });

  test("a long absence leaves a thousand rows, and one for the rest", () => {
    const input = { considered: at("00:00:00"), now: at("01:00:00"), lastRun: null };
    const { passedOver, start } = planDue(schedule({ cron: "* * * * * *" }), input);
    expect(passedOver).toHaveLength(maximumMissed + 1);
    expect(passedOver.at(-1)).toEqual({ due: at("00:59:59"), status: "missed", count: 2_599 });
    expect(start).toEqual({ due: at("01:00:00"), kind: "scheduled" });
  });

  test("centuries of absence are no reason to hang", () => {
    const input = { considered: new Date(0), now: at("00:00:00"), lastRun: null };
    const { passedOver } = planDue(schedule({ cron: "0 0 * * *" }), input);
    expect(passedOver).toHaveLength(365);
  });
});

describe("jitter", () => {
  const jittered = schedule({ cron: "* * * * *", jitter: "10m" });
  const dues = Array.from({ length: 300 }, (_, minute) => new Date(at("00:00:00").getTime() + minute * 60_000));

  test("is the same for everybody, different from time to time, and ends before the next due time", () => {
    const delays = dues.map((due) => delayOf(jittered, due));
    expect(dues.map((due) => delayOf(schedule({ cron: "* * * * *", jitter: "10m" }), due))).toEqual(delays);
    expect(new Set(delays).size).toBeGreaterThan(250);
    expect(Math.max(...delays)).toBeLessThan(60_000);
    expect(Math.max(...delays)).toBeGreaterThan(50_000);
    expect(Math.min(...delays)).toBeLessThan(10_000);
    expect(delayOf(schedule({ cron: "* * * * *" }), dues[0]!)).toBe(0);
  });

  test("nothing starts before its delay is over", () => {
    const due = dues[1]!;
    const start = due.getTime() + delayOf(jittered, due);
    const plan = (now: number) => planDue(jittered, { considered: dues[0]!, now: new Date(now), lastRun: null }).start;
    expect([plan(start - 1), plan(start)]).toEqual([null, { due, kind: "scheduled" }]);
  });
});

test.each([
  [{ jitter: "5 minutes" }, /schedule nightly: jitter is "5 minutes": expected a duration such as 90s/],
  [{ jitter: "25h" }, /24h/],
  [{ timeout: "0s" }, /schedule nightly: timeout/],
  [{ timeout: "999999999h" }, /schedule nightly: timeout/],
  [{ cron: "never" }, /schedule nightly: cron is "never"/],
] as const)("refused: %j", (change, message) => {
  expect(() => schedule(change)).toThrow(message);
});
