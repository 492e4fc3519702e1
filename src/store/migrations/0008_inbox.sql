-- Events from others. Which were taken, so that one that is delivered again does nothing: written with what it does.
create table inbox (
  consumer text collate "C" not null,
  source text collate "C" not null,
  id text collate "C" not null,
  taken timestamptz not null default clock_timestamp(),
  primary key (consumer, source, id)
);
create index inbox_taken on inbox (taken);

create table received_events (
  seq bigint generated always as identity primary key,
  source text collate "C" not null,
  id text collate "C" not null,
  type text not null,
  subject text,
  topic text not null,
  occurred timestamptz not null,
  received timestamptz not null,
  -- What became of it: `received`, or `applied` where it changed something here.
  status text not null,
  event jsonb not null,
  unique (source, id)
);
create index received_events_type on received_events (type, seq);
create index received_events_received on received_events (received);

-- The last that was said of each component.
create table component_health (
  component text collate "C" not null,
  environment text collate "C" not null,
  status text not null,
  since timestamptz not null,
  occurred timestamptz not null,
  primary key (component, environment)
);

-- Messages that could not be used, as they came. The id is made of the subscription, topic, key and body: the same message that
-- fails again, after a replay or a lost acknowledgement, is the same row.
create table dead_letters (
  seq bigint generated always as identity primary key,
  id text collate "C" not null unique,
  subscription text not null,
  topic text not null,
  key text,
  properties jsonb not null,
  body bytea not null,
  reason text not null,
  attempts int not null,
  first_failed timestamptz not null,
  last_failed timestamptz not null,
  failures int not null default 1,
  replayed timestamptz,
  replays int not null default 0
);
create index dead_letters_waiting on dead_letters (seq) where replayed is null;
