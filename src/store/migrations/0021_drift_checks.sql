-- Drift that schedules look for: what each look found, and what of it holds still.

create table drift_checks (
  id text primary key,
  schedule text collate "C" not null,
  estate text collate "C" not null, -- as in drift_told
  started timestamptz not null,
  ended timestamptz,
  status text not null check (status in ('running', 'clean', 'drift', 'error')),
  counts jsonb not null default '{}',
  uncompared jsonb not null default '[]', -- the first of what could not be compared or looked at
  message text, -- why it is an error
  check ((status = 'running') = (ended is null)),
  check ((status = 'error') = (message is not null)),
  -- Where something was not looked at nobody can say that there is no drift.
  check (status not in ('clean', 'drift') or uncompared = '[]')
);
create index drift_checks_of on drift_checks (schedule, started desc, id);

-- What differs, as it is shown (values without secrets), and the event that told of it, so that the end can be told too.
alter table drift_told add column kind text check (kind in ('changed', 'missing', 'unmanaged'));
alter table drift_told add column detail jsonb;
alter table drift_told add column event jsonb;
create index drift_told_resolved on drift_told (estate, resolved_at) where resolved_at is not null;

-- What is older than anybody asks for is removed.
create index remediation_touches_over on remediation_touches (at) where ended_at is not null;
