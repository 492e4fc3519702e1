// Environments and their services in the database: a version is never changed, only another one is the one that counts.
import type { Clock } from "../clock.js";
import { PortcullisError } from "../errors.js";
import type { JsonObject } from "../json.js";
import {
  environmentBody,
  type EnvironmentRecord,
  type Environments,
  type EnvironmentState,
  type NewVersion,
} from "../actions/provisioning/environments.js";
import type { ServiceDirectory, ServiceEntry, ServiceQuery } from "../actions/provisioning/service-directory.js";
import { decodeCursor, encodeCursor } from "./cursor.js";
import type { Database, Row, Session } from "./database.js";
import { instant } from "./findings.js";
import { storableText } from "./storable.js";

const columns = `v.environment, v.version, v.previous, v.digest, v.action, v.state, v.expires_at, v.retired_until, v.body, v.recorded_at, e.created_at`;
const current = `from environments e join environment_versions v on v.environment = e.name and v.version = e.version`;

export function createEnvironments(database: Database, clock: Clock): Environments {
  const one = async (sql: string, params: readonly unknown[]): Promise<EnvironmentRecord | null> => {
    const [row] = await database.query(sql, params);
    return row === undefined ? null : recordOf(row);
  };
  return {
    get: (name) => one(`select ${columns} ${current} where e.name = $1`, [name]),
    version: (name, version) =>
      one(
        `select ${columns} from environments e join environment_versions v on v.environment = e.name where e.name = $1 and v.version = $2`,
        [name, version],
      ),
    async list({ limit, after = "" }) {
      const rows = await database.query(`select ${columns} ${current} where e.name > $1 order by e.name limit $2`, [
        after,
        limit,
      ]);
      return rows.map(recordOf);
    },
    record: (version) => database.transaction((session) => record(session, version, clock.now())),
    restore: (name, version, digest) =>
      database.transaction((session) => restore(session, { name, version, digest }, clock.now())),
    async expired(now, limit) {
      const rows = await database.query(
        `select e.name, v.expires_at <= $1 as over ${current}
         where v.state = 'ready' and (v.expires_at <= $1 or v.retired_until <= $1) order by least(v.expires_at, v.retired_until), e.name limit $2`,
        [now.toISOString(), limit],
      );
      return rows.map((row) => ({
        name: String(row["name"]),
        what: row["over"] === true ? "environment" : "former-colour",
      }));
    },
  };
}

