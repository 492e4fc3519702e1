-- Service tokens: who holds one is an identity of the API. The secret is not here, only its hash. Rows are kept when they are
-- over: the audit trail and waivers name them.

create table tokens (
  id text collate "C" primary key check (id ~ '^[0-9A-Za-z]{12}$'),
  hash bytea not null check (length(hash) = 32), -- SHA-256 of the token
  name text check (length(btrim(name)) between 1 and 100),
  roles text[] not null check (cardinality(roles) between 1 and 5 and roles <@ array['viewer', 'auditor', 'operator', 'approver', 'admin']),
  holder text not null, -- whose it is where two must be two: see token_holder
  created_by text not null,
  created_by_source text not null,
  created_at timestamptz not null,
  expires timestamptz not null check (expires > created_at and expires <= created_at + interval '8784 hours'), -- 366 days
  last_used timestamptz,
  revoked_by text,
  revoked_by_source text,
  revoked_at timestamptz,
  check ((revoked_at is null) = (revoked_by is null) and (revoked_at is null) = (revoked_by_source is null))
);
create index tokens_listed on tokens (created_at desc, id);

-- The person behind an actor. A token that was made through the API is its maker's, since they saw it; one from the command line
-- stands for itself: who may write here may hand out identities.
create function token_holder(actor text) returns text language sql stable as $$
  select coalesce((select t.holder from tokens t where t.id = substring(actor from '^token:([0-9A-Za-z]{12})(?: |$)')), actor)
$$;

create function token_is_made_by(actor text, maker text, maker_source text) returns boolean language sql stable as $$
  select exists (
    select 1 from tokens t where t.id = substring(actor from '^token:([0-9A-Za-z]{12})(?: |$)')
      and lower(btrim(t.created_by)) = lower(btrim(maker)) and t.created_by_source = maker_source
  )
$$;

-- People have a role of their own for their waivers, with rights on all tables: that must not be enough to make an admin's token.
create function token_check_writer() returns trigger language plpgsql as $$
begin
  if waiver_may_speak_for_others() or exists (select 1 from pg_class where oid = tg_relid and pg_has_role(session_user, relowner, 'member')) then
    return null;
  end if;
  raise exception 'only the owner of the tables, and roles that may speak for others, make and change tokens' using errcode = 'insufficient_privilege';
end $$;

create function token_check_insert() returns trigger language plpgsql as $$
begin
  if new.revoked_at is not null or new.last_used is not null then
    raise exception 'a new token is neither used nor revoked' using errcode = 'check_violation';
  end if;
  if not waiver_may_speak_for_others() then
    new.created_by := session_user;
    new.created_by_source := 'database-role';
  end if;
  if new.created_by_source = 'token' then
    new.holder := token_holder(new.created_by);
  else
    new.holder := 'token:' || new.id;
  end if;
  return new;
end $$;

create function token_check_update() returns trigger language plpgsql as $$
begin
  if (to_jsonb(new) - array['last_used', 'revoked_by', 'revoked_by_source', 'revoked_at'])
    is distinct from (to_jsonb(old) - array['last_used', 'revoked_by', 'revoked_by_source', 'revoked_at'])
  then
    raise exception 'what token % may do cannot be changed: make another one', old.id using errcode = 'check_violation';
  end if;
  if (new.revoked_by, new.revoked_by_source, new.revoked_at) is distinct from (old.revoked_by, old.revoked_by_source, old.revoked_at) then
    if old.revoked_at is not null then
      raise exception 'token % is revoked, and stays so', old.id using errcode = 'check_violation';
    end if;
    if not waiver_may_speak_for_others() then
      new.revoked_by := session_user;
      new.revoked_by_source := 'database-role';
    end if;
  end if;
  return new;
end $$;

-- Runs after check_update, which says who approves.
create function waiver_check_holder() returns trigger language plpgsql as $$
begin
  if new.status <> 'approved' or old.status <> 'requested' then
    return new;
  end if;
  if not (new.approver_source = 'token' and new.requester_source = 'token' and lower(btrim(token_holder(new.approver))) = lower(btrim(token_holder(new.requester))))
    and not (new.approver_source = 'token' and token_is_made_by(new.approver, new.requester, new.requester_source))
    and not (new.requester_source = 'token' and token_is_made_by(new.requester, new.approver, new.approver_source))
  then
    return new;
  end if;
  -- The one user of the embedded store approves his own; the many of an API over it do not.
  if waiver_store_is_embedded() and not (new.approver_source = 'token' and new.requester_source = 'token') then
    new.self_approved := true;
    return new;
  end if;
  raise exception 'waiver % was requested by %, who is behind %: somebody else has to approve it', new.id, new.requester, new.approver
    using errcode = 'insufficient_privilege';
end $$;

create trigger check_writer before insert or update or delete or truncate on tokens for each statement execute function token_check_writer();
create trigger check_insert before insert on tokens for each row execute function token_check_insert();
create trigger check_update before update on tokens for each row execute function token_check_update();
create trigger refuse_delete before delete on tokens for each row execute function waiver_refuse();
create trigger refuse_truncate before truncate on tokens for each statement execute function waiver_refuse();
create trigger check_update_holder before update on waivers for each row execute function waiver_check_holder();

do $$
declare
  name text;
begin
  foreach name in array array['token_holder(text)', 'token_is_made_by(text, text, text)', 'token_check_writer()', 'token_check_insert()',
    'token_check_update()', 'waiver_check_holder()']
  loop
    execute format('alter function %s set search_path = pg_catalog, %I, pg_temp', name, current_schema());
  end loop;
end $$;
