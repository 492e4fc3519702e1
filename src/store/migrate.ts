// Brings a database to the schema that this version knows, or refuses to touch one that it does not know.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PortcullisError } from "../errors.js";
import { packageFile } from "../package-root.js";
import type { Database, Session } from "./database.js";

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/** The numbered files, in order: `0001_scans_and_findings.sql`. */
export function readMigrations(folder = packageFile("src", "store", "migrations")): Migration[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".sql"));
  return names.sort().map((name, index) => {
    const version = Number(/^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)?.[1]);
    if (version !== index + 1)
      throw new PortcullisError("internal", `migration ${name}: expected number ${index + 1}, four digits`);
    const sql = readFileSync(join(folder, name), "utf8").replaceAll("\r\n", "\n");
    return { version, name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
  });
}

/** Any number that only Portcullis uses: two processes that start together migrate one after the other. */
const advisoryLock = 7_067_263;

/** Applies what is missing, all of it or nothing. */
export async function migrate(database: Database, migrations: readonly Migration[] = readMigrations()): Promise<void> {
  await database.transaction(async (session) => {
    await session.query("select pg_advisory_xact_lock($1::bigint)", [advisoryLock]);
    const applied = await appliedMigrations(session);
    checkApplied(applied, migrations);
    for (const migration of migrations.slice(applied.length)) await apply(session, migration);
  });
}

interface Applied {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
}

async function appliedMigrations(session: Session): Promise<readonly Applied[]> {
  // Looked up first: a user who may not create tables can still use a database that is up to date.
  const [table] = await session.query("select to_regclass('portcullis_migrations')::text as name");
  if (table?.["name"] === null) {
    await session.script(`create table portcullis_migrations (
      version integer primary key,
      name text not null,
      checksum text not null,
      applied timestamptz not null default now()
    )`);
  }
  const rows = await session.query("select version, name, checksum from portcullis_migrations order by version");
  return rows as unknown as Applied[];
}

function checkApplied(applied: readonly Applied[], known: readonly Migration[]): void {
  const newest = applied.at(-1)?.version ?? 0;
  if (newest > known.length) {
    throw new PortcullisError(
      "store-unavailable",
      `the database has schema version ${newest}, this portcullis knows versions up to ${known.length}: a newer portcullis made it; install that one, or use another database`,
    );
  }
  for (const [index, { version, name, checksum }] of applied.entries()) {
    const expected = known[index];
    if (expected?.version === version && expected.checksum === checksum) continue;
    throw new PortcullisError(
      "store-unavailable",
      `the database's schema is not the one of this portcullis: migration ${name} was applied with other content (${checksum.slice(0, 12)}, expected ${expected?.checksum.slice(0, 12)}); use the version that made it, or another database`,
    );
  }
}

async function apply(session: Session, { version, name, sql, checksum }: Migration): Promise<void> {
  await session.script(sql);
  await session.query("insert into portcullis_migrations (version, name, checksum) values ($1, $2, $3)", [
    version,
    name,
    checksum,
  ]);
}
