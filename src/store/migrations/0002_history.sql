-- What was true when. A year of hourly scans changes little from one to the next, so nothing is written twice: a resource's
-- body and the verdicts on it are kept once by their content, and a state says from which scan to which they held. What a
-- scan judged are the states that held when it ended, in the places that it covered.

drop table verdicts;
drop table scan_resources;
drop table scan_verdicts;
delete from scans where status = 'running';

alter table scans
  add column seq bigint unique, -- the order in which scans were merged
  add column schedule text,
  add column version text,
  add column policies text collate "C",
  add column places text collate "C",
  add column tally jsonb, -- verdicts by policy
  add column outcome jsonb,
  add column notes jsonb;
create index scans_finished on scans (finished);

-- Sets that hardly change from scan to scan, by the digest of what is in them.
create table policy_sets (
  digest text collate "C" primary key,
  policies jsonb not null
);
create table place_sets (
  digest text collate "C" primary key,
  places jsonb not null
);

-- Where the latest scan looked: what is open there was seen by it.
create table places (
  provider text not null,
  account text,
  region text,
  type text, -- null: every type
  seq bigint not null,
  scan text not null,
  seen timestamptz not null
);
create unique index places_once on places (provider, coalesce(account, ''), (account is null), coalesce(region, ''), (region is null), coalesce(type, ''));

alter table resources
  drop column last_scan,
  drop column last_seen,
  drop column config,
  drop column content_hash,
  drop column tags,
  add column key bigint generated always as identity unique,
  add column owner text,
  add column last_seq bigint, -- of the last state that ended
  add column last_seen timestamptz;

create table bodies (
  hash text collate "C" primary key, -- SHA-256 of the canonical JSON of what follows
  name text,
  tags jsonb not null,
  config jsonb,
  omitted text, -- SHA-256 of a config that was too large to keep
  added timestamptz not null
);

create table vectors (
  key bigint generated always as identity primary key,
  hash text collate "C" not null unique,
  verdicts jsonb not null -- policy to verdict
);

create table states (
  resource bigint primary key references resources (key) on delete cascade,
  body text collate "C" not null,
  vector bigint not null,
  from_seq bigint not null,
  from_at timestamptz not null
) with (fillfactor = 80);

create table past_states (
  resource bigint not null,
  body text collate "C" not null,
  vector bigint not null,
  from_seq bigint not null,
  from_at timestamptz not null,
  until_seq bigint not null,
  until_at timestamptz not null,
  ended text not null check (ended in ('changed', 'gone', 'unseen'))
) partition by range (until_at);
create index past_states_of on past_states (resource, until_seq);

create table finding_events (
  at timestamptz not null,
  fingerprint text collate "C" not null,
  kind text not null check (kind in ('opened', 'reopened', 'resolved', 'waived', 'waiver-ended')),
  scan text not null,
  policy text not null,
  resource text collate "C" not null,
  severity text not null,
  waiver text
) partition by range (at);
create index finding_events_of on finding_events (fingerprint, at);

-- A partition for each month, made when the first row of it comes.
create function portcullis_month(parent text, at timestamptz) returns void language plpgsql as $$
declare
  first timestamp := date_trunc('month', at at time zone 'UTC');
  name text := parent || '_' || to_char(first, 'YYYYMM');
begin
  if parent not in ('past_states', 'finding_events') then
    raise exception '% has no months', parent;
  end if;
  if to_regclass(name) is null then
    execute format('create table %I partition of %I for values from (%L) to (%L)', name, parent,
      first at time zone 'UTC', (first + interval '1 month') at time zone 'UTC');
  end if;
end $$;
-- Whoever may scan may begin a month, although the tables are somebody else's.
do $$ begin
  execute format('alter function portcullis_month(text, timestamptz) security definer set search_path = %I, pg_temp', current_schema());
end $$;

alter table findings
  add column owner text,
  add column controls jsonb not null default '[]',
  add column remediation text,
  add column waiver jsonb,
  drop constraint findings_status_check,
  add constraint findings_status_check check (status in ('open', 'waived', 'resolved')),
  add constraint findings_waiver_check check ((status = 'waived') <= (waiver is not null)),
  drop constraint findings_last_scan_fkey;
alter table findings set (fillfactor = 80);

-- What a scan that still runs has seen. A resource that is known as it is takes a few bytes in `scan_known`.
create table scan_known (
  scan text not null references scans (id) on delete cascade,
  part integer not null,
  seqs integer[] not null,
  keys bigint[] not null,
  bodies text[] not null,
  primary key (scan, part)
);
create table scan_resources (
  scan text not null references scans (id) on delete cascade,
  seq integer not null,
  id text collate "C" not null,
  provider text not null,
  type text not null,
  name text,
  account text,
  region text,
  owner text,
  body text collate "C" not null,
  primary key (scan, seq)
);
create table scan_vectors (
  scan text not null references scans (id) on delete cascade,
  part integer not null,
  seqs integer[] not null,
  vectors bigint[] not null,
  primary key (scan, part)
);
-- Those that are more than a pass: failures, doubts, errors, and what is waived.
create table scan_verdicts (
  scan text not null references scans (id) on delete cascade,
  seq integer not null,
  policy text collate "C" not null,
  resource text collate "C" not null,
  verdict text not null,
  fingerprint text collate "C", -- this and what follows: not for errors
  would text,
  severity text,
  severity_rank smallint,
  title text,
  provider text,
  type text,
  name text,
  account text,
  region text,
  owner text,
  message text,
  path text,
  reasons jsonb,
  location jsonb,
  controls jsonb,
  remediation text,
  waiver jsonb,
  primary key (scan, seq)
);
create index scan_verdicts_of on scan_verdicts (scan, policy, resource);
