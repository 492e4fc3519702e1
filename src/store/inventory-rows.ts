// The scans and resources that the store keeps, page by page.
import type { JsonObject } from "../json.js";
import type { ScanProblem } from "../inventory/scan-item.js";
import type { Summary } from "../report.js";
import { decodeCursor, encodeCursor, foreignCursor, isInstant } from "./cursor.js";
import type { Row, Session } from "./database.js";
import { instant } from "./findings.js";
import type { ScanOutcome } from "./merge-scan.js";
import { isPlaceOf } from "./merge-states.js";
import { storableId, storableText } from "./storable.js";

export interface StoredScan {
  readonly id: string;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly status: "running" | "finished" | "aborted";
  readonly targets: readonly string[];
  /** Null until it is finished, as are the problems. */
  readonly summary: Summary | null;
  readonly problems: readonly ScanProblem[] | null;
  /** The schedule that started it, or null. */
  readonly schedule: string | null;
  /** What became of findings; null until it is finished. */
  readonly outcome: ScanOutcome | null;
  /** What happened besides: a database that was away for a while. */
  readonly notes: readonly string[];
}

export interface StoredResource {
  readonly id: string;
  readonly provider: string;
  readonly type: string;
  readonly name: string | null;
  readonly account: string | null;
  readonly region: string | null;
  readonly owner: string | null;
  readonly tags: { readonly [key: string]: string };
  /** Without secrets. Null where it was too large to keep. */
  readonly config: JsonObject | null;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly lastScan: string;
}

export interface ResourceQuery {
  readonly provider?: string;
  readonly type?: string;
  readonly account?: string;
  readonly region?: string;
  /** The empty text: without an owner. */
  readonly owner?: string;
  /** These only. */
  readonly ids?: readonly string[];
  readonly limit: number;
  readonly after?: string;
}

export interface ResourcePage {
  readonly resources: readonly StoredResource[];
  readonly next: string | null;
}

/** The latest first; `after` is the scan that was the last of the page before, as `cursorOfScan` has it. */
export async function listScans(session: Session, limit: number, after?: string): Promise<readonly StoredScan[]> {
  const [started = null, id = null] = after === undefined ? [] : decodeCursor(after, ["string", "string"]);
  if (started !== null && !isInstant(started)) throw foreignCursor();
  const rows = await session.query(
    `select * from scans
     where $2::timestamptz is null or date_trunc('milliseconds', started) < $2
       or (date_trunc('milliseconds', started) = $2 and id > $3)
     order by date_trunc('milliseconds', started) desc, id limit $1`,
    [limit, started, id],
  );
  return rows.map(scanOf);
}

export function cursorOfScan({ startedAt, id }: StoredScan): string {
  return encodeCursor([startedAt, id]);
}

export async function getScan(session: Session, id: string): Promise<StoredScan | null> {
  const [row] = await session.query("select * from scans where id = $1", [storableText(id)]);
  return row === undefined ? null : scanOf(row);
}

function scanOf(row: Row): StoredScan {
  const { id, status, targets, summary, problems, schedule, outcome } = row;
  const finishedAt = row["finished"] === null ? null : instant(row["finished"]);
  return {
    ...{ id, startedAt: instant(row["started"]), finishedAt, status, targets, summary, problems, schedule },
    ...{ outcome, notes: row["notes"] ?? [] },
  } as StoredScan;
}

/** What there is, by id: what is gone is left out. */
export async function listResources(session: Session, query: ResourceQuery): Promise<ResourcePage> {
  const { limit, after } = query;
  const text = (value: string | undefined): string | null => (value === undefined ? null : storableText(value));
  const rows = await session.query(
    `select r.*, b.name as body_name, b.tags, b.config, seen.scan, seen.seen
     from resources r join states s on s.resource = r.key left join bodies b on b.hash = s.body
     left join lateral (
       select p.scan, p.seen from places p where ${isPlaceOf("p")} order by p.seq desc limit 1
     ) seen on true
     where ($1::text is null or r.type = $1) and ($2::text is null or r.id > $2) and ($4::text is null or r.provider = $4)
       and ($5::text is null or r.account = $5) and ($6::text is null or r.region = $6)
       and ($7::text is null or coalesce(r.owner, '') = $7) and ($8::text[] is null or r.id = any($8))
     order by r.id limit $3`,
    [
      text(query.type),
      after === undefined ? null : decodeCursor(after, ["string"])[0],
      limit + 1,
      ...[text(query.provider), text(query.account), text(query.region), text(query.owner)],
      query.ids?.map(storableId) ?? null,
    ],
  );
  const resources = rows.slice(0, limit).map(resourceOf);
  const last = resources.at(-1);
  return { resources, next: rows.length > limit && last !== undefined ? encodeCursor([last.id]) : null };
}

function resourceOf(row: Row): StoredResource {
  const { id, provider, type, name, account, region, owner, tags, config } = row;
  return {
    ...{ id, provider, type, name, account, region, owner, tags, config },
    firstSeen: instant(row["first_seen"]),
    lastSeen: instant(row["seen"] ?? row["first_seen"]),
    lastScan: row["scan"],
  } as StoredResource;
}
