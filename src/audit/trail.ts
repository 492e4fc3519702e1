// The audit trail as everybody else sees it. How entries are chained, signed and proved is this folder's own.
import type { Actor } from "../identity.js";
import type { JsonObject } from "../json.js";
import type { Session } from "../store/database.js";

/** Something that was done. Secrets never belong in it: details are redacted before they are written all the same. */
export interface AuditEvent {
  /** RFC 3339, UTC. */
  readonly at: string;
  /** What was done, as `subject.verb`: `scan.finished`, `waiver.approved`, `evidence.exported`, `action.applied`. */
  readonly kind: string;
  readonly actor: Actor;
  /** Where from: the host's name, or a client's address. */
  readonly origin: string | null;
  /** The id of what it was done to: a scan, a waiver, an action. */
  readonly subject: string | null;
  /** The decision that allowed it. */
  readonly decision: string | null;
  readonly details: JsonObject;
}

export interface AuditReceipt {
  /** From 1, without gaps. */
  readonly seq: number;
  /** SHA-256, hex: of the entry and of all before it. */
  readonly hash: string;
}

export interface AuditEntry extends AuditReceipt {
  readonly event: AuditEvent;
}

export interface AuditQuery {
  /** From this time on; null for the beginning. */
  readonly from: string | null;
  /** Before this time; null for the end. */
  readonly to: string | null;
  /** Kinds, or beginnings of kinds that end in a dot (`waiver.`); empty for all. */
  readonly kinds: readonly string[];
}

/** Append-only. No entry is ever dropped: whoever appends waits until it is kept. */
export interface AuditTrail {
  /** Resolves when the entry is durable. Calls that come together share a transaction. Throws `store-unavailable`. */
  append(event: AuditEvent): Promise<AuditReceipt>;
  /** In the caller's transaction: what was done and the record of it are kept together or not at all. */
  appendIn(session: Session, events: readonly AuditEvent[]): Promise<readonly AuditReceipt[]>;
  /** Oldest first. Reads in pages: bounded memory. */
  entries(query: AuditQuery): AsyncIterable<AuditEntry>;
}
