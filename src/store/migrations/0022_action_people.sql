-- Approvals that do not count any more, people who are one however their names are written, and clocks that are wrong.

-- A name as it is compared: `José` is one name, however its letters are put together, and whatever the database makes of É.
create function action_person(name text) returns text language sql stable as $$
  select lower(btrim(case when current_setting('server_encoding') = 'UTF8' then normalize(name, NFKD) else name end))
$$;

create or replace function action_is_same_person(one text, one_source text, other text, other_source text) returns boolean language sql stable as $$
  select action_person(one) = action_person(other)
    or one_source = 'token' and other_source = 'token' and action_person(token_holder(one)) = action_person(token_holder(other))
    or one_source = 'token' and token_is_made_by(one, other, other_source)
    or other_source = 'token' and token_is_made_by(other, one, one_source)
$$;

-- A token is revoked because it cannot be trusted: nor can what was approved with it, as long as nothing has come of it.
create function action_is_revoked(actor text, source text) returns boolean language sql stable as $$
  select source = 'token' and exists (
    select 1 from tokens t where t.id = substring(actor from '^token:([0-9A-Za-z]{12})(?: |$)') and t.revoked_at is not null
  )
$$;

create or replace function action_decision_counts(wanted text, wanted_purpose text) returns boolean language sql stable as $$
  select exists (
    select 1 from action_decisions d where d.id = wanted and d.purpose = wanted_purpose and d.expires_at > clock_timestamp()
      and (d.answer = 'allow' or d.answer = 'needs-approval'
        and (select count(*) from action_approvals a where a.decision = d.id and a.plan_hash = d.plan_hash
          and not action_is_revoked(a.approver, a.approver_source)) >= d.approvals)
  )
$$;

-- Who decides by a wrong clock sees no freeze and no hours, and its decision would count for longer than it says.
create or replace function action_check_decision() returns trigger language plpgsql as $$
begin
  if new.decided_at > clock_timestamp() + interval '5 minutes' or new.decided_at < clock_timestamp() - interval '1 hour' then
    raise exception 'it was decided at %, and the database has %: put the clock of this machine right', new.decided_at, clock_timestamp()
      using errcode = 'check_violation';
  end if;
  new.decided_by_role := session_user;
  return new;
end $$;

do $$
declare
  name text;
begin
  foreach name in array array['action_person(text)', 'action_is_same_person(text, text, text, text)', 'action_is_revoked(text, text)',
    'action_decision_counts(text, text)', 'action_check_decision()']
  loop
    execute format('alter function %s set search_path = pg_catalog, %I, pg_temp', name, current_schema());
  end loop;
end $$;
