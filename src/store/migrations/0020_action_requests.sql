-- Actions that somebody asked the service to run or to roll back, until a process of it has done so. One that dies before it has begun
-- leaves the wish here; what it has begun is the journal's.
create table action_runs (
  action text collate "C" primary key references actions (id),
  verb text not null check (verb in ('run', 'rollback')),
  reason text check (length(reason) <= 2000),
  asked_by text not null,
  asked_by_source text not null,
  asked_by_roles text[] not null, -- of the API
  origin text not null,
  asked_at timestamptz not null default clock_timestamp(),
  holder text,
  lease timestamptz,
  ended_at timestamptz,
  refusal text check (length(refusal) <= 4000), -- why it was not done
  check ((holder is null) = (lease is null))
);
create index action_runs_waiting on action_runs (asked_at) where ended_at is null;

-- What became of a request of others: `decided`, with the decision and the action, or `refused`, with the reason.
alter table received_events add column decision text collate "C";
alter table received_events add column action text collate "C";
alter table received_events add column message text check (length(message) <= 4000);
create index received_events_waiting on received_events (seq) where status = 'received';
