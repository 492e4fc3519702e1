-- Events that are to be published; a row goes when the broker has it.
create table outbox (
  seq bigint generated always as identity primary key,
  id text not null unique,
  topic text not null,
  key text,
  body text not null,
  added timestamptz not null default clock_timestamp()
);
