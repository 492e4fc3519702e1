-- What the Data API was asked and what it answered, in OPA's shape. Nothing of it is referred to from elsewhere.
create table decision_log (
  seq bigint generated always as identity primary key,
  id text collate "C" not null,
  at timestamptz not null,
  path text collate "C" not null,
  event text not null, -- JSON; as text, so that every number stays as it was
  pending boolean not null default false -- still to be sent to a service
);
create index decision_log_at on decision_log (at);
create index decision_log_pending on decision_log (seq) where pending;
