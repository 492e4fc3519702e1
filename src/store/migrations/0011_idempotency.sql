-- What was asked for with an Idempotency-Key, and what was answered: so that a request that is sent again is not done again. A
-- process that dies while it answers leaves a lease that ends; whoever takes it over makes the same thing, under the same id.

create table idempotency_keys (
  identity text collate "C" not null,
  key text collate "C" not null check (length(key) between 1 and 255),
  request_hash text not null check (request_hash ~ '^[0-9a-f]{64}$'),
  creates uuid not null, -- the id of what the request creates, however often it is begun
  attempt uuid not null, -- who works on it
  leased_until timestamptz not null,
  expires timestamptz not null,
  status integer check (status between 200 and 499),
  headers jsonb,
  body text,
  primary key (identity, key),
  check ((status is null) = (body is null))
);
create index idempotency_keys_expired on idempotency_keys (expires);
