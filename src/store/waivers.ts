// Waivers as they are kept. Who asks, approves and ends is decided by the database (see the migration): what is given here as an
// actor counts only where the database lets its connection speak for others.
import type { AuditEvent, AuditTrail, Caller } from "../audit/trail.js";
import type { Clock } from "../clock.js";
import type { WaiverBinding } from "../compliance/excuses.js";
import { periodProblem, scopeProblem, type Waiver, type WaiverScope, type WaiverState } from "../compliance/waiver.js";
import { messageOf, PortcullisError } from "../errors.js";
import type { Actor } from "../identity.js";
import type { JsonObject } from "../json.js";
import type { Database, Row, Session } from "./database.js";
import { decodeCursor, encodeCursor, foreignCursor, isInstant } from "./cursor.js";
import { sqlState } from "./database-error.js";
import { instant } from "./findings.js";
import { storable, storableId, storableText } from "./storable.js";
import { waiverScope } from "./waiver-scope.js";

export interface WaiverRequest {
  readonly id: string | null;
  readonly scope: WaiverScope;
  readonly reason: string;
  readonly ticket: string | null;
  readonly start: string;
  readonly expires: string;
  readonly endsOnChange: boolean;
  readonly configHash: string | null;
}

export interface StoredWaiver extends Waiver {
  readonly requesterSource: Actor["source"];
  readonly approverSource: Actor["source"] | null;
  readonly requestedAt: string;
  readonly approvedAt: string | null;
  /** Approved by the one who asked: only in the embedded store, which has one user. */
  readonly selfApproved: boolean;
  readonly endedBy: string | null;
  readonly endedBySource: Actor["source"] | null;
  readonly endedAt: string | null;
  readonly endedReason: string | null;
}

export interface WaiverQuery {
  /** `all`, or one state. */
  readonly state: WaiverState | "all";
  readonly limit: number;
  /** The last of the page before, as `requestedAt` and `id`. */
  readonly after?: string;
}

/** Each change and its audit entry are kept together or not at all. Throws `usage` for what the state of a waiver does not allow. */
export interface Waivers {
  /** Nobody else can use this store, so that the one user approves his own requests. */
  readonly hasOneUser: boolean;
  request(request: WaiverRequest, caller: Caller): Promise<StoredWaiver>;
  approve(id: string, caller: Caller): Promise<StoredWaiver>;
  reject(id: string, reason: string, caller: Caller): Promise<StoredWaiver>;
  revoke(id: string, reason: string, caller: Caller): Promise<StoredWaiver>;
  get(id: string): Promise<StoredWaiver | null>;
  /** The latest first. */
  list(query: WaiverQuery): Promise<readonly StoredWaiver[]>;
  /** Approved ones that are in force, will be, or ended in the last 30 days. */
  approved(): Promise<readonly Waiver[]>;
  /** The first binding of a waiver to a resource stays. */
  bind(bindings: readonly WaiverBinding[]): Promise<void>;
}

export interface WaiversOptions {
  readonly clock: Clock;
  readonly audit: Pick<AuditTrail, "appendIn">;
}

export function createWaivers(database: Database, options: WaiversOptions): Waivers {
  return new DatabaseWaivers(database, options);
}

/** Waivers that ended before that are not read any more for a run. */
const remembered = "30 days";
const bindingsAtOnce = 5_000;

class DatabaseWaivers implements Waivers {
  readonly hasOneUser: boolean;
  readonly #database: Database;
  readonly #options: WaiversOptions;

  constructor(database: Database, options: WaiversOptions) {
    this.#database = database;
    this.#options = options;
    this.hasOneUser = database.exclusive;
  }

