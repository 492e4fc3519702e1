-- The audit trail. Everything that keeps it append-only is here, in the database, so that it holds for every process and every
-- role, the owner's as well: whoever wants to change an entry has to switch a trigger off first, and then the chain tells.

-- The end of the chain: one row, which appends lock, so that the chain never forks. It moves only when entries are inserted.
create table audit_head (
  only_row boolean primary key default true check (only_row),
  trail text not null, -- names this trail, so that checkpoints of another one are not taken for its own
  seq bigint not null,
  hash bytea not null -- of the entry at seq; of the first, 32 zero bytes
);
insert into audit_head (trail, seq, hash) values (gen_random_uuid()::text, 0, decode(repeat('00', 32), 'hex'));

create table audit_entries (
  seq bigint not null primary key,
  hash bytea not null,
  event text not null, -- canonical JSON (RFC 8785): what the hash is taken over
  at text collate "C" not null generated always as ((event::json) ->> 'at') stored,
  kind text collate "C" not null generated always as ((event::json) ->> 'kind') stored
) partition by range (seq);
create index audit_entries_at on audit_entries using brin (at) with (pages_per_range = 16);
create index audit_entries_kind on audit_entries (kind, seq);

create table audit_checkpoints (
  number bigint primary key,
  seq bigint not null unique, -- the last entry that it covers
  body text not null, -- canonical JSON
  signature bytea not null -- Ed25519
);

-- SHA-256 over fixed-length fields and then the text: no two entries have the same bytes.
create function audit_entry_hash(entry_seq bigint, previous bytea, event text) returns bytea
language sql stable as $$
  select sha256(convert_to('portcullis.audit.entry.v1' || chr(10), 'UTF8') || int8send(entry_seq) || previous || convert_to(event, 'UTF8'))
$$;

create function audit_refuse() returns trigger language plpgsql as $$
begin
  raise exception 'the audit trail is append-only: % on % is refused', tg_op, tg_table_name using errcode = 'insufficient_privilege';
end $$;

create function audit_lock_head() returns trigger language plpgsql as $$
begin
  perform 1 from audit_head for update;
  return null;
end $$;

-- An entry follows the one before it. Its hash is computed here; a different one is refused.
create function audit_check_entry() returns trigger language plpgsql as $$
declare
  previous bytea;
begin
  if new.seq = 1 then
    previous := decode(repeat('00', 32), 'hex');
  else
    select e.hash into previous from audit_entries e where e.seq = new.seq - 1;
  end if;
  if previous is null then
    raise exception 'the audit trail has no entry % that entry % could follow', new.seq - 1, new.seq using errcode = 'integrity_constraint_violation';
  end if;
  if new.hash is distinct from audit_entry_hash(new.seq, previous, new.event) then
    if new.hash is not null then
      raise exception 'the hash of entry % does not continue the audit trail', new.seq using errcode = 'integrity_constraint_violation';
    end if;
    new.hash := audit_entry_hash(new.seq, previous, new.event);
  end if;
  return new;
end $$;

create function audit_advance_head() returns trigger language plpgsql as $$
begin
  update audit_head h set seq = e.seq, hash = e.hash
    from (select seq, hash from audit_entries order by seq desc limit 1) e
    where e.seq > h.seq;
  return null;
end $$;

create function audit_check_head() returns trigger language plpgsql as $$
begin
  if new.trail = old.trail and new.seq > old.seq
    and exists (select 1 from audit_entries where seq = new.seq and hash = new.hash)
    and not exists (select 1 from audit_entries where seq = new.seq + 1)
  then
    return new;
  end if;
  raise exception 'the head of the audit trail moves only with its entries' using errcode = 'insufficient_privilege';
end $$;

-- The signature is checked by `portcullis audit verify`: the database has no Ed25519.
create function audit_check_checkpoint() returns trigger language plpgsql as $$
declare
  last audit_checkpoints%rowtype;
  body json := new.body::json;
begin
  select * into last from audit_checkpoints order by number desc limit 1;
  if new.number = coalesce(last.number, 0) + 1 and new.seq > coalesce(last.seq, 0)
    and (body ->> 'number') = new.number::text and (body ->> 'seq') = new.seq::text
    and (body ->> 'from') = (coalesce(last.seq, 0) + 1)::text
    and (body ->> 'previous') is not distinct from encode(sha256(convert_to(last.body, 'UTF8')), 'hex')
    and exists (select 1 from audit_entries where seq = new.seq and encode(hash, 'hex') = body ->> 'hash')
  then
    return new;
  end if;
  raise exception 'checkpoint % does not continue the audit trail', new.number using errcode = 'integrity_constraint_violation';
end $$;

create trigger refuse_change before update or delete on audit_entries for each row execute function audit_refuse();
create trigger refuse_truncate before truncate on audit_entries for each statement execute function audit_refuse();
create trigger lock_head before insert on audit_entries for each statement execute function audit_lock_head();
create trigger check_entry before insert on audit_entries for each row execute function audit_check_entry();
create trigger advance_head after insert on audit_entries for each statement execute function audit_advance_head();

create trigger refuse_change before insert or delete on audit_head for each row execute function audit_refuse();
create trigger refuse_truncate before truncate on audit_head for each statement execute function audit_refuse();
create trigger check_head before update on audit_head for each row execute function audit_check_head();

create trigger refuse_change before update or delete on audit_checkpoints for each row execute function audit_refuse();
create trigger refuse_truncate before truncate on audit_checkpoints for each statement execute function audit_refuse();
create trigger check_checkpoint before insert on audit_checkpoints for each row execute function audit_check_checkpoint();

-- Makes the partition that holds the entry, and the next one when this one is half full. Attached, not created in place: that
-- lets readers go on. Triggers for statements are not inherited. Only whoever holds the head calls this.
create function audit_make_partitions(entry_seq bigint) returns void language plpgsql as $$
declare
  size constant bigint := 1000000;
  first constant bigint := (entry_seq - 1) / size;
  partition text;
begin
  for number in first .. (entry_seq - 1 + size / 2) / size loop
    partition := format('audit_entries_%s', lpad(number::text, 6, '0'));
    continue when to_regclass(partition) is not null;
    execute format('create table %I (like audit_entries including all)', partition);
    execute format('alter table audit_entries attach partition %I for values from (%s) to (%s)',
      partition, number * size + 1, (number + 1) * size + 1);
    execute format('create trigger refuse_truncate before truncate on %I for each statement execute function audit_refuse()', partition);
    execute format('create trigger lock_head before insert on %I for each statement execute function audit_lock_head()', partition);
    execute format('create trigger advance_head after insert on %I for each statement execute function audit_advance_head()', partition);
  end loop;
end $$;
-- Whoever may append may begin a partition, although the tables are somebody else's.
do $$ begin
  execute format('alter function audit_make_partitions(bigint) security definer set search_path = %I, pg_temp', current_schema());
end $$;
select audit_make_partitions(1);

-- Appends canonical texts, given as a JSON array, in one statement. Other appends wait until this transaction ends.
create function audit_append(events json) returns table (seq bigint, hash bytea) language plpgsql as $$
#variable_conflict use_column
declare
  head audit_head%rowtype;
  amount constant integer := json_array_length(events);
begin
  select * into strict head from audit_head for update;
  perform audit_make_partitions(head.seq + 1);
  perform audit_make_partitions(head.seq + amount);
  return query
    insert into audit_entries (seq, event)
    select head.seq + e.number, e.text from json_array_elements_text(events) with ordinality as e(text, number) order by e.number
    returning audit_entries.seq, audit_entries.hash;
end $$;
