-- Approved snapshots, which live inventory is compared with, and what was told of drift. As with waivers, who asks and who approves
-- is written by the database (see 0004); what a snapshot holds is never changed.

create table drift_snapshots (
  name text collate "C" primary key check (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'),
  reason text not null check (length(btrim(reason)) between 1 and 2000),
  scan text, -- the scan whose resources it holds; null where there was none
  resources integer not null default 0,
  status text not null check (status in ('requested', 'approved')),
  requester text not null,
  requester_source text not null,
  requester_role text not null,
  requested_at timestamptz not null,
  approver text,
  approver_source text,
  approver_role text,
  approved_at timestamptz,
  self_approved boolean not null default false,
  check ((approver is null) = (approved_at is null)),
  check ((status = 'approved') = (approver is not null))
);

create table drift_snapshot_resources (
  snapshot text collate "C" not null references drift_snapshots (name),
  id text collate "C" not null,
  body jsonb not null,
  primary key (snapshot, id)
);

-- What was told of drift: each difference once, until it is gone.
create table drift_told (
  estate text collate "C" not null, -- the digest of what was compared with what
  resource text collate "C" not null,
  fingerprint text collate "C" not null, -- of the resource and what differs
  told_at timestamptz not null,
  resolved_at timestamptz
);
create unique index drift_told_once on drift_told (estate, resource) where resolved_at is null;

create function drift_snapshot_check_insert() returns trigger language plpgsql as $$
begin
  if new.status <> 'requested' or new.approver is not null then
    raise exception 'a snapshot begins as a request, which somebody else approves' using errcode = 'check_violation';
  end if;
  if not waiver_may_speak_for_others() then
    new.requester := session_user;
    new.requester_source := 'database-role';
  end if;
  if btrim(new.requester) = '' then
    raise exception 'nobody saves snapshot %', new.name using errcode = 'check_violation';
  end if;
  new.requester_role := session_user;
  new.requested_at := clock_timestamp();
  new.self_approved := false;
  new.approver_source := null;
  new.approver_role := null;
  return new;
end $$;

create function drift_snapshot_check_update() returns trigger language plpgsql as $$
begin
  if (to_jsonb(new) - array['status', 'approver', 'approver_source', 'approver_role', 'approved_at', 'self_approved'])
    is distinct from (to_jsonb(old) - array['status', 'approver', 'approver_source', 'approver_role', 'approved_at', 'self_approved'])
  then
    raise exception 'what snapshot % says cannot be changed: save another one', old.name using errcode = 'check_violation';
  end if;
  if old.status <> 'requested' or new.status <> 'approved' then
    raise exception 'snapshot % is %: it cannot become %', old.name, old.status, new.status using errcode = 'check_violation';
  end if;
  if not waiver_may_speak_for_others() then
    new.approver := session_user;
    new.approver_source := 'database-role';
  end if;
  if coalesce(btrim(new.approver), '') = '' or new.approver_source is null then
    raise exception 'nobody approves snapshot %', old.name using errcode = 'check_violation';
  end if;
  new.approver_role := session_user;
  new.approved_at := clock_timestamp();
  new.self_approved := lower(btrim(new.approver)) = lower(btrim(old.requester))
    or (not waiver_may_speak_for_others() and old.requester_role = session_user);
  if new.self_approved and not waiver_store_is_embedded() then
    raise exception 'snapshot % was saved by %: somebody else has to approve it', old.name, old.requester
      using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;

-- Resources come with their snapshot, in one transaction, and never later.
create function drift_snapshot_check_resource() returns trigger language plpgsql as $$
begin
  if not exists (select 1 from drift_snapshots where name = new.snapshot and status = 'requested'
      and xmin = pg_current_xact_id()::xid) then
    raise exception 'what snapshot % holds cannot be changed', new.snapshot using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;

create function drift_refuse() returns trigger language plpgsql as $$
begin
  raise exception 'snapshots are kept as they were: % on % is refused', tg_op, tg_table_name using errcode = 'insufficient_privilege';
end $$;

create trigger check_insert before insert on drift_snapshots for each row execute function drift_snapshot_check_insert();
create trigger check_update before update on drift_snapshots for each row execute function drift_snapshot_check_update();
create trigger refuse_delete before delete on drift_snapshots for each row execute function drift_refuse();
create trigger refuse_truncate before truncate on drift_snapshots for each statement execute function drift_refuse();
create trigger check_resource before insert on drift_snapshot_resources for each row execute function drift_snapshot_check_resource();
create trigger refuse_change before update or delete on drift_snapshot_resources for each row execute function drift_refuse();
create trigger refuse_truncate before truncate on drift_snapshot_resources for each statement execute function drift_refuse();

do $$
declare
  name text;
begin
  foreach name in array array['drift_snapshot_check_insert()', 'drift_snapshot_check_update()', 'drift_snapshot_check_resource()', 'drift_refuse()']
  loop
    execute format('alter function %s set search_path = pg_catalog, %I, pg_temp', name, current_schema());
  end loop;
end $$;
