// Approved snapshots of the inventory, and what was told of drift. Who saves and who approves is decided by the database, as with
// waivers (see the migration).
import type { AuditTrail, Caller } from "../audit/trail.js";
import type { Clock } from "../clock.js";
import { messageOf, PortcullisError } from "../errors.js";
import type { Actor } from "../identity.js";
import type { JsonObject } from "../json.js";
import { sqlState } from "./database-error.js";
import type { Database, Row, Session } from "./database.js";
import { instant } from "./findings.js";
import type { StoredResource } from "./inventory-rows.js";
import { estateKey, tellIn, type FoundDrift, type ToldDrift } from "./drift-told.js";
import { storable, storableText } from "./storable.js";

export interface StoredSnapshot {
  readonly name: string;
  readonly reason: string;
  readonly resources: number;
  readonly status: "requested" | "approved";
  readonly requester: string;
  readonly requesterSource: Actor["source"];
  readonly requestedAt: string;
  readonly approver: string | null;
  readonly approverSource: Actor["source"] | null;
  readonly approvedAt: string | null;
  /** Approved by the one who saved it: only in the embedded store, which has one user. */
  readonly selfApproved: boolean;
}

export type SnapshotResource = Omit<StoredResource, "owner" | "firstSeen" | "lastSeen" | "lastScan">;

export interface DriftStore {
  /** Of what the store's scans saw. Throws `usage` where there is one of that name already, or nothing was scanned. */
  save(snapshot: { readonly name: string; readonly reason: string }, caller: Caller): Promise<StoredSnapshot>;
  approve(name: string, caller: Caller): Promise<StoredSnapshot>;
  get(name: string): Promise<StoredSnapshot | null>;
  /** The latest first, at most 1,000. */
  list(): Promise<readonly StoredSnapshot[]>;
  /** In pages of `limit`, by id. */
  resources(
    name: string,
    page: { readonly after: string; readonly limit: number },
  ): Promise<readonly SnapshotResource[]>;
  /** Tells each difference once: what was told before and is the same is not told again; its end is told once too. */
  tell(estate: string, drift: FoundDrift, caller: Caller): Promise<ToldDrift>;
}

export function createDriftStore(
  database: Database,
  options: { readonly clock: Clock; readonly audit: Pick<AuditTrail, "appendIn"> },
): DriftStore {
  return new DatabaseDrift(database, options);
}

class DatabaseDrift implements DriftStore {
  readonly #database: Database;
  readonly #options: { readonly clock: Clock; readonly audit: Pick<AuditTrail, "appendIn"> };

  constructor(database: Database, options: { readonly clock: Clock; readonly audit: Pick<AuditTrail, "appendIn"> }) {
    this.#database = database;
    this.#options = options;
  }

