// What did not pass, from a population: the states of a resource in which a policy gave the same verdict, one after the other,
// are one exception. The verifier finds them again in the same way.
import type { Json, JsonObject } from "../../json.js";
import { Damage } from "./package.js";

/** A state of a resource, as one of the control's policies judged it. */
export interface PopulationRow {
  readonly item: number;
  readonly policy: string;
  readonly verdict: string;
  readonly resource: string;
  readonly provider: string;
  readonly type: string;
  readonly name: string | null;
  readonly account: string | null;
  readonly region: string | null;
  readonly owner: string | null;
  readonly from: string;
  readonly until: string | null;
  readonly ended: string | null;
  readonly configuration: string;
}

/** What a population alone says of an exception. */
export interface FoundException {
  readonly policy: string;
  readonly verdict: string;
  readonly resource: string;
  readonly type: string;
  readonly account: string | null;
  readonly region: string | null;
  readonly owner: string | null;
  readonly firstSeen: string;
  readonly ended: string | null;
  readonly how: string;
  readonly hours: number;
}

export interface ExceptionFinder {
  /** Rows in the population's order: by resource, then by time. */
  add(row: PopulationRow): readonly FoundException[];
  /** Those of the last resource. */
  end(): readonly FoundException[];
}

interface Run {
  readonly first: PopulationRow;
  last: PopulationRow;
  how: string;
}

export function createExceptionFinder(periodEnd: string): ExceptionFinder {
  let resource: string | null = null;
  let runs: Run[] = [];
  /** The latest state of each policy on the resource. */
  let latest = new Map<string, { readonly row: PopulationRow; readonly run: Run | null }>();

  const flush = (): readonly FoundException[] => {
    const found = runs.sort(byTime).map((run) => asException(run, periodEnd));
    runs = [];
    latest = new Map();
    return found;
  };
  const note = (row: PopulationRow): void => {
    const before = latest.get(row.policy);
    const adjoins = before !== undefined && before.row.until === row.from;
    let run = adjoins && before.row.verdict === row.verdict ? before.run : null;
    if (adjoins && before.run !== null && run === null)
      before.run.how = row.verdict === "pass" ? "fixed" : `now ${row.verdict}`;
    if (run !== null) run.last = row;
    else if (row.verdict !== "pass") runs.push((run = { first: row, last: row, how: "" }));
    latest.set(row.policy, { row, run });
  };
  return {
    add(row) {
      const done = row.resource === resource ? [] : flush();
      resource = row.resource;
      note(row);
      return done;
    },
    end: flush,
  };
}

function byTime({ first: a }: Run, { first: b }: Run): number {
  const order = compare(a.from, b.from);
  return order !== 0 ? order : compare(a.policy, b.policy);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function asException({ first, last, how }: Run, periodEnd: string): FoundException {
  const { policy, verdict, resource, type, account, region } = first;
  const end = last.until ?? periodEnd;
  return {
    ...{ policy, verdict, resource, type, account, region, owner: last.owner },
    firstSeen: first.from,
    ended: last.until,
    how: how === "" ? howEnded(last.ended) : how,
    hours: Math.round(((Date.parse(end) - Date.parse(first.from)) / 3_600_000) * 10) / 10,
  };
}

/** Where nothing follows that says more. */
function howEnded(ended: string | null): string {
  if (ended === null) return "open";
  return ended === "changed" ? "no longer judged" : ended;
}

/** Throws Damage for what is no row of a population. */
export function populationRow(row: JsonObject): PopulationRow {
  const isTextOrNull = (value: Json | undefined): boolean => value === null || typeof value === "string";
  const isRow =
    ["policy", "verdict", "resource", "provider", "type", "from", "configuration"].every(
      (key) => typeof row[key] === "string",
    ) &&
    ["name", "account", "region", "owner", "until", "ended"].every((key) => isTextOrNull(row[key])) &&
    typeof row["item"] === "number";
  if (!isRow) throw new Damage("a population has a row that is none");
  return row as unknown as PopulationRow;
}
