-- Environments as they were last recorded by an action, every version of them, and where their services can be reached. The states of
-- stacks are where their tools keep them.

create table environments (
  name text collate "C" primary key check (name ~ '^[a-z][a-z0-9-]{0,39}$'),
  version integer not null check (version >= 1),
  created_at timestamptz not null
);

create table environment_versions (
  environment text collate "C" not null references environments (name) on delete cascade deferrable initially deferred,
  version integer not null check (version >= 1),
  previous integer, -- null: it was not there before
  digest text not null check (digest ~ '^[0-9a-f]{64}$'), -- of what was decided: a repeated step finds its own version
  action text collate "C" not null,
  state text not null check (state in ('ready', 'destroyed')),
  expires_at timestamptz,
  retired_until timestamptz, -- after that the former colour is destroyed
  body text not null check (octet_length(body) <= 8388608),
  recorded_at timestamptz not null,
  primary key (environment, version)
);
alter table environments add foreign key (name, version) references environment_versions (environment, version) deferrable initially deferred;

create table environment_services (
  environment text collate "C" not null references environments (name) on delete cascade,
  name text collate "C" not null check (length(name) between 1 and 200),
  kind text not null check (length(kind) between 1 and 100),
  endpoint text not null check (length(endpoint) between 1 and 1000),
  port integer check (port between 1 and 65535),
  protocol text check (length(protocol) <= 100),
  metadata text not null check (octet_length(metadata) <= 65536),
  updated_at timestamptz not null,
  action text collate "C" not null,
  primary key (environment, name)
);
