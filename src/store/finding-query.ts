// Which findings are asked for, and in which order: from a query to SQL. Every value is a parameter; every name of a column is ours.
import { severities, type Severity } from "../engine/policy.js";
import { decodeCursor, foreignCursor, isInstant, type CursorPart } from "./cursor.js";
import type { Row } from "./database.js";
import { storableId, storablePolicy, storableText } from "./storable.js";

export interface FindingQuery {
  /** `unresolved`: open and waived. */
  readonly status: "open" | "waived" | "resolved" | "unresolved" | "all";
  /** This severe, or more. */
  readonly severity?: Severity;
  readonly verdict?: "fail" | "unknown";
  readonly policy?: string;
  readonly resource?: string;
  readonly provider?: string;
  readonly type?: string;
  readonly account?: string;
  readonly region?: string;
  /** The empty text: without an owner. */
  readonly owner?: string;
  readonly baseline?: string;
  /** Of a baseline; needs `baseline`. */
  readonly control?: string;
  readonly waiver?: string;
  /** In the title, the message, or the resource's id or name. */
  readonly text?: string;
  /** Times are RFC 3339; `After` is inclusive, `Before` is not. */
  readonly firstSeenAfter?: string;
  readonly firstSeenBefore?: string;
  readonly lastSeenAfter?: string;
  readonly lastSeenBefore?: string;
  readonly resolvedAfter?: string;
  readonly resolvedBefore?: string;
  /** Those that came back at least so often. */
  readonly reopened?: number;
  readonly sort?: FindingSort;
  readonly descending?: boolean;
  readonly limit: number;
  /** `next` of the page before, of the same query. */
  readonly after?: string;
}

/** A waiver that ended excuses nothing any more, also where no scan has looked since. `$1` is the time. */
const hasEnded = "coalesce((f.waiver ->> 'expires')::timestamptz <= $1::timestamptz, false)";
/** What a finding is at the time `$1`. */
export const statusNow = `(case when f.status = 'waived' and ${hasEnded} then 'open' else f.status end)`;

const sorts = {
  severity: { column: "f.severity_rank", type: "number" },
  "first-seen": { column: "f.first_seen", type: "time" },
  "last-seen": { column: "f.last_seen", type: "time" },
  resolved: { column: "coalesce(f.resolved_at, 'infinity')", type: "time" },
  reopened: { column: "f.reopened", type: "number" },
  policy: { column: "f.policy", type: "text" },
  resource: { column: "f.resource", type: "text" },
  type: { column: "f.type", type: "text" },
  account: { column: "coalesce(f.account, '')", type: "text" },
  region: { column: "coalesce(f.region, '')", type: "text" },
  owner: { column: "coalesce(f.owner, '')", type: "text" },
  status: { column: statusNow, type: "text" },
} as const;
export type FindingSort = keyof typeof sorts;
export const findingSorts = Object.keys(sorts) as FindingSort[];

const casts = { number: "::int", time: "::timestamptz", text: "::text" } as const;

interface Conditions {
  readonly sql: string;
  readonly params: readonly unknown[];
}

/** `now` is RFC 3339; the first of the parameters. */
export function conditionsOf(query: FindingQuery, now: string): Conditions {
  const params: unknown[] = [now];
  const parts: string[] = [];
  const add = (value: unknown, sql: (parameter: string) => string): void => {
    if (value === undefined) return;
    params.push(value);
    parts.push(sql(`$${params.length}`));
  };
  const equal = (column: string, value: string | undefined): void => {
    add(value, (p) => `f.${column} = ${p}`);
  };
  if (query.status === "unresolved") parts.push("f.status <> 'resolved'");
  else if (query.status === "resolved") parts.push("f.status = 'resolved'");
  else if (query.status === "waived") parts.push(`f.status = 'waived' and not ${hasEnded}`);
  else if (query.status === "open") parts.push(`(f.status = 'open' or f.status = 'waived' and ${hasEnded})`);
  add(rankOf(query.severity), (p) => `f.severity_rank <= ${p}`);
  equal("verdict", query.verdict);
  equal("policy", mapped(query.policy, storablePolicy));
  equal("resource", mapped(query.resource, storableId));
  for (const column of ["provider", "type", "account", "region"] as const)
    equal(column, mapped(query[column], storableText));
  add(mapped(query.owner, storableText), (p) => `coalesce(f.owner, '') = ${p}`);
  add(controlOf(query), (p) => `f.controls @> ${p}::jsonb`);
  add(mapped(query.waiver, storableText), (p) => `f.waiver ->> 'id' = ${p}`);
  add(mapped(query.text, storableText), (p) => {
    const columns = ["title", "message", "resource", "coalesce(name, '')"].map((column) => `lower(${column})`);
    return `(${columns.map((column) => `position(lower(${p}) in ${column}) > 0`).join(" or ")})`;
  });
  addTimes(query, add);
  add(query.reopened, (p) => `f.reopened >= ${p}`);
  addCursor(query, { params, parts });
  return { sql: ["$1::timestamptz is not null", ...parts].join(" and "), params };
}

