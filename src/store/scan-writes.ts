// The statements by which a scan that still runs keeps what it saw. Each may be done twice.
import type { Session } from "./database.js";
import type { BodyRow, ResourceRow, ScanRow } from "./scan-rows.js";

/** Where they keep it until the scan is merged. */
export const stagingTables = ["scan_known", "scan_resources", "scan_vectors", "scan_verdicts"] as const;

/** What the database has of a resource, with the state that holds. */
export interface Known {
  readonly key: number;
  readonly provider: string;
  readonly type: string;
  readonly name: string | null;
  readonly account: string | null;
  readonly region: string | null;
  readonly owner: string | null;
  readonly body: string | null;
  readonly vector: number;
}

export async function knownResources(
  session: Session,
  rows: readonly ResourceRow[],
): Promise<ReadonlyMap<string, Known>> {
  const known = await session.query(
    `select r.id, r.key, r.provider, r.type, r.name, r.account, r.region, r.owner, s.body, s.vector
     from resources r left join states s on s.resource = r.key
     where r.id in (select jsonb_array_elements_text($1::jsonb))`,
    [JSON.stringify(rows.map(({ id }) => id))],
  );
  return new Map(
    known.map((row) => [
      row["id"] as string,
      { ...row, key: Number(row["key"]), vector: Number(row["vector"] ?? 0) } as unknown as Known,
    ]),
  );
}

/** What was there already is young again: retention must not take it before this scan refers to it. */
export async function writeBodies(session: Session, bodies: readonly BodyRow[]): Promise<void> {
  if (bodies.length === 0) return;
  await session.query(
    `insert into bodies (hash, name, tags, config, omitted, added)
     select distinct on (hash) hash, name, tags, nullif(config, 'null'), omitted, now()
     from jsonb_to_recordset($1::jsonb) as b(hash text, name text, tags jsonb, config jsonb, omitted text)
     order by hash
     on conflict (hash) do update set added = excluded.added where bodies.added < now() - interval '1 day'`,
    [JSON.stringify(bodies)],
  );
}

export async function writeKnown(
  session: Session,
  scan: string,
  rows: readonly { readonly seq: number; readonly key: number; readonly body: string }[],
): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  await session.query(
    `insert into scan_known (scan, part, seqs, keys, bodies) values ($1, $2, $3::int[], $4::bigint[], $5::text[])
     on conflict do nothing`,
    [
      scan,
      first.seq,
      arrayText(rows.map(({ seq }) => seq)),
      arrayText(rows.map(({ key }) => key)),
      arrayText(rows.map(({ body }) => body)),
    ],
  );
}

/** An array of numbers or hex digits as PostgreSQL writes it: both drivers take it. */
export function arrayText(values: readonly (number | string)[]): string {
  return `{${values.join(",")}}`;
}

export async function writeResources(session: Session, scan: string, rows: readonly ResourceRow[]): Promise<void> {
  if (rows.length === 0) return;
  await session.query(
    `insert into scan_resources (scan, seq, id, provider, type, name, account, region, owner, body)
     select $1, seq, id, provider, type, name, account, region, owner, body
     from jsonb_to_recordset($2::jsonb) as r(seq int, id text, provider text, type text, name text, account text,
       region text, owner text, body text)
     on conflict do nothing`,
    [scan, JSON.stringify(rows.map((row) => ({ ...row, body: row.body.hash })))],
  );
}

export async function writeVerdicts(session: Session, scan: string, rows: readonly ScanRow[]): Promise<void> {
  await session.query(
    `insert into scan_verdicts
       (scan, seq, policy, resource, verdict, fingerprint, would, severity, severity_rank, title, provider, type, name,
        account, region, owner, message, path, reasons, location, controls, remediation, waiver)
     select $1, seq, policy, resource, verdict, fingerprint, would, severity, severity_rank, title, provider, type, name,
        account, region, owner, message, path, reasons, nullif(location, 'null'), controls, remediation,
        nullif(waiver, 'null')
     from jsonb_to_recordset($2::jsonb) as r(seq int, policy text, resource text, verdict text, fingerprint text,
       would text, severity text, severity_rank smallint, title text, provider text, type text, name text, account text,
       region text, owner text, message text, path text, reasons jsonb, location jsonb, controls jsonb,
       remediation text, waiver jsonb)
     on conflict do nothing`,
    [scan, JSON.stringify(rows)],
  );
}