  request(request: WaiverRequest, caller: Caller): Promise<StoredWaiver> {
    const problem = scopeProblem(request.scope) ?? periodProblem(request.start, request.expires);
    if (problem !== null) throw new PortcullisError("usage", `the waiver cannot be requested: ${problem}`);
    const { clock } = this.#options;
    const id = request.id ?? `W-${clock.now().toISOString().slice(0, 10)}-${clock.newId().slice(0, 8)}`;
    return this.#change("requested", id, caller, (session) =>
      session.query(
        `insert into waivers (id, scope, reason, ticket, start_at, expires, ends_on_change, config_hash, status, requester, requester_source, requester_role, requested_at)
         values ($1, $2::jsonb, $3, $4, $5, $6, $7, $8, 'requested', $9, $10, session_user, now()) returning *`,
        [id, JSON.stringify(storable(request.scope)), storableText(request.reason), storable(request.ticket)].concat([
          request.start,
          request.expires,
          request.endsOnChange,
          request.configHash,
          ...actorColumns(caller),
        ]),
      ),
    );
  }

  approve(id: string, caller: Caller): Promise<StoredWaiver> {
    return this.#change("approved", id, caller, async (session) => {
      await this.#refuseEnded(session, id);
      return session.query(
        "update waivers set status = 'approved', approver = $2, approver_source = $3, approved_at = now() where id = $1 returning *",
        [id, ...actorColumns(caller)],
      );
    });
  }

  reject(id: string, reason: string, caller: Caller): Promise<StoredWaiver> {
    return this.#end("rejected", id, reason, caller);
  }

  revoke(id: string, reason: string, caller: Caller): Promise<StoredWaiver> {
    return this.#end("revoked", id, reason, caller);
  }

  async get(id: string): Promise<StoredWaiver | null> {
    const [row] = await this.#database.query("select * from waivers where id = $1", [storableText(id)]);
    if (row === undefined) return null;
    return storedWaiver(row, await boundHashes(this.#database, [row["id"] as string]));
  }

  async list({ state, limit, after }: WaiverQuery): Promise<readonly StoredWaiver[]> {
    const [requestedAt, id] = after === undefined ? [null, null] : decodeCursor(after, ["string", "string"]);
    if (requestedAt !== null && !isInstant(requestedAt)) throw foreignCursor();
    const rows = await this.#database.query(
      `select * from waivers
       where ($4::timestamptz is null or date_trunc('milliseconds', requested_at) < $4
         or date_trunc('milliseconds', requested_at) = $4 and id > $5) and case $1::text
         when 'all' then true
         when 'requested' then status = 'requested' and expires > $2
         when 'waiting' then status = 'approved' and start_at > $2
         when 'in-force' then status = 'approved' and start_at <= $2 and expires > $2
         when 'expired' then status in ('requested', 'approved') and expires <= $2
         else status = $1 end
       order by date_trunc('milliseconds', requested_at) desc, id limit $3`,
      [state, this.#options.clock.now().toISOString(), limit, requestedAt ?? null, id ?? null],
    );
    return rows.map((row) => storedWaiver(row, new Map()));
  }

  async approved(): Promise<readonly Waiver[]> {
    const rows = await this.#database.query(
      `select * from waivers where status = 'approved' and expires > $1::timestamptz - interval '${remembered}' order by id`,
      [this.#options.clock.now().toISOString()],
    );
    const bindable = rows.filter((row) => row["ends_on_change"] === true && row["config_hash"] === null);
    const bound = await boundHashes(
      this.#database,
      bindable.map((row) => row["id"] as string),
    );
    return rows.map((row) => storedWaiver(row, bound));
  }

  async bind(bindings: readonly WaiverBinding[]): Promise<void> {
    const at = this.#options.clock.now().toISOString();
    for (let from = 0; from < bindings.length; from += bindingsAtOnce) {
      const rows = bindings.slice(from, from + bindingsAtOnce).map(({ waiver, resource, configHash }) => ({
        ...{ waiver, resource: storableId(resource), config_hash: configHash },
      }));
      await this.#database.query(
        `insert into waiver_bindings (waiver, resource, config_hash, bound_at)
         select r.waiver, r.resource, r.config_hash, $2::timestamptz
         from jsonb_to_recordset($1::jsonb) as r(waiver text, resource text, config_hash text)
         join waivers w on w.id = r.waiver and w.status = 'approved' and w.ends_on_change and w.config_hash is null
         on conflict do nothing`,
        [JSON.stringify(rows), at],
      );
    }
  }

  #end(status: "rejected" | "revoked", id: string, reason: string, caller: Caller): Promise<StoredWaiver> {
    return this.#change(status, id, caller, (session) =>
      session.query(
        `update waivers set status = $2, ended_by = $3, ended_by_source = $4, ended_at = now(), ended_reason = $5 where id = $1 returning *`,
        [id, status, ...actorColumns(caller), storableText(reason)],
      ),
    );
  }

  async #refuseEnded(session: Session, id: string): Promise<void> {
    const [row] = await session.query("select expires from waivers where id = $1 for update", [id]);
    if (row === undefined) throw unknownWaiver(id);
    const now = this.#options.clock.now();
    if ((row["expires"] as Date) > now) return;
    throw new PortcullisError("usage", `waiver ${id} expired at ${instant(row["expires"])}: request another one`);
  }

  async #change(
    verb: Waiver["status"],
    id: string,
    caller: Caller,
    write: (session: Session) => Promise<readonly Row[]>,
  ): Promise<StoredWaiver> {
    try {
      return await this.#database.transaction(async (session) => {
        const [row] = await write(session);
        if (row === undefined) throw unknownWaiver(id);
        const waiver = storedWaiver(row, new Map());
        const event = auditEvent(waiver, verb, { at: this.#options.clock.now(), caller });
        await this.#options.audit.appendIn(session, [event]);
        return waiver;
      });
    } catch (error) {
      throw refusal(error, id);
    }
  }
}

