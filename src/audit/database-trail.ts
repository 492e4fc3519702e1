// The audit trail in the store's database, for both of its adapters. What must hold whoever writes is in migration 0003.
import type { Clock } from "../clock.js";
import { messageOf, PortcullisError } from "../errors.js";
import type { Database, Session } from "../store/database.js";
import { anchorFile, readAnchor, type Anchor } from "./anchor.js";
import { systemCaller } from "./caller.js";
import { appendSigner, lockSigning, makeCheckpoints, type SigningContext } from "./checkpointer.js";
import type { SignedCheckpoint } from "./checkpoint.js";
import { eventText, parseEvent } from "./event-text.js";
import { readSlice } from "./export-slice.js";
import { GroupCommit } from "./group-commit.js";
import {
  checkpointRows,
  entryRows,
  lastCheckpointRow,
  matchingRows,
  newestRows,
  readHead,
  readSigners,
} from "./rows.js";
import type { Signer } from "./signers.js";
import { isKeyFromOutside, keyVariable, prepareNextKey, promoteNextKey, readSigningKeys } from "./signing-key.js";
import type { AuditSlice } from "./slice.js";
import type {
  AuditEntry,
  AuditEvent,
  AuditProofs,
  AuditQuery,
  AuditReading,
  AuditReceipt,
  AuditTrail,
  Caller,
  VerifyOptions,
} from "./trail.js";
import { verifyTrail, type AuditVerification, type EntryRow } from "./verify-trail.js";

export type Audit = AuditTrail & AuditReading & AuditProofs;

export interface AuditOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** Where the key and the anchor are; null where there is no such place, and so no checkpoints. */
  readonly folder: string | null;
  /** Tells the anchors of several databases apart; null for the embedded one. */
  readonly databaseUrl: string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A checkpoint is made when so many entries are not signed. */
  readonly checkpointEvery?: number;
}

export function createAudit(options: AuditOptions): Audit {
  return new DatabaseAudit(options);
}

const defaultCheckpointEvery = 1_000;
/** And when the last one is older than that, in milliseconds. */
const checkpointInterval = 60 * 60 * 1_000;

class DatabaseAudit implements Audit {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #options: AuditOptions;
  readonly #appends: GroupCommit;
  /** Of the last checkpoint that this process knows of. */
  #signedUpTo: number | null = null;
  #signedAt = 0;
  #unsigned = false;
  #signing: Promise<void> | null = null;
  /** It failed here, and would again: the key is elsewhere, or the trail is broken. Appends go on. */
  #cannotSign: boolean;

