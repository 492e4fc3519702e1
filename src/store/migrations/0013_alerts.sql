-- Alerts to places besides the broker. A change of a finding is an event until it is in a message of each destination that wants
-- it; a message is pending until its destination took it, or until it was given up.
create table alert_events (
  seq bigint generated always as identity primary key,
  id text collate "C" not null unique,
  event jsonb not null,
  added timestamptz not null default clock_timestamp()
);
alter table alert_events set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

create table alert_messages (
  seq bigint generated always as identity primary key,
  id text collate "C" not null unique, -- the same at each attempt, so that a receiver can tell repeats
  destination text collate "C" not null,
  body jsonb not null,
  events integer not null, -- changes that it tells of
  status text not null default 'pending' check (status in ('pending', 'sent', 'failed')),
  attempts integer not null default 0,
  error text,
  added timestamptz not null default clock_timestamp(),
  since timestamptz not null default clock_timestamp(), -- from when the time to give up counts
  tried timestamptz,
  ended timestamptz,
  check ((status = 'pending') = (ended is null))
);
create index alert_messages_pending on alert_messages (destination, seq) where status = 'pending';
create index alert_messages_ended on alert_messages (status, ended) where status <> 'pending';