/** What the page after this waiver begins with. */
export function cursorOfWaiver({ requestedAt, id }: Pick<StoredWaiver, "requestedAt" | "id">): string {
  return encodeCursor([requestedAt, id]);
}

function actorColumns({ actor: { name, source } }: Caller): readonly [string, string] {
  return [storableText(name), source];
}

async function boundHashes(session: Session, ids: readonly string[]): Promise<Map<string, Map<string, string>>> {
  const bound = new Map<string, Map<string, string>>();
  if (ids.length === 0) return bound;
  const rows = await session.query(
    "select waiver, resource, config_hash from waiver_bindings where waiver = any($1::text[])",
    [ids],
  );
  for (const row of rows) {
    const waiver = String(row["waiver"]);
    const hashes = bound.get(waiver) ?? new Map<string, string>();
    bound.set(waiver, hashes.set(String(row["resource"]), String(row["config_hash"])));
  }
  return bound;
}

function storedWaiver(row: Row, bound: ReadonlyMap<string, ReadonlyMap<string, string>>): StoredWaiver {
  const time = (column: string): string | null => (row[column] === null ? null : instant(row[column]));
  const { id, reason, ticket, requester, approver, status } = row;
  return {
    ...{ id, reason, ticket, requester, approver, status },
    scope: waiverScope(row["scope"]),
    ...{ start: instant(row["start_at"]), expires: instant(row["expires"]) },
    ...{ endsOnChange: row["ends_on_change"], configHash: row["config_hash"] },
    ...{ file: null, bound: bound.get(String(id)) ?? new Map<string, string>() },
    ...{ requesterSource: row["requester_source"], approverSource: row["approver_source"] },
    ...{ requestedAt: instant(row["requested_at"]), approvedAt: time("approved_at") },
    selfApproved: row["self_approved"],
    ...{
      endedBy: row["ended_by"],
      endedBySource: row["ended_by_source"],
      endedAt: time("ended_at"),
      endedReason: row["ended_reason"],
    },
  } as StoredWaiver;
}

/** Who it says is who the database says, not who was given. */
function auditEvent(
  waiver: StoredWaiver,
  verb: Waiver["status"],
  { at, caller }: { readonly at: Date; readonly caller: Caller },
): AuditEvent {
  const { id, scope, reason, ticket, requester, approver, start, expires, selfApproved, endedBy, endedReason } = waiver;
  const ended = [endedBy, waiver.endedBySource] as const;
  const who = {
    requested: [requester, waiver.requesterSource] as const,
    approved: [approver, waiver.approverSource] as const,
    ...{ rejected: ended, revoked: ended },
  }[verb];
  const details = { scope, reason, ticket, requester, approver, start, expires, selfApproved, endedReason };
  return {
    at: at.toISOString(),
    kind: `waiver.${verb}`,
    actor: { name: who[0] ?? caller.actor.name, source: who[1] ?? caller.actor.source },
    origin: caller.origin,
    subject: id,
    decision: null,
    details: storable(details) as JsonObject,
  };
}

function unknownWaiver(id: string): PortcullisError {
  return new PortcullisError("usage", `there is no waiver ${id}; see: portcullis waivers list --status all`);
}

/** What the database's rules refuse is for the user to know, in their own words. */
function refusal(error: unknown, id: string): unknown {
  const cause = error instanceof PortcullisError ? error.cause : error;
  const state = sqlState(cause);
  if (state === "23505") return new PortcullisError("usage", `there is a waiver ${id} already`, { cause: error });
  if (state !== "23514" && state !== "42501") return error;
  return new PortcullisError("usage", messageOf(cause), { cause: error });
}
