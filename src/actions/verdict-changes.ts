// What an action does to verdicts: the failures that it brings, those that stay and those that it ends.
import { naturalPath } from "../engine/fingerprint.js";
import type { Verdict } from "../engine/verdict.js";
import type { ScannedResource } from "../inventory/scan-item.js";
import type { Json } from "../json.js";

/** Verdicts of one state of the world, and what they are about. */
export interface Judgement {
  readonly verdicts: readonly Verdict[];
  readonly items: ReadonlyMap<string, ScannedResource>;
}

export interface VerdictChanges {
  readonly violations: readonly Verdict[];
  readonly existing: readonly Verdict[];
  readonly resolved: readonly Verdict[];
  readonly undecided: readonly Verdict[];
  /** Excused, and so none of them. */
  readonly waived: readonly Verdict[];
}

/**
 * A failure is an old one only where each of its reasons was there before: a second open port on a group that had one is new,
 * although both findings go by one fingerprint. `changed` are the resources that the action changes: what cannot be judged of
 * those is always undecided, of others only where it could be before.
 */
export function verdictChanges(before: Judgement, after: Judgement, changed: ReadonlySet<string>): VerdictChanges {
  const were = new Map(before.verdicts.map((verdict) => [keyOf(verdict), verdict]));
  const are = new Map(after.verdicts.map((verdict) => [keyOf(verdict), verdict]));
  const found = { violations: [], existing: [], undecided: [], waived: [] } as Record<
    "violations" | "existing" | "undecided" | "waived",
    Verdict[]
  >;
  for (const [key, verdict] of are) {
    const was = were.get(key);
    const { verdict: kind } = verdict;
    if (kind === "fail") {
      const isOld = was?.verdict === "fail" && !hasNewReason(was, verdict, { before, after });
      found[isOld ? "existing" : "violations"].push(verdict);
    } else if (kind === "waived") found.waived.push(verdict);
    else if ((kind === "unknown" || kind === "error") && (changed.has(verdict.resource.id) || was?.verdict !== kind))
      found.undecided.push(verdict);
  }
  const resolved = before.verdicts.filter((was) => was.verdict === "fail" && isEnded(are.get(keyOf(was))));
  return { ...found, resolved };
}

/** Gone, a pass, or not concerned any more; not where nobody knows. */
function isEnded(verdict: Verdict | undefined): boolean {
  return verdict === undefined || verdict.verdict === "pass" || verdict.verdict === "not-applicable";
}

function keyOf({ policy, resource: { id } }: Verdict): string {
  return JSON.stringify([policy, id]);
}

interface States {
  readonly before: Judgement;
  readonly after: Judgement;
}

/** By what a path names, and not by its place: rules of a list that moved are the same. Where it is one path, by how many they are. */
function hasNewReason(was: Verdict, is: Verdict, { before, after }: States): boolean {
  const left = countsOf(was, before.items.get(was.resource.id));
  return [...countsOf(is, after.items.get(is.resource.id))].some(([place, count]) => count > (left.get(place) ?? 0));
}

function countsOf({ reasons }: Verdict, item: ScannedResource | undefined): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { path } of reasons) {
    const place = path === null ? "" : JSON.stringify(naturalPath((item?.resource ?? {}) as unknown as Json, path));
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  return counts;
}
