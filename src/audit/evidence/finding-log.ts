// Findings whose life touches the period, by policy and resource: since when they are open, and what waived them.
import type { FindingEvent, History, Period } from "../../store/history.js";

export interface FindingLog {
  /** Those of a policy on a resource that were open at some time between `from` and `until` (null: to the end). */
  overlapping(policy: string, resource: string, time: { from: string; until: string | null }): readonly KnownFinding[];
}

export interface KnownFinding {
  readonly fingerprint: string;
  openSince: string;
  until: string | null;
  readonly waivers: Set<string>;
}

/** Reads all events up to the end of the period; `each` is given those of the period itself. */
export async function readFindings(
  history: History,
  period: Period,
  wanted: ReadonlySet<string>,
  each: (event: FindingEvent) => void,
): Promise<FindingLog> {
  const spells = new Map<string, KnownFinding[]>();
  const open = new Map<string, KnownFinding>();
  for await (const event of history.findingEvents({ from: "1970-01-01T00:00:00.000Z", to: period.to })) {
    if (!wanted.has(event.policy)) continue;
    if (event.at >= period.from) each(event);
    note(event, { spells, open, from: period.from });
  }
  return {
    overlapping: (policy, resource, { from, until }) =>
      (spells.get(`${policy}\n${resource}`) ?? []).filter(
        (spell) => (until === null || spell.openSince < until) && (spell.until === null || spell.until > from),
      ),
  };
}

interface Notes {
  readonly spells: Map<string, KnownFinding[]>;
  readonly open: Map<string, KnownFinding>;
  readonly from: string;
}

function note({ kind, fingerprint, policy, resource, at, waiver }: FindingEvent, { spells, open, from }: Notes): void {
  const key = `${policy}\n${resource}`;
  const known = open.get(fingerprint) ?? { fingerprint, openSince: at, until: null, waivers: new Set<string>() };
  if (waiver !== null) known.waivers.add(waiver);
  if (kind !== "resolved") {
    if (!open.has(fingerprint)) spells.set(key, [...(spells.get(key) ?? []), known]);
    open.set(fingerprint, known);
    return;
  }
  known.until = at;
  open.delete(fingerprint);
  // What was over before the period is of no use.
  if (at <= from) {
    const rest = (spells.get(key) ?? []).filter((spell) => spell !== known);
    if (rest.length === 0) spells.delete(key);
    else spells.set(key, rest);
  }
}
