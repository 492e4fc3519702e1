// Service tokens as they are kept. How a token looks and is checked is the API's; who may write them is the database's (see the
// migration).
import type { AuditEvent, AuditTrail, Caller } from "../audit/trail.js";
import type { Clock } from "../clock.js";
import { messageOf, PortcullisError } from "../errors.js";
import type { Actor } from "../identity.js";
import { decodeCursor, encodeCursor, foreignCursor, isInstant } from "./cursor.js";
import type { Database, Row, Session } from "./database.js";
import { sqlState } from "./database-error.js";
import { instant } from "./findings.js";
import { storableText } from "./storable.js";

export interface NewToken {
  /** 12 letters and digits; public. */
  readonly id: string;
  /** SHA-256 of the token. */
  readonly hash: Buffer;
  readonly name: string | null;
  readonly roles: readonly string[];
  readonly expires: Date;
}

export interface StoredToken {
  readonly id: string;
  readonly name: string | null;
  readonly roles: readonly string[];
  readonly createdBy: string;
  readonly createdBySource: Actor["source"];
  readonly createdAt: string;
  readonly expires: string;
  /** To the minute. */
  readonly lastUsed: string | null;
  readonly revokedBy: string | null;
  readonly revokedBySource: Actor["source"] | null;
  readonly revokedAt: string | null;
}

/** What is needed to check a token. */
export interface TokenSecret {
  readonly token: StoredToken;
  readonly hash: Buffer;
}

export interface TokenQuery {
  /** Those that expired or were revoked too. */
  readonly all: boolean;
  readonly limit: number;
  /** A page's `next`. */
  readonly after?: string;
}

export interface TokenPage {
  readonly tokens: readonly StoredToken[];
  readonly next: string | null;
}

/** Each change and its audit entry are kept together or not at all. Throws `usage` for what the database's rules refuse. */
export interface Tokens {
  create(token: NewToken, caller: Caller): Promise<StoredToken>;
  /** Whatever its state; null when there is none. Reads the database each time. */
  find(id: string): Promise<TokenSecret | null>;
  /** Kept at most once a minute for each token. */
  used(id: string): Promise<void>;
  /** The latest first. */
  list(query: TokenQuery): Promise<TokenPage>;
  /** Whether the database lets this connection say for whom it acts: without that, whoever asks is who the connection is. */
  speaksForOthers(): Promise<boolean>;
  /** Null when there is no such token. One that is revoked already stays as it is, without an entry. */
  revoke(id: string, caller: Caller): Promise<StoredToken | null>;
}

export interface TokensOptions {
  readonly clock: Clock;
  readonly audit: Pick<AuditTrail, "appendIn">;
}

export function createTokens(database: Database, options: TokensOptions): Tokens {
  return new DatabaseTokens(database, options);
}

class DatabaseTokens implements Tokens {
  readonly #database: Database;
  readonly #options: TokensOptions;

  constructor(database: Database, options: TokensOptions) {
    this.#database = database;
    this.#options = options;
  }

