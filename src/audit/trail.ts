// The audit trail as everybody else sees it. How entries are chained, signed and proved is this folder's own.
import type { Actor } from "../identity.js";
import type { JsonObject } from "../json.js";
import type { Session } from "../store/database.js";
import type { SignedCheckpoint } from "./checkpoint.js";
import type { Signer } from "./signers.js";
import type { AuditSlice } from "./slice.js";
import type { AuditVerification, KeptCheckpoint } from "./verify-trail.js";

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
  /** The actor's name; absent for all. */
  readonly actor?: string;
}

/** Who this process acts for, and where it runs. */
export interface Caller {
  readonly actor: Actor;
  readonly origin: string;
}

/** Append-only. No entry is ever dropped: whoever appends waits until it is kept. */
export interface AuditTrail {
  /**
   * Resolves when the entry is durable. Calls that come together share a transaction. Throws `store-unavailable`, after
   * which the entry may be there or not, and `internal` for what is not an event or is larger than 256 KiB.
   */
  append(event: AuditEvent): Promise<AuditReceipt>;
  /**
   * In the caller's transaction: what was done and the record of it are kept together or not at all. Every other append waits
   * until that transaction ends: call it last.
   */
  appendIn(session: Session, events: readonly AuditEvent[]): Promise<readonly AuditReceipt[]>;
  /** Oldest first. Reads in pages: bounded memory. */
  entries(query: AuditQuery): AsyncIterable<AuditEntry>;
  /** As the operating system or the database knows it: never as the process says of itself. */
  caller(): Promise<Caller>;
}

/** For people who look something up. */
export interface AuditReading {
  /** Newest first, at most `limit`; of those before the entry `before`, where it is given. */
  newest(query: AuditQuery & { readonly before?: number }, limit: number): Promise<readonly AuditEntry[]>;
  entry(seq: number): Promise<AuditEntry | null>;
}

export interface VerifyOptions {
  /** Checkpoints that were kept elsewhere; the anchor of this machine is always one of them. */
  readonly kept: readonly KeptCheckpoint[];
  /** The id of a key that whoever verifies trusts; null to trust the trail's first. */
  readonly trusted: string | null;
}

/** What makes the trail provable. Reads and signs; changes no entry. */
export interface AuditProofs {
  /**
   * Signs what is not signed yet, and gives the last checkpoint; null of an empty trail. The first call makes the key. Throws
   * `config-invalid` where this machine does not have the key, `internal` where the trail is not what it was.
   */
  checkpoint(): Promise<SignedCheckpoint | null>;
  /** The whole trail, in pages. Throws only where it cannot be read. */
  verify(options: VerifyOptions): Promise<AuditVerification>;
  /** Makes a checkpoint first, so that everything that is there is proved. Null of an empty trail. */
  slice(query: AuditQuery): Promise<AuditSlice | null>;
  /** The keys whose signatures count, oldest first. */
  signers(): Promise<readonly Signer[]>;
  /** Brings in a new key, which the old one signs: the one in the file, or a new one in the data folder. Gives its id. */
  rotateKey(file: string | null): Promise<string>;
  /** Waits for what is being appended, and signs it where this machine has the key. May be called twice. */
  close(): Promise<void>;
}
