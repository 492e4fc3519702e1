// Trails for tests: over both databases, and what an attacker does to them who may switch the triggers off.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stepClock } from "../../../test/testing/store.js";
import type { Database } from "../../store/database.js";
import { createAudit, type Audit, type AuditOptions } from "../database-trail.js";
import type { AuditEvent } from "../trail.js";

export const folder = mkdtempSync(join(tmpdir(), "portcullis-audit-"));

export function event(change: Partial<AuditEvent> = {}): AuditEvent {
  return {
    ...{ at: "2026-03-01T00:00:00.000Z", kind: "waiver.approved", actor: { name: "ada", source: "os-user" } },
    ...{ origin: "host-1", subject: "waiver-1", decision: null, details: {} },
    ...change,
  };
}

/** The hour of an event tells which one it is. */
export const numbered = (n: number): AuditEvent =>
  event({ at: new Date(Date.UTC(2026, 0, 1, n)).toISOString(), subject: `thing-${n}`, details: { n } });

export function openAudit(database: Database, place: string, change: Partial<AuditOptions> = {}): Audit {
  const audit = { database, clock: stepClock(), folder: join(folder, place), databaseUrl: null, environment: {} };
  return createAudit({ ...audit, ...change });
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** As a superuser can, and nobody else: no trigger fires. */
export function tamper(database: Database, ...statements: readonly string[]): Promise<void> {
  return database.transaction(async (session) => {
    await session.query("set local session_replication_role = replica");
    for (const statement of statements) await session.script(statement);
  });
}

/** Empties the trail as if it had never been used. */
export async function emptied(database: Database): Promise<void> {
  await tamper(
    database,
    "delete from audit_entries; delete from audit_checkpoints",
    "update audit_head set seq = 0, hash = decode(repeat('00', 32), 'hex'), trail = gen_random_uuid()::text",
  );
}

/** Hashes every entry from `seq` on anew, and moves the head: what an attacker does who knows how it is done. */
export const rehashed = (seq: number): string => `do $$
  declare
    previous bytea := coalesce((select hash from audit_entries where seq = ${seq} - 1), decode(repeat('00', 32), 'hex'));
    entry record;
  begin
    for entry in select seq, event from audit_entries where seq >= ${seq} order by seq loop
      previous := audit_entry_hash(entry.seq, previous, entry.event);
      update audit_entries set hash = previous where seq = entry.seq;
    end loop;
    update audit_head set seq = (select max(seq) from audit_entries), hash = previous;
  end $$`;
