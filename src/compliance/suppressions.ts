// Comments in the code that excuse a resource from policies, and what is to be said of them after a run.
import type { AppliedWaiver, Verdict } from "../engine/verdict.js";
import type { Suppression } from "../inventory/scan-item.js";
import type { Judged } from "./excuses.js";
import type { PolicyNames } from "./policy-names.js";
import { longestWaiver, warningPeriod } from "./waiver.js";

export const suppressionModes = ["allow", "require-expiry", "off"] as const;
/** `require-expiry`: one without `until`, or for more than a year, excuses nothing. `off`: none does. */
export type SuppressionMode = (typeof suppressionModes)[number];

const day = 24 * 60 * 60 * 1_000;

export class SuppressionUse {
  readonly #mode: SuppressionMode;
  readonly #names: PolicyNames;
  /** By place and policy: a comment may be about many instances of a resource. */
  readonly #seen = new Map<string, Suppression>();
  readonly #used = new Set<string>();

  constructor(mode: SuppressionMode, names: PolicyNames) {
    this.#mode = mode;
    this.#names = names;
  }

  see(suppressions: readonly Suppression[]): void {
    for (const suppression of suppressions) this.#seen.set(keyOf(suppression), suppression);
  }

  /** Null where there is none in force, on each of the items. */
  of({ policy, verdict }: Verdict, items: readonly Judged[], now: Date): AppliedWaiver | null {
    if (this.#mode === "off" || (verdict !== "fail" && verdict !== "unknown")) return null;
    const names = this.#names.of(policy);
    const found = items.map((item) =>
      (item.suppressions ?? []).find((one) => names.includes(one.policy) && this.#problem(one, now) === null),
    );
    const [first] = found;
    if (first === undefined || found.includes(undefined)) return null;
    for (const one of found) if (one !== undefined) this.#used.add(keyOf(one));
    return {
      kind: "suppression",
      id: placeOf(first),
      reason: first.reason,
      ...{ ticket: null, requester: null, approver: null },
      expires: first.until === null ? null : endOf(first.until).toISOString(),
      would: verdict,
    };
  }

  warnings(now: Date): string[] {
    if (this.#seen.size === 0) return [];
    if (this.#mode === "off")
      return [`suppressions are off in the configuration: ${this.#seen.size} in the code excuse nothing`];
    return [...this.#seen.values()].flatMap((one) => {
      const said = this.#problem(one, now) ?? this.#note(one, now);
      return said === null ? [] : [`${placeOf(one)}: the suppression of ${one.policy || "(no policy)"} ${said}`];
    });
  }

  /** Why it excuses nothing; null where it may. */
  #problem({ reason, until, problem }: Suppression, now: Date): string | null {
    if (problem !== undefined) return `excuses nothing: ${problem}`;
    if (reason.trim() === "") return `excuses nothing: it gives no reason; expected reason="why"`;
    const end = until === null ? null : endOf(until).getTime();
    if (Number.isNaN(end)) return `excuses nothing: until=${until ?? ""} is not a day such as 2026-12-31`;
    if (end !== null && now.getTime() >= end) return `ended after ${until ?? ""}: it excuses nothing any more`;
    if (this.#mode !== "require-expiry") return null;
    if (end === null) return "excuses nothing: the configuration requires until=YEAR-MONTH-DAY";
    return end - now.getTime() > longestWaiver
      ? "excuses nothing: the configuration requires an end, which may be at most 366 days ahead"
      : null;
  }

  #note(suppression: Suppression, now: Date): string | null {
    const { policy, until } = suppression;
    if (!this.#names.exists(policy)) return "excuses nothing: there is no such policy; see: portcullis policies list";
    const isSoon = until !== null && endOf(until).getTime() - now.getTime() <= warningPeriod;
    return isSoon && this.#used.has(keyOf(suppression))
      ? `ends after ${until}: what it excuses fails again then`
      : null;
  }
}

/** The first instant after the day, in UTC. An invalid date for what is no day. */
function endOf(until: string): Date {
  return new Date(Date.parse(`${until}T00:00:00Z`) + day);
}

function placeOf({ location: { file, line } }: Suppression): string {
  return `${file}:${line}`;
}

function keyOf(suppression: Suppression): string {
  return JSON.stringify([placeOf(suppression), suppression.location.column ?? 0, suppression.policy]);
}
