-- What was put right without being asked: each time that a resource was touched for a policy, and where another system undoes it.

create table remediation_touches (
  resource text collate "C" not null,
  policy text collate "C" not null,
  attempt integer not null check (attempt >= 1), -- two processes never claim the same one
  type text not null,
  account text not null,
  region text,
  remediation text collate "C" not null,
  action text collate "C" not null, -- claimed before the action is requested: a process that dies in between leaves its name here
  at timestamptz not null,
  -- claimed, not-run, or the state of the action as it was last seen
  outcome text not null default 'claimed',
  ended_at timestamptz, -- when it was first seen to be over
  primary key (resource, policy, attempt)
);
create index remediation_touches_action on remediation_touches (action);
create index remediation_touches_place on remediation_touches (account, region) where ended_at is null;

-- What is put right and undone again and again: nothing more is done until a person releases it.
create table remediation_flaps (
  id bigint generated always as identity primary key,
  resource text collate "C" not null,
  policy text collate "C" not null,
  fingerprint text collate "C" not null,
  fixes integer not null check (fixes >= 1),
  action text collate "C" not null, -- the last that was undone
  found_at timestamptz not null,
  released_at timestamptz,
  released_by text,
  check ((released_at is null) = (released_by is null))
);
create unique index remediation_flaps_once on remediation_flaps (resource, policy) where released_at is null;
create index remediation_flaps_fingerprint on remediation_flaps (fingerprint);
