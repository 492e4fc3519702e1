-- Actions: what is asked for, what the gate decided, who approved, and what was done, step by step. The rules are in the database, so
-- that they hold for every process: which state follows which, that nobody approves what they asked for, that an approval is of one
-- decision and one plan, that one action at a time runs on a target. Plans and the like are kept as the text they were, since what is
-- done is exactly that; jsonb would change it.

create table actions (
  id text collate "C" primary key check (id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'),
  kind text collate "C" not null,
  module text not null,
  parameters text not null,
  reason text check (length(reason) <= 2000),
  requester text not null check (btrim(requester) <> ''),
  requester_source text not null,
  requester_role text not null, -- the role of the connection, also where it speaks for somebody else
  requester_roles text[] not null, -- of the API
  requested_at timestamptz not null,
  state text not null check (state in ('denied', 'needs-approval', 'ready', 'running', 'paused', 'rolling-back', 'succeeded',
    'rolled-back', 'failed', 'rejected', 'expired')),
  target text collate "C" not null check (length(target) between 1 and 500),
  plan text not null check (octet_length(plan) <= 67108864),
  plan_hash text not null check (plan_hash ~ '^[0-9a-f]{64}$'),
  decision text collate "C" not null, -- the one that counts: the last
  started_at timestamptz,
  ended_at timestamptz,
  message text check (length(message) <= 4000),
  -- Who runs it. Whoever takes it over raises the fence: what the one before still writes is refused.
  holder text,
  lease timestamptz,
  fence integer not null default 0,
  takeovers integer not null default 0, -- since somebody ran it last
  check ((lease is not null) = (state in ('running', 'rolling-back')) and (holder is null) = (lease is null))
);
create index actions_listed on actions (requested_at desc, id);
create index actions_held on actions (lease) where lease is not null;
-- Two actions on one target never run at once.
create unique index actions_one_by_target on actions (target) where state in ('running', 'rolling-back');

create table action_decisions (
  id text collate "C" primary key check (length(id) between 1 and 100),
  action text collate "C" not null references actions (id) deferrable initially deferred,
  purpose text not null check (purpose in ('run', 'rollback')),
  answer text not null check (answer in ('allow', 'deny', 'needs-approval')),
  plan_hash text not null check (plan_hash ~ '^[0-9a-f]{64}$'),
  approvals integer not null check (approvals between 0 and 10), -- how many are needed
  roles text[] not null, -- of which an approver has one
  decided_at timestamptz not null,
  expires_at timestamptz not null check (expires_at >= decided_at and expires_at <= decided_at + interval '8 days'),
  decided_by_role text not null,
  body text not null,
  check ((answer = 'needs-approval') = (approvals > 0))
);
create index action_decisions_by_action on action_decisions (action);
alter table actions add foreign key (decision) references action_decisions (id) deferrable initially deferred;

create table action_approvals (
  decision text collate "C" not null references action_decisions (id),
  action text collate "C" not null references actions (id),
  plan_hash text not null,
  approver text not null check (btrim(approver) <> ''),
  approver_source text not null,
  approver_role text not null,
  approver_roles text[] not null,
  approved_at timestamptz not null,
  self_approved boolean not null -- by the one who asked: only in the embedded store, which has one user
);
create index action_approvals_by_decision on action_approvals (decision);

create table action_steps (
  action text collate "C" not null references actions (id) deferrable initially deferred,
  id text collate "C" not null check (length(id) between 1 and 500),
  place integer not null,
  wave integer not null,
  body text not null,
  state text not null default 'waiting' check (state in ('waiting', 'applying', 'applied', 'verified', 'rolling-back', 'rolled-back', 'failed')),
  decision text collate "C" references action_decisions (id), -- that let it be changed
  started_at timestamptz, -- null: this action has not changed anything by it
  ended_at timestamptz,
  output text check (octet_length(output) <= 262144),
  message text check (length(message) <= 4000),
  primary key (action, id)
);

-- What failed, for the circuit breaker.
create table action_failures (
  action text collate "C" not null references actions (id),
  kind text collate "C" not null,
  at timestamptz not null,
  message text not null
);
create index action_failures_by_kind on action_failures (kind, at);

-- The stop button. One row, which whoever begins a step reads in the same transaction, and whoever presses it changes.
create table action_stop (
  only_row boolean primary key default true check (only_row),
  stopped_by text,
  stopped_by_source text,
  reason text check (length(reason) <= 2000),
  at timestamptz,
  check ((stopped_by is null) = (at is null) and (reason is null) = (at is null))
);
insert into action_stop default values;

create function action_refuse() returns trigger language plpgsql as $$
begin
  raise exception 'actions are kept as they were: % on % is refused', tg_op, tg_table_name using errcode = 'insufficient_privilege';
end $$;

-- Whether two actors are one person, as far as the tokens tell: see token_holder.
create function action_is_same_person(one text, one_source text, other text, other_source text) returns boolean language sql stable as $$
  select lower(btrim(one)) = lower(btrim(other))
    or one_source = 'token' and other_source = 'token' and lower(btrim(token_holder(one))) = lower(btrim(token_holder(other)))
    or one_source = 'token' and token_is_made_by(one, other, other_source)
    or other_source = 'token' and token_is_made_by(other, one, one_source)
$$;

-- Whether a decision lets its action be run, or rolled back, now.
create function action_decision_counts(wanted text, wanted_purpose text) returns boolean language sql stable as $$
  select exists (
    select 1 from action_decisions d where d.id = wanted and d.purpose = wanted_purpose and d.expires_at > clock_timestamp()
      and (d.answer = 'allow' or d.answer = 'needs-approval'
        and (select count(*) from action_approvals a where a.decision = d.id and a.plan_hash = d.plan_hash) >= d.approvals)
  )
$$;

create function action_check_decision() returns trigger language plpgsql as $$
begin
  new.decided_by_role := session_user;
  return new;
end $$;

-- The decision that an action points to is its own, and of its plan.
create function action_check_its_decision(checked actions) returns action_decisions language plpgsql as $$
declare
  found_decision action_decisions;
begin
  select * into found_decision from action_decisions where id = checked.decision;
  if found_decision.id is null or found_decision.action <> checked.id
    or found_decision.purpose = 'run' and found_decision.plan_hash <> checked.plan_hash
  then
    raise exception 'decision % is not one about action % and its plan', checked.decision, checked.id using errcode = 'check_violation';
  end if;
  return found_decision;
end $$;

create function action_check_insert() returns trigger language plpgsql as $$
declare
  its_decision action_decisions := action_check_its_decision(new);
begin
  if its_decision.purpose <> 'run'
    or new.state <> (case its_decision.answer when 'allow' then 'ready' when 'deny' then 'denied' else 'needs-approval' end)
  then
    raise exception 'action % begins with what was decided, which is %', new.id, its_decision.answer using errcode = 'check_violation';
  end if;
  if not waiver_may_speak_for_others() then
    new.requester := session_user;
    new.requester_source := 'database-role';
  end if;
  new.requester_role := session_user;
  new.requested_at := clock_timestamp();
  new.fence := 0;
  new.takeovers := 0;
  new.started_at := null;
  return new;
end $$;

-- The states of an action, and what each needs.
create function action_check_transition(before actions, after actions) returns void language plpgsql as $$
declare
  pair text := before.state || ' > ' || after.state;
begin
  if pair in ('needs-approval > ready', 'needs-approval > running', 'ready > running', 'paused > running') then
    if not action_decision_counts(after.decision, 'run') then
      raise exception 'action % has no decision that lets it run now: it is decided on again first', after.id using errcode = 'check_violation';
    end if;
    return;
  end if;
  if pair in ('succeeded > rolling-back', 'paused > rolling-back', 'failed > rolling-back') then
    if not action_decision_counts(after.decision, 'rollback') then
      raise exception 'action % has no decision that lets it be rolled back now', after.id using errcode = 'check_violation';
    end if;
    return;
  end if;
  if pair in ('ready > needs-approval', 'ready > denied', 'ready > expired', 'ready > rejected', 'needs-approval > denied',
    'needs-approval > expired', 'needs-approval > rejected', 'running > paused', 'running > rolling-back', 'running > failed',
    'rolling-back > paused', 'rolling-back > failed')
  then
    return;
  end if;
  if pair = 'running > succeeded' and not exists (select 1 from action_steps where action = after.id and state <> 'verified') then
    return;
  end if;
  if pair = 'rolling-back > rolled-back' and not exists (select 1 from action_steps where action = after.id and state not in ('waiting', 'rolled-back')) then
    return;
  end if;
  raise exception 'action % is %: it cannot become %', before.id, before.state, after.state using errcode = 'check_violation';
end $$;

create function action_check_update() returns trigger language plpgsql as $$
begin
  if (new.id, new.kind, new.module, new.parameters, new.reason, new.requester, new.requester_source, new.requester_role, new.requester_roles, new.requested_at)
    is distinct from
     (old.id, old.kind, old.module, old.parameters, old.reason, old.requester, old.requester_source, old.requester_role, old.requester_roles, old.requested_at)
  then
    raise exception 'what action % asks for cannot be changed: request another one', old.id using errcode = 'check_violation';
  end if;
  if new.fence < old.fence then
    raise exception 'the fence of action % only rises', old.id using errcode = 'check_violation';
  end if;
  if (new.plan, new.plan_hash, new.target) is distinct from (old.plan, old.plan_hash, old.target)
    and (old.state not in ('needs-approval', 'ready') or new.decision = old.decision
      or exists (select 1 from action_steps where action = old.id and started_at is not null))
  then
    raise exception 'the plan of action % changes only with a new decision, and before anything was done', old.id using errcode = 'check_violation';
  end if;
  if new.decision <> old.decision or new.plan_hash <> old.plan_hash then
    perform action_check_its_decision(new);
  end if;
  if new.decision <> old.decision and old.state in ('denied', 'rejected', 'expired', 'rolled-back', 'running', 'rolling-back') then
    raise exception 'action % is %: nothing is decided about it any more', old.id, old.state using errcode = 'check_violation';
  end if;
  if new.state <> old.state then
    perform action_check_transition(old, new);
  end if;
  return new;
end $$;

create function action_check_approval() returns trigger language plpgsql as $$
declare
  its_action actions;
  its_decision action_decisions;
begin
  select * into its_action from actions where id = new.action for update;
  select * into its_decision from action_decisions where id = new.decision;
  if its_action.id is null or its_decision.action is distinct from its_action.id then
    raise exception 'decision % is not one about action %', new.decision, new.action using errcode = 'check_violation';
  end if;
  if its_action.decision <> its_decision.id or its_decision.plan_hash <> new.plan_hash then
    raise exception 'action % was decided on again, or its plan is another one: look at it once more before you approve it', new.action
      using errcode = 'check_violation';
  end if;
  if its_decision.answer <> 'needs-approval'
    or its_decision.purpose = 'run' and its_action.state not in ('needs-approval', 'paused')
    or its_decision.purpose = 'rollback' and its_action.state not in ('succeeded', 'paused', 'failed')
  then
    raise exception 'action % is % and its decision %: there is nothing to approve', new.action, its_action.state, its_decision.answer
      using errcode = 'check_violation';
  end if;
  if its_decision.expires_at <= clock_timestamp() then
    raise exception 'the decision about action % expired: it is decided on again when it is run', new.action using errcode = 'check_violation';
  end if;
  if not waiver_may_speak_for_others() then
    new.approver := session_user;
    new.approver_source := 'database-role';
    new.approver_roles := array[]::text[];
  end if;
  -- Roles are the API's: whoever comes by the command line is known to the database, or to the operating system.
  if new.approver_source = 'token' and not (new.approver_roles && its_decision.roles) then
    raise exception '% may not approve action %: that needs one of the roles %', new.approver, new.action, array_to_string(its_decision.roles, ', ')
      using errcode = 'insufficient_privilege';
  end if;
  if exists (select 1 from action_approvals a where a.decision = new.decision
    and action_is_same_person(a.approver, a.approver_source, new.approver, new.approver_source))
  then
    raise exception '% has approved action % already', new.approver, new.action using errcode = 'check_violation';
  end if;
  new.approver_role := session_user;
  new.approved_at := clock_timestamp();
  new.self_approved := action_is_same_person(its_action.requester, its_action.requester_source, new.approver, new.approver_source)
    or not waiver_may_speak_for_others() and its_action.requester_role = session_user;
  -- The one user of the embedded store approves his own; the many of an API over it do not.
  if new.self_approved and (not waiver_store_is_embedded() or new.approver_source = 'token' and its_action.requester_source = 'token') then
    raise exception 'action % was requested by %, who is behind %: somebody else has to approve it', new.action, its_action.requester, new.approver
      using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;

-- A step changes only while its action runs, and whatever changes the world says which decision lets it.
create function action_check_step() returns trigger language plpgsql as $$
declare
  its_action actions;
  pair text;
begin
  if tg_op = 'INSERT' then
    if new.state <> 'waiting' or new.started_at is not null then
      raise exception 'a step begins as one that waits' using errcode = 'check_violation';
    end if;
    return new;
  end if;
  if (new.action, new.id, new.place, new.wave, new.body) is distinct from (old.action, old.id, old.place, old.wave, old.body)
    or old.started_at is not null and new.started_at is distinct from old.started_at
  then
    raise exception 'what step % of action % is cannot be changed', old.id, old.action using errcode = 'check_violation';
  end if;
  select * into its_action from actions where id = new.action;
  if its_action.state not in ('running', 'rolling-back') then
    raise exception 'action % is %: none of its steps changes', new.action, its_action.state using errcode = 'check_violation';
  end if;
  pair := old.state || ' > ' || new.state;
  if new.state = old.state and new.state in ('applying', 'rolling-back')
    or pair in ('waiting > applied', 'applying > applied', 'failed > applied', 'rolled-back > applied', 'applied > verified',
      'waiting > failed', 'applying > failed', 'applied > failed', 'rolling-back > failed', 'applying > rolled-back', 'applied > rolled-back',
      'verified > rolled-back', 'failed > rolled-back', 'rolling-back > rolled-back')
  then
    return new;
  end if;
  if its_action.state = 'running' and pair in ('waiting > applying', 'failed > applying', 'rolled-back > applying')
    or pair in ('applying > rolling-back', 'applied > rolling-back', 'verified > rolling-back', 'failed > rolling-back')
  then
    new.decision := its_action.decision;
    return new;
  end if;
  raise exception 'step % of action % is %: it cannot become %', old.id, old.action, old.state, new.state using errcode = 'check_violation';
end $$;

-- Steps go only where their plan is replaced by another one.
create function action_check_step_removal() returns trigger language plpgsql as $$
begin
  if old.started_at is not null or (select state from actions where id = old.action) not in ('needs-approval', 'ready') then
    raise exception 'what was done for action % cannot be removed', old.action using errcode = 'insufficient_privilege';
  end if;
  return old;
end $$;

create function action_check_stop() returns trigger language plpgsql as $$
begin
  if new.at is not null then
    new.at := clock_timestamp();
    if not waiver_may_speak_for_others() then
      new.stopped_by := session_user;
      new.stopped_by_source := 'database-role';
    end if;
  end if;
  return new;
end $$;

create trigger check_insert before insert on actions for each row execute function action_check_insert();
create trigger check_update before update on actions for each row execute function action_check_update();
create trigger refuse_delete before delete on actions for each row execute function action_refuse();
create trigger refuse_truncate before truncate on actions for each statement execute function action_refuse();
create trigger check_insert before insert on action_decisions for each row execute function action_check_decision();
create trigger refuse_change before update or delete on action_decisions for each row execute function action_refuse();
create trigger refuse_truncate before truncate on action_decisions for each statement execute function action_refuse();
create trigger check_insert before insert on action_approvals for each row execute function action_check_approval();
create trigger refuse_change before update or delete on action_approvals for each row execute function action_refuse();
create trigger refuse_truncate before truncate on action_approvals for each statement execute function action_refuse();
create trigger check_change before insert or update on action_steps for each row execute function action_check_step();
create trigger check_removal before delete on action_steps for each row execute function action_check_step_removal();
create trigger refuse_truncate before truncate on action_steps for each statement execute function action_refuse();
create trigger refuse_change before update or delete on action_failures for each row execute function action_refuse();
create trigger refuse_truncate before truncate on action_failures for each statement execute function action_refuse();
create trigger check_update before update on action_stop for each row execute function action_check_stop();
create trigger refuse_change before insert or delete on action_stop for each row execute function action_refuse();
create trigger refuse_truncate before truncate on action_stop for each statement execute function action_refuse();

do $$
declare
  name text;
begin
  foreach name in array array['action_refuse()', 'action_is_same_person(text, text, text, text)', 'action_decision_counts(text, text)',
    'action_check_decision()', 'action_check_its_decision(actions)', 'action_check_insert()', 'action_check_transition(actions, actions)',
    'action_check_update()', 'action_check_approval()', 'action_check_step()', 'action_check_step_removal()', 'action_check_stop()']
  loop
    execute format('alter function %s set search_path = pg_catalog, %I, pg_temp', name, current_schema());
  end loop;
end $$;
