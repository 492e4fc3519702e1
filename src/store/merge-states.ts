// What a scan saw of resources becomes their states: a row is written only where something changed.
import type { Session } from "./database.js";
import { keepSet, type MergedScan } from "./merge-scan.js";

/** Returns the digest of the places that the scan covered. The table `scan_seen` is there until the transaction ends. */
export async function mergeStates(session: Session, scan: MergedScan): Promise<string> {
  await mergeResources(session, scan);
  await gatherSeen(session, scan);
  const places = await placesOf(session, scan);
  await endMissing(session, scan);
  await endChanged(session, scan);
  await beginStates(session, scan);
  await notePlaces(session, scan);
  return keepSet(session, "place_sets", "places", places);
}

/** The last one of an id counts. */
async function mergeResources(session: Session, { id, at }: MergedScan): Promise<void> {
  await session.query(
    `insert into resources as r (id, provider, type, name, account, region, owner, first_seen)
     select distinct on (id) id, provider, type, name, account, region, owner, $2::timestamptz
     from scan_resources where scan = $1 order by id, seq desc
     on conflict (id) do update set provider = excluded.provider, type = excluded.type, name = excluded.name,
       account = excluded.account, region = excluded.region, owner = excluded.owner`,
    [id, at],
  );
}

async function gatherSeen(session: Session, { id }: MergedScan): Promise<void> {
  await session.query(
    `create temporary table scan_seen on commit drop as
     with seen as (
       select k.seq, k.key, k.body from scan_known, unnest(seqs, keys, bodies) as k (seq, key, body)
       where scan = '${quoted(id)}'
       union all
       select s.seq, r.key, s.body from scan_resources s join resources r on r.id = s.id where s.scan = '${quoted(id)}'
     ), vectors as (
       select v.seq, v.vector from scan_vectors, unnest(seqs, vectors) as v (seq, vector) where scan = '${quoted(id)}'
     )
     select distinct on (key) key, body, vector from seen join vectors using (seq) order by key, seq desc`,
  );
  await session.script("alter table scan_seen add primary key (key); analyze scan_seen");
}

/** A statement that makes a table takes no parameters. Ids of scans are ours; a quote in one would be a defect. */
function quoted(id: string): string {
  return id.replaceAll("'", "''");
}

interface Place {
  readonly provider: string;
  readonly account: string | null;
  readonly region: string | null;
  readonly type: string | null;
}

/** Where resources were seen: a complete scan covers every type there, another one only the types that it saw. */
async function placesOf(session: Session, { complete }: MergedScan): Promise<readonly Place[]> {
  await session.script(
    `create temporary table scan_places on commit drop as
     select distinct provider, account, region, ${complete ? "null::text" : "type"} as type
     from scan_seen n join resources r on r.key = n.key;
     analyze scan_places`,
  );
  const rows = await session.query(
    `select provider, account, region, type from scan_places order by provider, account, region, type`,
  );
  return rows as unknown as Place[];
}

/** That a place of the table `places` is where resource `r` is. */
export const isPlaceOf = (places: string): string =>
  `${places}.provider = r.provider and ${places}.account is not distinct from r.account
   and ${places}.region is not distinct from r.region and (${places}.type is null or ${places}.type = r.type)`;

/** Whether a problem of the list `$n` may hide what is of the type, account and region of `what`. */
export const isHidden = (parameter: string, what: string): string =>
  `exists (select from jsonb_to_recordset(${parameter}::jsonb) as p(hides jsonb, account text, region text)
     where (p.hides = '[]' or p.hides @> to_jsonb(${what}.type))
       and (p.account is null or ${what}.account is null or p.account = ${what}.account)
       and (p.region is null or ${what}.region is null or p.region = ${what}.region))`;

/** What was there and was not seen: gone, or hidden by a problem. Either way it was not judged. */
async function endMissing(session: Session, { seq, at, hiding }: MergedScan): Promise<void> {
  await session.query(
    `with missing as (
       delete from states s using resources r
       where r.key = s.resource and not exists (select from scan_seen n where n.key = s.resource)
         and exists (select from scan_places p where ${isPlaceOf("p")})
       returning s.*, case when ${isHidden("$3", "r")} then 'unseen' else 'gone' end as ended
     ), seen as (
       update resources r set last_seq = $1, last_seen = (select max(p.seen) from places p where ${isPlaceOf("p")})
       from missing m where r.key = m.resource
     )
     insert into past_states (resource, body, vector, from_seq, from_at, until_seq, until_at, ended)
     select resource, body, vector, from_seq, from_at, $1, $2::timestamptz, ended from missing`,
    [seq, at, hiding],
  );
}

async function endChanged(session: Session, { seq, at }: MergedScan): Promise<void> {
  await session.query(
    `insert into past_states (resource, body, vector, from_seq, from_at, until_seq, until_at, ended)
     select s.resource, s.body, s.vector, s.from_seq, s.from_at, $1, $2::timestamptz, 'changed'
     from states s join scan_seen n on n.key = s.resource
     where s.body <> n.body or s.vector <> n.vector`,
    [seq, at],
  );
}

async function beginStates(session: Session, { seq, at }: MergedScan): Promise<void> {
  await session.query(
    `insert into states as s (resource, body, vector, from_seq, from_at)
     select n.key, n.body, n.vector, $1, $2::timestamptz
     from scan_seen n left join states s on s.resource = n.key
     where s.resource is null or s.body <> n.body or s.vector <> n.vector
     on conflict (resource) do update set body = excluded.body, vector = excluded.vector, from_seq = excluded.from_seq,
       from_at = excluded.from_at`,
    [seq, at],
  );
}

async function notePlaces(session: Session, { id, seq, at }: MergedScan): Promise<void> {
  await session.query(
    `insert into places as p (provider, account, region, type, seq, scan, seen)
     select provider, account, region, type, $1, $2, $3::timestamptz from scan_places
     on conflict (provider, coalesce(account, ''), (account is null), coalesce(region, ''), (region is null), coalesce(type, ''))
     do update set seq = excluded.seq, scan = excluded.scan, seen = excluded.seen`,
    [seq, id, at],
  );
}