  constructor(options: AuditOptions) {
    this.#options = options;
    this.#database = options.database;
    this.#clock = options.clock;
    this.#cannotSign = options.folder === null;
    this.#appends = new GroupCommit(async (texts) => {
      const receipts = await appendTexts(this.#database, texts);
      await this.#appended(receipts.at(-1)?.seq ?? 0);
      return receipts;
    });
  }

  append(event: AuditEvent): Promise<AuditReceipt> {
    return this.#appends.add(() => eventText(event));
  }

  async appendIn(session: Session, events: readonly AuditEvent[]): Promise<readonly AuditReceipt[]> {
    const texts = events.map(eventText);
    this.#unsigned = true;
    return appendTexts(session, texts);
  }

  async *entries(query: AuditQuery): AsyncGenerator<AuditEntry> {
    const { seq: last } = await readHead(this.#database);
    for await (const row of matchingRows(this.#database, query, last)) yield entryOf(row);
  }

  async newest(query: AuditQuery & { readonly before?: number }, limit: number): Promise<readonly AuditEntry[]> {
    return (await newestRows(this.#database, query, limit)).map(entryOf);
  }

  async entry(seq: number): Promise<AuditEntry | null> {
    for await (const row of entryRows(this.#database, seq, seq)) return entryOf(row);
    return null;
  }

  caller(): Promise<Caller> {
    return systemCaller(this.#database);
  }

  async checkpoint(): Promise<SignedCheckpoint | null> {
    const last = await makeCheckpoints(this.#context());
    this.#signed(last);
    return last;
  }

  async verify({ kept, trusted }: VerifyOptions): Promise<AuditVerification> {
    const head = await readHead(this.#database);
    const { anchor, unreadable } = this.#readAnchor();
    return verifyTrail({
      head,
      entries: entryRows(this.#database, 1, Math.max(head.seq, head.newest)),
      checkpoints: checkpointRows(this.#database, 0),
      kept: anchor === null ? kept : [...kept, anchor],
      ...{ unreadable, trusted },
    });
  }

  async slice(query: AuditQuery): Promise<AuditSlice | null> {
    const last = await this.checkpoint();
    return last === null ? null : readSlice(this.#database, query, last.checkpoint);
  }

  async signers(): Promise<readonly Signer[]> {
    const { trail } = await readHead(this.#database);
    return (await readSigners(this.#database, trail)).list;
  }

  async rotateKey(file: string | null): Promise<string> {
    const context = this.#context();
    if (file === null && isKeyFromOutside(context.place))
      throw new PortcullisError(
        "usage",
        `the key in force comes from $${keyVariable}: make the new one yourself, name its file with --new-key, and change the secret afterwards`,
      );
    await this.checkpoint();
    const caller = await this.caller();
    const id = await this.#database.transaction((session) => bringIn(session, { context, caller, file }));
    if (isKeyFromOutside(context.place)) return id;
    promoteNextKey(context.place);
    await this.checkpoint();
    return id;
  }

  async close(): Promise<void> {
    await this.#appends.idle();
    await this.#signing;
    if (!this.#unsigned || this.#cannotSign) return;
    this.#unsigned = false;
    // What is not signed now is by whoever appends next; that it could not be must not hide what the process did.
    await this.checkpoint().catch(() => undefined);
  }

  #readAnchor(): { readonly anchor: Anchor | null; readonly unreadable: readonly string[] } {
    const { folder, databaseUrl } = this.#options;
    try {
      return { anchor: folder === null ? null : readAnchor(anchorFile(folder, databaseUrl)), unreadable: [] };
    } catch (error) {
      return { anchor: null, unreadable: [messageOf(error)] };
    }
  }

  #context(): SigningContext {
    const { folder, databaseUrl, environment } = this.#options;
    if (folder === null)
      throw new PortcullisError("config-invalid", "the audit trail cannot be signed: it has no folder for its key");
    return {
      ...{ database: this.#database, clock: this.#clock, place: { folder, environment } },
      anchor: anchorFile(folder, databaseUrl),
      caller: () => this.caller(),
    };
  }

  async #appended(seq: number): Promise<void> {
    this.#unsigned = true;
    if (this.#cannotSign || this.#signing !== null) return;
    this.#signedUpTo ??= (await lastCheckpointRow(this.#database).catch(() => null))?.seq ?? 0;
    if (this.#signedAt === 0) this.#signedAt = this.#clock.now().getTime();
    const due = seq - this.#signedUpTo >= (this.#options.checkpointEvery ?? defaultCheckpointEvery);
    if (due || this.#clock.now().getTime() - this.#signedAt >= checkpointInterval) this.#signing = this.#signNow();
  }

  /** Beside the appends, which do not wait for it. */
  async #signNow(): Promise<void> {
    try {
      await this.checkpoint();
    } catch (error) {
      this.#cannotSign = !(error instanceof PortcullisError && error.code === "store-unavailable");
    } finally {
      this.#signing = null;
    }
  }

  #signed(last: SignedCheckpoint | null): void {
    this.#signedUpTo = last?.checkpoint.seq ?? 0;
    this.#signedAt = this.#clock.now().getTime();
  }
}

function entryOf({ seq, hash, event: text }: EntryRow): AuditEntry {
  const event = parseEvent(text);
  if (event !== null) return { seq, hash, event };
  throw new PortcullisError("internal", `entry ${seq} of the audit trail is not an event: see portcullis audit verify`);
}

async function appendTexts(session: Session, texts: readonly string[]): Promise<readonly AuditReceipt[]> {
  if (texts.length === 0) return [];
  const rows = await session.query(
    "select seq::text as seq, encode(hash, 'hex') as hash from audit_append($1::json) as appended order by appended.seq",
    [JSON.stringify(texts)],
  );
  return rows.map(({ seq, hash }) => ({ seq: Number(seq), hash: String(hash) }));
}

interface Rotation {
  readonly context: SigningContext;
  readonly caller: Caller;
  readonly file: string | null;
}

async function bringIn(session: Session, { context, caller, file }: Rotation): Promise<string> {
  await lockSigning(session);
  const { trail } = await readHead(session);
  const inForce = (await readSigners(session, trail)).list.at(-1)?.statement.signer;
  const previous = readSigningKeys(context.place).find(({ id }) => id === inForce);
  if (previous === undefined)
    throw new PortcullisError(
      "config-invalid",
      "the audit trail has no key to rotate yet; append and make a checkpoint first: portcullis audit checkpoint",
    );
  const key = prepareNextKey(context.place, file);
  if (key.id === previous.id) throw new PortcullisError("usage", "the new key is the one in force");
  await appendSigner(session, { context, caller, key, previous });
  return key.id;
}