  create({ id, hash, name, roles, expires }: NewToken, caller: Caller): Promise<StoredToken> {
    return this.#refusing(async (session) => {
      const [row] = await session.query(
        `insert into tokens (id, hash, name, roles, holder, created_by, created_by_source, created_at, expires)
         values ($1, decode($2, 'hex'), $3, $4::text[], '', $5, $6, $7, $8) returning *`,
        [id, hash.toString("hex"), name === null ? null : storableText(name), [...new Set(roles)]].concat(
          [storableText(caller.actor.name), caller.actor.source],
          [this.#now(), expires.toISOString()],
        ),
      );
      const token = storedToken(row ?? {});
      const actor = { name: token.createdBy, source: token.createdBySource };
      await this.#audit(session, "token.created", { token, actor, origin: caller.origin });
      return token;
    });
  }

  async find(id: string): Promise<TokenSecret | null> {
    const [row] = await this.#database.query("select *, encode(hash, 'hex') as hex from tokens where id = $1", [
      storableText(id),
    ]);
    return row === undefined ? null : { token: storedToken(row), hash: Buffer.from(String(row["hex"]), "hex") };
  }

  async used(id: string): Promise<void> {
    await this.#database.query(
      "update tokens set last_used = $2 where id = $1 and (last_used is null or last_used <= $2::timestamptz - interval '1 minute')",
      [id, this.#now()],
    );
  }

  async speaksForOthers(): Promise<boolean> {
    const [row] = await this.#database.query("select waiver_may_speak_for_others() as may");
    return row?.["may"] === true;
  }

  async list({ all, limit, after }: TokenQuery): Promise<TokenPage> {
    const [at, id] = after === undefined ? [null, null] : decodeCursor(after, ["string", "string"]);
    if (after !== undefined && !isInstant(at)) throw foreignCursor();
    const rows = await this.#database.query(
      `select * from tokens
       where ($1 or (revoked_at is null and expires > $2))
         and ($3::timestamptz is null or date_trunc('milliseconds', created_at) < $3
              or (date_trunc('milliseconds', created_at) = $3 and id > $4::text))
       order by date_trunc('milliseconds', created_at) desc, id limit $5`,
      [all, this.#now(), at ?? null, id ?? null, limit + 1],
    );
    const tokens = rows.slice(0, limit).map(storedToken);
    const last = tokens.at(-1);
    const hasMore = rows.length > limit && last !== undefined;
    return { tokens, next: hasMore ? encodeCursor([last.createdAt, last.id]) : null };
  }

  revoke(id: string, caller: Caller): Promise<StoredToken | null> {
    return this.#refusing(async (session) => {
      const [before] = await session.query("select * from tokens where id = $1 for update", [storableText(id)]);
      if (before === undefined || before["revoked_at"] !== null)
        return before === undefined ? null : storedToken(before);
      const [row] = await session.query(
        "update tokens set revoked_by = $2, revoked_by_source = $3, revoked_at = $4 where id = $1 returning *",
        [id, storableText(caller.actor.name), caller.actor.source, this.#now()],
      );
      const token = storedToken(row ?? {});
      const actor = { name: token.revokedBy ?? "", source: token.revokedBySource ?? caller.actor.source };
      await this.#audit(session, "token.revoked", { token, actor, origin: caller.origin });
      return token;
    });
  }

  async #refusing<T>(work: (session: Session) => Promise<T>): Promise<T> {
    try {
      return await this.#database.transaction(work);
    } catch (error) {
      throw refusal(error);
    }
  }

  /** Who it says is who the database says, not who was given. */
  async #audit(session: Session, kind: string, { token, actor, origin }: AuditedToken): Promise<void> {
    const { id, name, roles, expires } = token;
    const details = { name, roles, expires };
    const event: AuditEvent = { at: this.#now(), kind, actor, origin, subject: id, decision: null, details };
    await this.#options.audit.appendIn(session, [event]);
  }

  #now(): string {
    return this.#options.clock.now().toISOString();
  }
}

interface AuditedToken {
  readonly token: StoredToken;
  readonly actor: Actor;
  readonly origin: string;
}

function storedToken(row: Row): StoredToken {
  const time = (column: string): string | null => (row[column] === null ? null : instant(row[column]));
  const { id, name, roles } = row;
  return {
    ...{ id, name, roles, createdBy: row["created_by"], createdBySource: row["created_by_source"] },
    ...{ createdAt: instant(row["created_at"]), expires: instant(row["expires"]), lastUsed: time("last_used") },
    ...{ revokedBy: row["revoked_by"], revokedBySource: row["revoked_by_source"], revokedAt: time("revoked_at") },
  } as StoredToken;
}

function refusal(error: unknown): unknown {
  const cause = error instanceof PortcullisError ? error.cause : error;
  const state = sqlState(cause);
  if (state !== "23514" && state !== "42501") return error;
  return new PortcullisError("usage", `tokens cannot be changed like this: ${messageOf(cause)}`, { cause: error });
}
