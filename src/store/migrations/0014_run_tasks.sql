-- Run tasks that HCP Terraform asked for: kept until it has the result, so that no run waits for a process that died.
create table run_tasks (
  id text collate "C" primary key, -- HCP Terraform's task result
  run text not null,
  task jsonb not null, -- what was asked, without the token
  token text not null, -- sealed; empty when it is not needed any more
  received timestamptz not null default now(),
  due timestamptz not null default now(), -- not to be taken before
  progress timestamptz not null default now(), -- when HCP Terraform was told of it last
  holder text,
  lease timestamptz,
  attempts integer not null default 0,
  result jsonb, -- what is to be sent
  done timestamptz,
  status text -- how it ended: passed, failed, refused, expired
);
create index run_tasks_open on run_tasks (received) where done is null;
create index run_tasks_done on run_tasks (done) where done is not null;
