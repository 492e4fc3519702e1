// What can be said of a control over a period. Doubt is never a yes.
import type { ControlStatus } from "../../compliance/baseline.js";

export interface Counts {
  readonly pass: number;
  readonly fail: number;
  readonly unknown: number;
  readonly error: number;
  readonly waived: number;
}

/**
 * `no-exceptions`: all that was judged passed or was waived, throughout the period. `exceptions`: something failed.
 * `undetermined`: something could not be evaluated, or a part of the period has no scan. `not-assessed`: nothing was judged.
 */
export const outcomes = ["no-exceptions", "exceptions", "undetermined", "not-assessed"] as const;
export type Outcome = (typeof outcomes)[number];

export interface Seen {
  /** Of the population: states of resources. */
  readonly population: Counts;
  /** Of all scans together: a scan may give `error` for what it could not even list. */
  readonly scans: Counts;
  readonly gaps: number;
}

export function outcomeOf({ population, scans, gaps }: Seen): Outcome {
  if (population.fail + scans.fail > 0) return "exceptions";
  if (population.unknown + population.error + scans.unknown + scans.error > 0) return "undetermined";
  if (total(population) === 0) return "not-assessed";
  return gaps > 0 ? "undetermined" : "no-exceptions";
}

/** The outcome in a sentence or two, for people. */
export function explainOutcome({ population, scans, gaps }: Seen): string {
  const said: string[] = [];
  const say = (count: number, text: string): void => {
    if (count > 0) said.push(`${count} ${text}`);
  };
  say(population.fail, "states of resources failed");
  if (population.fail === 0) say(scans.fail, "verdicts of scans were failures");
  say(population.unknown + population.error, "states could not be decided");
  say(scans.unknown + scans.error, "verdicts of scans could not be decided");
  say(population.waived, "states were waived");
  say(gaps, "times of the period have no scan");
  if (total(population) === 0) said.unshift("no resource was judged");
  return said.length === 0 ? "everything that was judged passed" : said.join("; ");
}

export function total({ pass, fail, unknown, error, waived }: Counts): number {
  return pass + fail + unknown + error + waived;
}

export function noCounts(): { -readonly [kind in keyof Counts]: number } {
  return { pass: 0, fail: 0, unknown: 0, error: 0, waived: 0 };
}

/** How the control stood after one scan. */
export function statusOf(counts: Counts): ControlStatus {
  if (counts.fail > 0) return "fail";
  if (counts.error > 0) return "error";
  if (counts.unknown > 0) return "unknown";
  return counts.pass + counts.waived > 0 ? "pass" : "not-assessed";
}

/** The nearest status that a control has after a single scan: for documents that know no other words. */
export function statusOfOutcome(outcome: Outcome, counts: Counts): ControlStatus {
  switch (outcome) {
    case "exceptions":
      return "fail";
    case "undetermined":
      return counts.error > 0 ? "error" : "unknown";
    case "not-assessed":
      return "not-assessed";
    case "no-exceptions":
      return "pass";
  }
}
