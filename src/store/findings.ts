// Findings as they are kept: one row a fingerprint, from its first sight to its resolution and back.
import type { Severity } from "../engine/policy.js";
import type { AppliedWaiver, ControlReference, Reason, VerdictResource } from "../engine/verdict.js";
import type { Location } from "../inventory/resource.js";
import { PortcullisError } from "../errors.js";
import type { Row, Session } from "./database.js";
import { conditionsOf, keyOfLast, orderOf, statusNow, type FindingQuery } from "./finding-query.js";
import { encodeCursor } from "./cursor.js";
import type { FindingEvent } from "./history.js";

export type { FindingQuery } from "./finding-query.js";

/** A `fail` or `unknown` verdict that lives over time. Times are RFC 3339, UTC. */
export interface Finding {
  readonly fingerprint: string;
  readonly policy: string;
  readonly severity: Severity;
  readonly title: string;
  readonly resource: VerdictResource;
  readonly owner: string | null;
  readonly controls: readonly ControlReference[];
  /** Of the first of `reasons`, as is `path`. */
  readonly message: string;
  readonly path: string | null;
  readonly reasons: readonly Reason[];
  readonly location: Location | null;
  readonly remediation: string | null;
  /** What it is, or would be without its waiver. */
  readonly verdict: "fail" | "unknown";
  readonly status: "open" | "waived" | "resolved";
  /** What excuses it, or did until it expired; null where nothing did when it was last looked at. */
  readonly waiver: AppliedWaiver | null;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly resolvedAt: string | null;
  /** How often it came back after it was resolved. */
  readonly reopened: number;
  readonly lastScan: string;
}

export interface FindingPage {
  readonly findings: readonly Finding[];
  /** Null on the last page. */
  readonly next: string | null;
}

/** In the order that the query says: the most severe first, then the oldest, where it says none. */
export async function listFindings(session: Session, query: FindingQuery, now: string): Promise<FindingPage> {
  const { sql, params } = conditionsOf(query, now);
  const rows = await session.query(
    `select f.*, ${statusNow} as status_now from findings f where ${sql} order by ${orderOf(query)} limit ${query.limit + 1}`,
    params,
  );
  const findings = rows.slice(0, query.limit).map(findingOf);
  const last = rows[findings.length - 1];
  const more = rows.length > query.limit && last !== undefined;
  return { findings, next: more ? encodeCursor(keyOfLast(query, last)) : null };
}

/** By the fingerprint or the start of it. Throws `usage` where several have that start. */
export async function getFinding(session: Session, prefix: string, now: string): Promise<Finding | null> {
  const start = prefix.toLowerCase();
  if (!/^[0-9a-f]{1,64}$/.test(start)) return null;
  const rows = await session.query(
    `select f.*, ${statusNow} as status_now from findings f
     where fingerprint >= $2 and fingerprint < $2 || 'g' order by fingerprint limit 2`,
    [now, start],
  );
  const [first, second] = rows.map(findingOf);
  if (first === undefined) return null;
  if (second === undefined || first.fingerprint === start) return first;
  throw new PortcullisError("usage", `several findings start with ${prefix}; give more of the fingerprint`);
}

/** What happened to a finding, oldest first. */
export async function findingHistory(session: Session, fingerprint: string): Promise<readonly FindingEvent[]> {
  const rows = await session.query(
    `select * from finding_events where fingerprint = $1
     order by at, array_position(array['opened', 'reopened', 'waiver-ended', 'waived', 'resolved'], kind) limit 10000`,
    [fingerprint],
  );
  return rows.map(findingEventOf);
}

export function findingEventOf(row: Row): FindingEvent {
  const { fingerprint, kind, scan, policy, resource, severity, waiver } = row;
  return { at: instant(row["at"]), fingerprint, kind, scan, policy, resource, severity, waiver } as FindingEvent;
}

/** `status_now` is the status at the time that was asked for. */
export function findingOf(row: Row): Finding {
  const { fingerprint, policy, severity, title, message, path, reasons, location, verdict, reopened } = row;
  const {
    status_now: status,
    resource: id,
    provider,
    type,
    name,
    account,
    region,
    owner,
    controls,
    remediation,
    waiver,
  } = row;
  return {
    ...{ fingerprint, policy, severity, title },
    resource: { id, provider, type, name, account, region },
    ...{ owner, controls, message, path, reasons, location, remediation, verdict, status, waiver },
    firstSeen: instant(row["first_seen"]),
    lastSeen: instant(row["last_seen"]),
    resolvedAt: row["resolved_at"] === null ? null : instant(row["resolved_at"]),
    reopened,
    lastScan: row["last_scan"],
  } as Finding;
}

/** RFC 3339 of a timestamptz. */
export function instant(value: unknown): string {
  return (value as Date).toISOString();
}
