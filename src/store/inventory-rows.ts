// The scans and resources that the store keeps, page by page.
import type { JsonObject } from "../json.js";
import type { ScanProblem } from "../inventory/scan-item.js";
import type { Summary } from "../report.js";
import { decodeCursor, encodeCursor } from "./cursor.js";
import type { Row, Session } from "./database.js";
import { instant } from "./findings.js";
import { storableText } from "./storable.js";

export interface StoredScan {
  readonly id: string;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly status: "running" | "finished" | "aborted";
  readonly targets: readonly string[];
  /** Null until it is finished, as are the problems. */
  readonly summary: Summary | null;
  readonly problems: readonly ScanProblem[] | null;
}

export interface StoredResource {
  readonly id: string;
  readonly provider: string;
  readonly type: string;
  readonly name: string | null;
  readonly account: string | null;
  readonly region: string | null;
  readonly tags: { readonly [key: string]: string };
  /** Null where it was too large to keep. */
  readonly config: JsonObject | null;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly lastScan: string;
}

export interface ResourceQuery {
  readonly type?: string;
  readonly limit: number;
  readonly after?: string;
}

export interface ResourcePage {
  readonly resources: readonly StoredResource[];
  readonly next: string | null;
}

/** The latest first. */
export async function listScans(session: Session, limit: number): Promise<readonly StoredScan[]> {
  const rows = await session.query("select * from scans order by started desc, id limit $1", [limit]);
  return rows.map((row) => {
    const { id, status, targets, summary, problems } = row;
    const finishedAt = row["finished"] === null ? null : instant(row["finished"]);
    return { id, startedAt: instant(row["started"]), finishedAt, status, targets, summary, problems } as StoredScan;
  });
}

/** By id. */
export async function listResources(session: Session, { type, limit, after }: ResourceQuery): Promise<ResourcePage> {
  const rows = await session.query(
    `select * from resources where ($1::text is null or type = $1) and ($2::text is null or id > $2) order by id limit $3`,
    [
      type === undefined ? null : storableText(type),
      after === undefined ? null : decodeCursor(after, ["string"])[0],
      limit + 1,
    ],
  );
  const resources = rows.slice(0, limit).map(resourceOf);
  const last = resources.at(-1);
  return { resources, next: rows.length > limit && last !== undefined ? encodeCursor([last.id]) : null };
}

function resourceOf(row: Row): StoredResource {
  const { id, provider, type, name, account, region, tags, config } = row;
  return {
    ...{ id, provider, type, name, account, region, tags, config },
    firstSeen: instant(row["first_seen"]),
    lastSeen: instant(row["last_seen"]),
    lastScan: row["last_scan"],
  } as StoredResource;
}
