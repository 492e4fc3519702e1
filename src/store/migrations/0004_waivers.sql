-- Waivers. Who asks and who approves is written here by the database, from the role that it authenticated: what a client says of
-- itself does not count. States go forward only, and nothing that was approved is changed afterwards.

create table waivers (
  id text collate "C" primary key check (id ~ '^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$'),
  scope jsonb not null check (jsonb_typeof(scope) = 'object'),
  reason text not null check (length(btrim(reason)) between 1 and 2000),
  ticket text check (length(ticket) <= 200),
  start_at timestamptz not null,
  expires timestamptz not null,
  ends_on_change boolean not null,
  config_hash text check (config_hash ~ '^[0-9a-f]{64}$'),
  status text not null check (status in ('requested', 'approved', 'rejected', 'revoked')),
  requester text not null,
  requester_source text not null,
  requester_role text not null, -- the role of the connection, also where it speaks for somebody else
  requested_at timestamptz not null,
  approver text,
  approver_source text,
  approver_role text,
  approved_at timestamptz,
  self_approved boolean not null default false,
  ended_by text, -- who rejected or revoked it
  ended_by_source text,
  ended_by_role text,
  ended_at timestamptz,
  ended_reason text check (length(ended_reason) <= 2000),
  check (expires > start_at and expires <= start_at + interval '8784 hours'), -- 366 days
  check (ends_on_change or config_hash is null),
  check ((approver is null) = (approved_at is null)),
  check (status <> 'approved' or approver is not null),
  check ((ended_by is not null) = (status in ('rejected', 'revoked')))
);
create index waivers_listed on waivers (requested_at desc, id);

-- What a resource was like when a waiver that ends on its change first excused it.
create table waiver_bindings (
  waiver text collate "C" not null references waivers (id),
  resource text collate "C" not null,
  config_hash text not null check (config_hash ~ '^[0-9a-f]{64}$'),
  bound_at timestamptz not null,
  primary key (waiver, resource)
);

-- Roles of servers that authenticate people themselves and may say for whom they act. Only the owner of the table adds one.
create table waiver_delegates (role name primary key);

-- The embedded store runs in the process of its one user: PGlite knows a single role, and the operating system names the user.
create function waiver_store_is_embedded() returns boolean language sql stable as $$
  select version() like '%(PGlite %'
$$;

create function waiver_may_speak_for_others() returns boolean language sql stable as $$
  select waiver_store_is_embedded() or exists (select 1 from waiver_delegates where role = session_user)
$$;

create function waiver_refuse() returns trigger language plpgsql as $$
begin
  raise exception 'waivers are kept as they were: % on % is refused', tg_op, tg_table_name using errcode = 'insufficient_privilege';
end $$;

create function waiver_check_insert() returns trigger language plpgsql as $$
begin
  if new.status <> 'requested' or new.approver is not null or new.ended_by is not null then
    raise exception 'a waiver begins as a request, which somebody else approves' using errcode = 'check_violation';
  end if;
  if not waiver_may_speak_for_others() then
    new.requester := session_user;
    new.requester_source := 'database-role';
  end if;
  if btrim(new.requester) = '' then
    raise exception 'nobody requests waiver %', new.id using errcode = 'check_violation';
  end if;
  new.requester_role := session_user;
  new.requested_at := clock_timestamp();
  new.self_approved := false;
  new.approver_source := null;
  new.approver_role := null;
  return new;
end $$;

create function waiver_approve(before waivers, after waivers) returns waivers language plpgsql as $$
begin
  if not waiver_may_speak_for_others() then
    after.approver := session_user;
    after.approver_source := 'database-role';
  end if;
  if coalesce(btrim(after.approver), '') = '' or after.approver_source is null then
    raise exception 'nobody approves waiver %', before.id using errcode = 'check_violation';
  end if;
  after.approver_role := session_user;
  after.approved_at := clock_timestamp();
  after.self_approved := lower(btrim(after.approver)) = lower(btrim(before.requester));
  -- A role that speaks only for itself must be another one than the one that asked, whatever that one said of itself.
  if not waiver_may_speak_for_others() and before.requester_role = session_user then
    after.self_approved := true;
  end if;
  if after.self_approved and not waiver_store_is_embedded() then
    raise exception 'waiver % was requested by %: somebody else has to approve it', before.id, before.requester
      using errcode = 'insufficient_privilege';
  end if;
  if after.ended_by is not null then
    raise exception 'waiver % cannot be approved and ended at once', before.id using errcode = 'check_violation';
  end if;
  return after;
