-- Scans that are split among workers. Messages only hint at what is here: this is the truth, by this database's clock.
create table scan_requests (
  id text primary key references scans (id) on delete cascade,
  state text not null check (state in ('open', 'finished', 'failed', 'cancelled')),
  request jsonb not null,
  policies text not null, -- digest of what judges: workers that have other policies leave the scan alone
  actor jsonb not null,
  requested timestamptz not null default clock_timestamp(),
  deadline timestamptz not null,
  ended timestamptz,
  error text,
  report bytea -- compressed, until it is old
);
create index scan_requests_open on scan_requests (requested) where state = 'open';

create table scan_shards (
  scan text not null references scan_requests (id) on delete cascade,
  shard text collate "C" not null,
  kind text not null check (kind in ('plan', 'read', 'merge')),
  target jsonb,
  state text not null check (state in ('waiting', 'ready', 'running', 'done', 'failed')),
  attempt integer not null default 0, -- the fencing token: only the latest may write
  failures integer not null default 0,
  worker text,
  lease timestamptz,
  not_before timestamptz not null default clock_timestamp(),
  published timestamptz not null default clock_timestamp(),
  started timestamptz,
  finished timestamptz,
  resources integer not null default 0,
  verdicts integer not null default 0,
  chunks integer not null default 0,
  error text,
  primary key (scan, shard)
);
create index scan_shards_ready on scan_shards (not_before) where state = 'ready';
create index scan_shards_running on scan_shards (lease) where state = 'running';

-- What attempts at shards have read and judged, compressed; only that of the accepted attempt counts.
create table scan_chunks (
  scan text not null,
  shard text collate "C" not null,
  attempt integer not null,
  seq integer not null,
  body bytea not null,
  primary key (scan, shard, attempt, seq),
  foreign key (scan, shard) references scan_shards (scan, shard) on delete cascade
);
