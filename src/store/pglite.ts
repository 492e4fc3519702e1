// PostgreSQL inside this process, in a data folder of one user: what is used when no server is configured.
import { chmodSync, existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
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
    return database(await openIn(folder), lock, where);
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

/** A new database is made beside its place and moved there, so that a process that dies in between leaves no half of one. */
async function openIn(folder: string): Promise<PGlite> {
  const { PGlite } = await import("@electric-sql/pglite");
  const place = join(folder, "pg");
  if (!existsSync(place)) {
    const unfinished = join(folder, "pg.new");
    rmSync(unfinished, { recursive: true, force: true });
    const created = await PGlite.create({ dataDir: unfinished, ...emptyDatabase() });
    await created.close();
    renameSync(unfinished, place);
  }
  return PGlite.create(place);
}

/** Made when the program was built. Without it PGlite makes one, which takes some seconds more. */
function emptyDatabase(): { readonly loadDataDir?: Blob } {
  const file = packageFile("dist", "embedded-store.tar.gz");
  if (!existsSync(file)) return {};
  return { loadDataDir: new Blob([readFileSync(file)], { type: "application/gzip" }) };
}

function database(pglite: PGlite, lock: FolderLock, where: string): Database {
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
      try {
        await pglite.close();
      } finally {
        lock.release();
      }
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