type Add = (value: unknown, sql: (parameter: string) => string) => void;

function addTimes(query: FindingQuery, add: Add): void {
  const columns = [
    ["first_seen", query.firstSeenAfter, query.firstSeenBefore],
    ["last_seen", query.lastSeenAfter, query.lastSeenBefore],
    ["resolved_at", query.resolvedAfter, query.resolvedBefore],
  ] as const;
  for (const [column, after, before] of columns) {
    add(after, (p) => `f.${column} >= ${p}::timestamptz`);
    add(before, (p) => `f.${column} < ${p}::timestamptz`);
  }
}

function rankOf(severity: Severity | undefined): number | undefined {
  return severity === undefined ? undefined : severities.indexOf(severity);
}

function mapped(value: string | undefined, map: (text: string) => string): string | undefined {
  return value === undefined ? undefined : map(value);
}

function controlOf({ baseline, control }: FindingQuery): string | undefined {
  if (baseline === undefined) return undefined;
  return JSON.stringify([control === undefined ? { baseline } : { baseline, control }]);
}

/** The keys by which findings stand in order, each with its direction; the last one makes the order total. */
function keysOf({ sort, descending }: FindingQuery): readonly (keyof typeof keyColumns)[] {
  const first = sort ?? "severity";
  const keys = first === "severity" && descending !== true ? ["severity", "first-seen"] : [first];
  return [...keys, "fingerprint"] as (keyof typeof keyColumns)[];
}

const keyColumns = { ...sorts, fingerprint: { column: `f.fingerprint`, type: "text" } } as const;

export function orderOf(query: FindingQuery): string {
  const direction = query.descending === true ? "desc" : "asc";
  return keysOf(query)
    .map((key) => `${collated(key)} ${direction}`)
    .join(", ");
}

/** Texts in the order of their bytes: pages must not depend on the database's language. */
function collated(key: keyof typeof keyColumns): string {
  const { column, type } = keyColumns[key];
  return type === "text" ? `${column} collate "C"` : column;
}

function addCursor(query: FindingQuery, { params, parts }: { params: unknown[]; parts: string[] }): void {
  if (query.after === undefined) return;
  const keys = keysOf(query);
  const types = keys.map((key) => (keyColumns[key].type === "number" ? "number" : "string"));
  const values = decodeCursor(query.after, types);
  const given = keys.map((key, at) => {
    const value = values[at];
    if (keyColumns[key].type === "time" && !isTime(value)) throw foreignCursor();
    params.push(value);
    return `$${params.length}${casts[keyColumns[key].type]}`;
  });
  parts.push(`(${keys.map(collated).join(", ")}) ${query.descending === true ? "<" : ">"} (${given.join(", ")})`);
}

function isTime(value: CursorPart | undefined): boolean {
  return value === "infinity" || isInstant(value);
}

/** What the next page begins after. */
export function keyOfLast(query: FindingQuery, last: Row): CursorPart[] {
  const values: Record<keyof typeof keyColumns, unknown> = {
    severity: last["severity_rank"],
    "first-seen": last["first_seen"],
    "last-seen": last["last_seen"],
    resolved: last["resolved_at"] ?? "infinity",
    reopened: last["reopened"],
    policy: last["policy"],
    resource: last["resource"],
    type: last["type"],
    account: last["account"] ?? "",
    region: last["region"] ?? "",
    owner: last["owner"] ?? "",
    status: last["status_now"],
    fingerprint: last["fingerprint"],
  };
  return keysOf(query).map((key) => {
    const value = values[key];
    return value instanceof Date ? value.toISOString() : (value as CursorPart);
  });
}
