-- What became of the files of repositories of desired environments: exactly one action for a commit and a path, whatever dies meanwhile.
create table gitops_repositories (
  name text collate "C" primary key,
  wanted boolean not null default false, -- a delivery said that there is something new
  fetched_at timestamptz
);
create table gitops_branches (
  repository text collate "C" not null,
  branch text collate "C" not null,
  head text not null, -- the commit whose files were all looked at
  primary key (repository, branch)
);
create table gitops_paths (
  repository text collate "C" not null,
  branch text collate "C" not null,
  path text collate "C" not null,
  blob text not null, -- of the file's content; empty where it was removed
  commit text not null,
  state text not null check (state in ('asking', 'waiting', 'applied', 'ended')),
  action text, -- written before it is asked for
  kind text,
  parameters jsonb,
  removal jsonb, -- what is asked for when the file goes
  drifts integer not null default 0,
  checked_at timestamptz not null default now(), -- for drift
  primary key (repository, branch, path)
);
create table gitops_statuses (
  repository text collate "C" not null,
  commit text not null,
  context text collate "C" not null,
  state text not null check (state in ('pending', 'success', 'failure', 'error')),
  description text not null,
  action text,
  version integer not null default 1,
  sent integer not null default 0, -- the version that was sent last
  attempts integer not null default 0,
  due timestamptz not null default now(),
  primary key (repository, commit, context)
);
create index gitops_statuses_due on gitops_statuses (repository, due) where sent < version;
create table gitops_deliveries (
  id text collate "C" primary key,
  at timestamptz not null default now()
);
