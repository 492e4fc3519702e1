// PostgreSQL inside this process, in a data folder of one user: what is used when no server is configured.
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import type { PGlite, Transaction } from "@electric-sql/pglite";
import { PortcullisError } from "../errors.js";
import type { Database, Row, Session } from "./database.js";
import { databaseError } from "./database-error.js";
import { lockFolder, type FolderLock } from "./folder-lock.js";
import { makeFolder } from "../folders.js";
import { packageFile } from "../package-root.js";
import { optimiseLate } from "../wasm-tiering.js";

/** Opens the folder, which is created for this user only. Throws `store-unavailable` when another process has it. */
export async function openPglite(dataDir: string): Promise<Database> {
  const folder = resolve(dataDir);
  const where = `the embedded store in ${folder}`;
  const lock = prepareFolder(folder, where);
  // A command ends before it has use of what is optimised; a service gets it a little later.
  const restore = optimiseLate(100);
  try {
    const pglite = await openIn(folder);
    return lockedDatabase(pgliteDatabase(pglite, where), lock);
  } catch (error) {
    lock.release();
    throw databaseError(error, "opening", where);
  } finally {
    restore();
  }
}

function prepareFolder(folder: string, where: string): FolderLock {
  try {
    makeFolder(folder, 0o700);
    chmodSync(folder, 0o700);
    return lockFolder(folder);
  } catch (error) {
    throw databaseError(error, "opening", where);
  }
}

async function openIn(folder: string): Promise<PGlite> {
  const { PGlite } = await import("@electric-sql/pglite");
  const place = join(folder, "pg");
  if (!existsSync(place)) await createIn(folder, place);
  const pglite = await PGlite.create(place);
  await pglite.exec(nameTrail);
  return pglite;
}

/** A new database is made beside its place and moved there, so that a process that dies in between leaves no half of one. */
async function createIn(folder: string, place: string): Promise<void> {
  const unfinished = join(folder, "pg.new");
  rmSync(unfinished, { recursive: true, force: true });
  const built = packageFile("dist", "embedded-store.tar.gz");
  if (existsSync(built)) await unpack(readFileSync(built), unfinished);
  else await (await (await import("@electric-sql/pglite")).PGlite.create(unfinished)).close();
  renameSync(unfinished, place);
}

/** Of the database that was made when the program was built, which this program is as sure of as of its own code. */
async function unpack(archive: Buffer, folder: string): Promise<void> {
  const reader = (await import("tar-stream")).extract();
  reader.end(gunzipSync(archive));
  for await (const entry of reader) {
    const path = join(folder, entry.header.name);
    if (entry.header.type === "directory") {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      entry.resume();
      continue;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, Buffer.concat(chunks), { mode: 0o600 });
  }
}

/** The database that was built is the same everywhere, but for this. Done at each start, for the first may have died before it. */
const nameTrail = `do $$ begin
  if to_regclass('audit_head') is null then return; end if;
  if not exists (select from audit_head where trail = '') then return; end if;
  set local session_replication_role = replica;
  update audit_head set trail = gen_random_uuid()::text where trail = '';
end $$`;

function lockedDatabase(database: Database, lock: FolderLock): Database {
  let closed = false;
  return {
    ...database,
    async close() {
      if (closed) return; // the folder may be another one's by now
      closed = true;
      try {
        await database.close();
      } finally {
        lock.release();
      }
    },
  };
}

/** `where` names it in errors. */
export function pgliteDatabase(pglite: PGlite, where: string): Database {
  let closed = false;
  const guarded = <T>(work: () => Promise<T>): Promise<T> => {
    if (closed) return Promise.reject(new PortcullisError("store-unavailable", `${where} is closed`));
    return work().catch((error: unknown) => {
      throw databaseError(error, "using", where);
    });
  };
  return {
    exclusive: true,
    query: (sql, params) => guarded(() => session(pglite).query(sql, params)),
    script: (sql) => guarded(() => session(pglite).script(sql)),
    transaction: (work) => guarded(() => pglite.transaction((transaction) => work(session(transaction)))),
    async close() {
      if (closed) return;
      closed = true;
      await pglite.close();
    },
  };
}

function session(connection: PGlite | Transaction): Session {
  return {
    query: async (sql, params = []) => (await connection.query<Row>(sql, [...params])).rows,
    script: async (sql) => {
      await connection.exec(sql);
    },
  };
}
