// Findings as they are kept: one row a fingerprint, from its first sight to its resolution and back.
import { severities, type Severity } from "../engine/policy.js";
import type { Reason, VerdictResource } from "../engine/verdict.js";
import type { Location } from "../inventory/resource.js";
import { PortcullisError } from "../errors.js";
import { decodeCursor, encodeCursor } from "./cursor.js";
import type { Row, Session } from "./database.js";
import { storableId, storablePolicy } from "./storable.js";

/** A `fail` or `unknown` verdict that lives over time. Times are RFC 3339, UTC. */
export interface Finding {
  readonly fingerprint: string;
  readonly policy: string;
  readonly severity: Severity;
  readonly title: string;
  readonly resource: VerdictResource;
  /** Of the first of `reasons`, as is `path`. */
  readonly message: string;
  readonly path: string | null;
  readonly reasons: readonly Reason[];
  readonly location: Location | null;
  readonly verdict: "fail" | "unknown";
  readonly status: "open" | "resolved";
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly resolvedAt: string | null;
  /** How often it came back after it was resolved. */
  readonly reopened: number;
  readonly lastScan: string;
}

export interface FindingQuery {
  readonly status: "open" | "resolved" | "all";
  /** This severe, or more. */
  readonly severity?: Severity;
  readonly policy?: string;
  readonly resource?: string;
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string;
}

export interface FindingPage {
  readonly findings: readonly Finding[];
  /** Null on the last page. */
  readonly next: string | null;
}

/** The most severe first, then the oldest. */
export async function listFindings(session: Session, query: FindingQuery): Promise<FindingPage> {
  const after =
    query.after === undefined ? [null, null, null] : decodeCursor(query.after, ["number", "string", "string"]);
  const rows = await session.query(
    `select * from findings
     where ($1::text = 'all' or status = $1)
       and ($2::int is null or severity_rank <= $2)
       and ($3::text is null or policy = $3)
       and ($4::text is null or resource = $4)
       and ($5::int is null or (severity_rank, first_seen, fingerprint) > ($5, $6::timestamptz, $7::text collate "C"))
     order by severity_rank, first_seen, fingerprint
     limit $8`,
    [
      query.status,
      query.severity === undefined ? null : severities.indexOf(query.severity),
      query.policy === undefined ? null : storablePolicy(query.policy),
      query.resource === undefined ? null : storableId(query.resource),
      ...after,
      query.limit + 1,
    ],
  );
  const findings = rows.slice(0, query.limit).map(findingOf);
  const last = findings.at(-1);
  const more = rows.length > query.limit && last !== undefined;
  return {
    findings,
    next: more ? encodeCursor([severities.indexOf(last.severity), last.firstSeen, last.fingerprint]) : null,
  };
}

/** By the fingerprint or the start of it. Throws `usage` where several have that start. */
export async function getFinding(session: Session, prefix: string): Promise<Finding | null> {
  const start = prefix.toLowerCase();
  if (!/^[0-9a-f]{1,64}$/.test(start)) return null;
  const rows = await session.query(
    `select * from findings where fingerprint >= $1 and fingerprint < $1 || 'g' order by fingerprint limit 2`,
    [start],
  );
  const [first, second] = rows.map(findingOf);
  if (first === undefined) return null;
  if (second === undefined || first.fingerprint === start) return first;
  throw new PortcullisError("usage", `several findings start with ${prefix}; give more of the fingerprint`);
}

function findingOf(row: Row): Finding {
  const { fingerprint, policy, severity, title, message, path, reasons, location, verdict, status, reopened } = row;
  const { resource: id, provider, type, name, account, region } = row;
  return {
    ...{ fingerprint, policy, severity, title },
    resource: { id, provider, type, name, account, region },
    ...{ message, path, reasons, location, verdict, status },
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