end $$;

create function waiver_end(before waivers, after waivers) returns waivers language plpgsql as $$
begin
  if (after.approver, after.approver_source, after.approver_role, after.approved_at, after.self_approved)
    is distinct from (before.approver, before.approver_source, before.approver_role, before.approved_at, before.self_approved)
  then
    raise exception 'who approved waiver % cannot be changed', before.id using errcode = 'check_violation';
  end if;
  if not waiver_may_speak_for_others() then
    after.ended_by := session_user;
    after.ended_by_source := 'database-role';
  end if;
  after.ended_by_role := session_user;
  after.ended_at := clock_timestamp();
  return after;
end $$;

create function waiver_check_update() returns trigger language plpgsql as $$
begin
  if (to_jsonb(new) - array['status', 'approver', 'approver_source', 'approver_role', 'approved_at', 'self_approved',
        'ended_by', 'ended_by_source', 'ended_by_role', 'ended_at', 'ended_reason'])
    is distinct from
     (to_jsonb(old) - array['status', 'approver', 'approver_source', 'approver_role', 'approved_at', 'self_approved',
        'ended_by', 'ended_by_source', 'ended_by_role', 'ended_at', 'ended_reason'])
  then
    raise exception 'what waiver % says cannot be changed: request another one', old.id using errcode = 'check_violation';
  end if;
  if old.status = 'requested' and new.status = 'approved' then
    return waiver_approve(old, new);
  end if;
  if (old.status = 'requested' and new.status in ('rejected', 'revoked')) or (old.status = 'approved' and new.status = 'revoked') then
    return waiver_end(old, new);
  end if;
  raise exception 'waiver % is %: it cannot become %', old.id, old.status, new.status using errcode = 'check_violation';
end $$;

create function waiver_check_binding() returns trigger language plpgsql as $$
begin
  if not exists (select 1 from waivers where id = new.waiver and status = 'approved' and ends_on_change and config_hash is null) then
    raise exception 'waiver % is not one that is bound to what it first excuses', new.waiver using errcode = 'check_violation';
  end if;
  return new;
end $$;

create function waiver_check_delegate() returns trigger language plpgsql as $$
begin
  if exists (select 1 from pg_class where oid = tg_relid and pg_has_role(session_user, relowner, 'member')) then
    return coalesce(new, old);
  end if;
  raise exception 'only the owner of the tables says which roles may speak for others' using errcode = 'insufficient_privilege';
end $$;

create trigger check_delegate before insert or update or delete on waiver_delegates for each row execute function waiver_check_delegate();
create trigger refuse_truncate before truncate on waiver_delegates for each statement execute function waiver_refuse();
create trigger check_insert before insert on waivers for each row execute function waiver_check_insert();
create trigger check_update before update on waivers for each row execute function waiver_check_update();
create trigger refuse_delete before delete on waivers for each row execute function waiver_refuse();
create trigger refuse_truncate before truncate on waivers for each statement execute function waiver_refuse();
create trigger check_binding before insert on waiver_bindings for each row execute function waiver_check_binding();
create trigger refuse_change before update or delete on waiver_bindings for each row execute function waiver_refuse();
create trigger refuse_truncate before truncate on waiver_bindings for each statement execute function waiver_refuse();

-- Names in these functions mean the tables of this schema: a temporary table or another search path of a client changes nothing.
do $$
declare
  name text;
begin
  foreach name in array array['waiver_store_is_embedded()', 'waiver_may_speak_for_others()', 'waiver_refuse()', 'waiver_check_insert()',
    'waiver_approve(waivers, waivers)', 'waiver_end(waivers, waivers)', 'waiver_check_update()', 'waiver_check_binding()', 'waiver_check_delegate()']
  loop
    execute format('alter function %s set search_path = pg_catalog, %I, pg_temp', name, current_schema());
  end loop;
end $$;