  save({ name, reason }: { readonly name: string; readonly reason: string }, caller: Caller): Promise<StoredSnapshot> {
    return this.#change("saved", name, caller, async (session) => {
      const [counted] = await session.query("select count(*)::int as n from states");
      const resources = Number(counted?.["n"] ?? 0);
      if (resources === 0) throw new PortcullisError("usage", "nothing was scanned yet; see: portcullis scan");
      const rows = await session.query(
        `insert into drift_snapshots (name, reason, resources, status, requester, requester_source, requester_role, requested_at)
         values ($1, $2, $3, 'requested', $4, $5, session_user, now()) returning *`,
        [name, storableText(reason), resources, storableText(caller.actor.name), caller.actor.source],
      );
      await session.query(
        `insert into drift_snapshot_resources (snapshot, id, body)
         select $1, r.id, jsonb_build_object('id', r.id, 'provider', r.provider, 'type', r.type, 'name', b.name, 'account', r.account,
           'region', r.region, 'tags', coalesce(b.tags, '{}'::jsonb), 'config', b.config)
         from resources r join states s on s.resource = r.key left join bodies b on b.hash = s.body
         on conflict do nothing`,
        [name],
      );
      return rows;
    });
  }

  approve(name: string, caller: Caller): Promise<StoredSnapshot> {
    return this.#change("approved", name, caller, (session) =>
      session.query(
        `update drift_snapshots set status = 'approved', approver = $2, approver_source = $3, approved_at = now()
         where name = $1 returning *`,
        [name, storableText(caller.actor.name), caller.actor.source],
      ),
    );
  }

  async get(name: string): Promise<StoredSnapshot | null> {
    const [row] = await this.#database.query("select * from drift_snapshots where name = $1", [storableText(name)]);
    return row === undefined ? null : snapshotOf(row);
  }

  async list(): Promise<readonly StoredSnapshot[]> {
    const rows = await this.#database.query(
      "select * from drift_snapshots order by requested_at desc, name limit 1000",
    );
    return rows.map(snapshotOf);
  }

  async resources(
    name: string,
    { after, limit }: { readonly after: string; readonly limit: number },
  ): Promise<readonly SnapshotResource[]> {
    const rows = await this.#database.query(
      "select body from drift_snapshot_resources where snapshot = $1 and id > $2 order by id limit $3",
      [storableText(name), after, limit],
    );
    return rows.map((row) => row["body"] as SnapshotResource);
  }

  tell(estate: string, drift: FoundDrift, caller: Caller): Promise<ToldDrift> {
    return this.#database.transaction(async (session) => {
      const now = this.#options.clock.now().toISOString();
      const outcome = await tellIn(session, { ...drift, estateKey: estateKey(estate), now, publish: true });
      if (outcome.told + outcome.resolved > 0)
        await this.#audit(session, "drift.told", { subject: estateKey(estate), caller, details: { ...outcome } });
      return outcome;
    });
  }

  async #change(
    verb: "saved" | "approved",
    name: string,
    caller: Caller,
    write: (session: Session) => Promise<readonly Row[]>,
  ): Promise<StoredSnapshot> {
    try {
      return await this.#database.transaction(async (session) => {
        const [row] = await write(session);
        if (row === undefined) throw unknownSnapshot(name);
        const snapshot = snapshotOf(row);
        const { requester, requesterSource, approver, approverSource, reason, resources, selfApproved } = snapshot;
        const actor =
          verb === "approved"
            ? { name: approver ?? caller.actor.name, source: approverSource ?? caller.actor.source }
            : { name: requester, source: requesterSource };
        const details = { reason, resources, requester, approver, selfApproved };
        await this.#audit(session, `snapshot.${verb}`, { subject: name, caller: { ...caller, actor }, details });
        return snapshot;
      });
    } catch (error) {
      throw refusal(error, name);
    }
  }

  async #audit(
    session: Session,
    kind: string,
    { subject, caller, details }: { readonly subject: string; readonly caller: Caller; readonly details: JsonObject },
  ): Promise<void> {
    const { actor, origin } = caller;
    const at = this.#options.clock.now().toISOString();
    const event = { at, kind, actor, origin, subject, decision: null, details: storable(details) as JsonObject };
    await this.#options.audit.appendIn(session, [event]);
  }
}

function snapshotOf(row: Row): StoredSnapshot {
  return {
    ...{ name: row["name"], reason: row["reason"], resources: row["resources"], status: row["status"] },
    ...{
      requester: row["requester"],
      requesterSource: row["requester_source"],
      requestedAt: instant(row["requested_at"]),
    },
    ...{ approver: row["approver"], approverSource: row["approver_source"], selfApproved: row["self_approved"] },
    approvedAt: row["approved_at"] === null ? null : instant(row["approved_at"]),
  } as StoredSnapshot;
}

export function unknownSnapshot(name: string): PortcullisError {
  return new PortcullisError("usage", `there is no snapshot ${name}; see: portcullis drift snapshot list`);
}

function refusal(error: unknown, name: string): unknown {
  const cause = error instanceof PortcullisError ? error.cause : error;
  const state = sqlState(cause);
  if (state === "23505")
    return new PortcullisError("usage", `there is a snapshot ${name} already: choose another name`, { cause: error });
  if (state !== "23514" && state !== "42501") return error;
  return new PortcullisError("usage", messageOf(cause), { cause: error });
}
