-- Schedules and what became of each of their due times. Times are the database's own clock, which all replicas share.

create table schedules (
  name text collate "C" primary key,
  definition text not null, -- cron and time zone: with another one, the due times before are none
  considered timestamptz not null -- every due time up to here has its row below
);

create table schedule_runs (
  id text primary key,
  schedule text collate "C" not null,
  due timestamptz not null, -- of a manual run: when it was asked for
  kind text not null check (kind in ('scheduled', 'catch-up', 'manual')),
  status text not null check (status in ('running', 'interrupted', 'finished', 'failed', 'skipped', 'missed')),
  count integer not null check (count >= 1), -- more than 1: due times that this row stands for, up to its own
  attempt integer not null check (attempt between 0 and 3),
  replica text,
  lease timestamptz, -- of a run that goes on: without renewal until then its replica is gone
  started timestamptz,
  finished timestamptz,
  scan text,
  exit_code integer,
  message text,
  check ((status = 'running') = (lease is not null))
);
-- A due time is run once, and a schedule never twice at the same time, whatever replicas believe.
create unique index schedule_runs_due on schedule_runs (schedule, due) where kind <> 'manual';
create unique index schedule_runs_one on schedule_runs (schedule) where status in ('running', 'interrupted');
create index schedule_runs_listed on schedule_runs (due desc, id);
create index schedule_runs_of on schedule_runs (schedule, due desc, id);
create index schedule_runs_started on schedule_runs (schedule, started desc) where started is not null;