async function record(session: Session, version: NewVersion, now: Date): Promise<void> {
  const { name, previous, digest } = version;
  const there = await lock(session, name);
  if (there !== null && there.digest === digest && there.previous === previous) return;
  if ((there?.version ?? null) !== previous) throw changed(name, there);
  const [last] = await session.query("select max(version) as last from environment_versions where environment = $1", [
    name,
  ]);
  const next = Number(last?.["last"] ?? 0) + 1;
  await session.query(
    `insert into environments (name, version, created_at) values ($1, $2, $3) on conflict (name) do update set version = excluded.version`,
    [name, next, now.toISOString()],
  );
  const { action, state, expiresAt, retiredUntil, body, services } = version;
  const kept = { body: environmentBody.parse(body), services };
  await session.query(
    `insert into environment_versions (environment, version, previous, digest, action, state, expires_at, retired_until, body, recorded_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      name,
      next,
      previous,
      digest,
      action,
      state,
      expiresAt,
      retiredUntil,
      storableText(JSON.stringify(kept)),
      now.toISOString(),
    ],
  );
  await writeServices(session, { name, services, action }, now);
}

async function lock(session: Session, name: string): Promise<EnvironmentRecord | null> {
  const [row] = await session.query("select name from environments where name = $1 for update", [name]);
  if (row === undefined) return null;
  const [full] = await session.query(`select ${columns} ${current} where e.name = $1`, [name]);
  return full === undefined ? null : recordOf(full);
}

function changed(name: string, there: EnvironmentRecord | null): PortcullisError {
  const now = there === null ? "not there any more" : `at version ${there.version}, by action ${there.action}`;
  return new PortcullisError("usage", `environment ${name} is ${now}: it was changed meanwhile; plan again`);
}

interface Restoring {
  readonly name: string;
  readonly version: number | null;
  readonly digest: string;
}

async function restore(session: Session, { name, version, digest }: Restoring, now: Date): Promise<void> {
  const there = await lock(session, name);
  if (there === null || there.digest !== digest || there.previous !== version) return;
  if (version === null) {
    await session.query("delete from environments where name = $1", [name]);
    return;
  }
  const [row] = await session.query(
    "select action, body from environment_versions where environment = $1 and version = $2",
    [name, version],
  );
  if (row === undefined) throw changed(name, there);
  await session.query("update environments set version = $2 where name = $1", [name, version]);
  const { services } = JSON.parse(String(row["body"])) as Pick<NewVersion, "services">;
  await writeServices(session, { name, services, action: String(row["action"]) }, now);
}

async function writeServices(
  session: Session,
  { name, services, action }: Pick<NewVersion, "name" | "services" | "action">,
  now: Date,
): Promise<void> {
  await session.query("delete from environment_services where environment = $1", [name]);
  const rows = services.map(({ metadata, ...rest }) => ({ ...rest, metadata: JSON.stringify(metadata) }));
  await session.query(
    `insert into environment_services (environment, name, kind, endpoint, port, protocol, metadata, updated_at, action)
     select $1, name, kind, endpoint, port, protocol, metadata, $3, $4
     from jsonb_to_recordset($2::jsonb) as s (name text, kind text, endpoint text, port int, protocol text, metadata text)`,
    [name, storableText(JSON.stringify(rows)), now.toISOString(), action],
  );
}

function recordOf(row: Row): EnvironmentRecord {
  const time = (column: string): string | null => (row[column] === null ? null : instant(row[column]));
  const { body } = JSON.parse(String(row["body"])) as { readonly body: unknown };
  return {
    ...environmentBody.parse(body),
    ...{ name: String(row["environment"]), version: Number(row["version"]), digest: String(row["digest"]) },
    previous: row["previous"] === null ? null : Number(row["previous"]),
    ...{ action: String(row["action"]), state: row["state"] as EnvironmentState },
    ...{ expiresAt: time("expires_at"), retiredUntil: time("retired_until") },
    ...{ createdAt: instant(row["created_at"]), recordedAt: instant(row["recorded_at"]) },
  };
}

export function createServiceDirectory(database: Database): ServiceDirectory {
  return {
    async list(query) {
      const rows = await database.query(
        `select * from environment_services
         where ($1::text is null or environment = $1) and ($2::text is null or name = $2) and ($3::text is null or kind = $3)
           and ($4::text is null or (environment, name) > ($4::text collate "C", $5::text collate "C"))
         order by environment, name limit $6`,
        [query.environment ?? null, query.name ?? null, query.kind ?? null, ...after(query), query.limit + 1],
      );
      const services = rows.slice(0, query.limit).map(serviceOf);
      const last = services.at(-1);
      const isMore = rows.length > query.limit && last !== undefined;
      return { services, next: isMore ? encodeCursor([last.environment, last.name]) : null };
    },
  };
}

function after(query: ServiceQuery): readonly [string | null, string | null] {
  if (query.after === undefined) return [null, null];
  const [environment, name] = decodeCursor(query.after, ["string", "string"]).map(String);
  return [environment ?? null, name ?? null];
}

function serviceOf(row: Row): ServiceEntry {
  return {
    ...{ environment: String(row["environment"]), name: String(row["name"]), kind: String(row["kind"]) },
    ...{ endpoint: String(row["endpoint"]), port: row["port"] === null ? null : Number(row["port"]) },
    protocol: row["protocol"] as string | null,
    metadata: JSON.parse(String(row["metadata"])) as JsonObject,
    ...{ updatedAt: instant(row["updated_at"]), action: String(row["action"]) },
  };
}
