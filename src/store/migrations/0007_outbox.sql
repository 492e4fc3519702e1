-- Events that are to be published: written in the transaction of the change that they tell of, removed when the broker has them.
-- Order by `seq` is the order of commits for events of one key: who writes them holds a lock of the key until the commit.
create table outbox (
  seq bigint generated always as identity primary key,
  id text collate "C" not null unique,
  topic text not null,
  key text,
  body text not null,
  added timestamptz not null default clock_timestamp()
);
-- Rows come and go: the first one must be found without walking over all that are gone.
alter table outbox set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- What the broker refuses, and why. It waits for a person, and holds nothing else up.
create table outbox_parked (
  id text collate "C" primary key,
  topic text not null,
  key text,
  body text not null,
  added timestamptz not null,
  parked timestamptz not null default clock_timestamp(),
  reason text not null
);
create index outbox_parked_listed on outbox_parked (parked desc, id);

-- Work that one process at a time does. By the database's own clock, which all replicas share.
create table leases (
  name text collate "C" primary key,
  holder text not null,
  until timestamptz not null
);
