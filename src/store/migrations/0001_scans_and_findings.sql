-- What scans saw and found. Times are those of the scan's end, in milliseconds.

create table scans (
  id text primary key,
  started timestamptz not null,
  finished timestamptz,
  status text not null check (status in ('running', 'finished', 'aborted')),
  targets jsonb not null,
  summary jsonb,
  problems jsonb
);
create index scans_started on scans (started desc, id);

create table resources (
  id text collate "C" primary key,
  provider text not null,
  type text not null,
  name text,
  account text,
  region text,
  tags jsonb not null,
  config jsonb, -- null: too large to keep
  content_hash text not null,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  last_scan text not null references scans (id)
);

-- The latest verdict of a policy on a resource.
create table verdicts (
  policy text collate "C" not null,
  resource text collate "C" not null references resources (id) on delete cascade,
  verdict text not null,
  scan text not null references scans (id),
  primary key (policy, resource)
);

create table findings (
  fingerprint text collate "C" primary key,
  policy text not null,
  severity text not null,
  severity_rank smallint not null, -- 0 is critical
  title text not null,
  resource text collate "C" not null,
  provider text not null,
  type text not null,
  name text,
  account text,
  region text,
  message text not null,
  path text,
  reasons jsonb not null,
  location jsonb,
  verdict text not null check (verdict in ('fail', 'unknown')),
  status text not null check (status in ('open', 'resolved')),
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  resolved_at timestamptz,
  reopened integer not null default 0,
  last_scan text not null references scans (id),
  check ((status = 'resolved') = (resolved_at is not null))
);
create index findings_listed on findings (status, severity_rank, first_seen, fingerprint);
create index findings_of_resource on findings (resource);

-- What a scan that still runs has seen: merged into the tables above in one transaction when it ends, so that a scan that
-- breaks off changes nothing.
create table scan_resources (
  scan text not null references scans (id) on delete cascade,
  seq integer not null,
  id text collate "C" not null,
  provider text not null,
  type text not null,
  name text,
  account text,
  region text,
  tags jsonb not null,
  config jsonb,
  config_changed boolean not null, -- false: the config was not sent, because its hash is the one that is kept
  content_hash text not null,
  primary key (scan, seq)
);
create index scan_resources_id on scan_resources (scan, id);

create table scan_verdicts (
  scan text not null references scans (id) on delete cascade,
  seq integer not null,
  policy text collate "C" not null,
  resource text collate "C" not null,
  verdict text not null,
  fingerprint text collate "C", -- this and what follows: only for fail and unknown
  severity text,
  severity_rank smallint,
  title text,
  provider text,
  type text,
  name text,
  account text,
  region text,
  message text,
  path text,
  reasons jsonb,
  location jsonb,
  primary key (scan, seq)
);
create index scan_verdicts_of on scan_verdicts (scan, policy, resource);
