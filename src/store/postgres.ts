// A PostgreSQL server, through `pg`.
import type { Pool, PoolClient } from "pg";
import { PortcullisError } from "../errors.js";
import type { Database, Row, Session } from "./database.js";
import { databaseError, sqlState } from "./database-error.js";

/** Long enough to merge a large scan; without a limit a lock that is never given up would hold a pipeline for ever. */
const statementTimeout = 300_000;
const connectTimeout = 10_000;

/** Connects once, so that a wrong address is found at the start. */
export async function openPostgres(url: string): Promise<Database> {
  const where = `PostgreSQL at ${withoutPassword(url)}`;
  const pool = await createPool(url);
  const opened = database(pool, where);
  try {
    const [row] = await opened.query("select current_setting('server_version_num')::int as version");
    checkVersion(Number(row?.["version"]), where);
    return opened;
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function createPool(url: string): Promise<Pool> {
  const { default: pg } = await import("pg");
  const pool = new pg.Pool({
    connectionString: url,
    application_name: "portcullis",
    max: 5,
    connectionTimeoutMillis: connectTimeout,
    statement_timeout: statementTimeout,
    // The server may be gone without a word: then it is not the server's timeout that ends the wait.
    query_timeout: statementTimeout + 5_000,
    idle_in_transaction_session_timeout: statementTimeout,
    keepAlive: true,
  });
  // A connection that breaks while nobody uses it must not end the process; the next query says so.
  pool.on("error", () => undefined);
  return pool;
}

function checkVersion(version: number, where: string): void {
  if (version >= 130000) return;
  throw new PortcullisError(
    "store-unavailable",
    `${where} is version ${Math.floor(version / 10_000)}: PostgreSQL 13 or newer is needed`,
  );
}

function database(pool: Pool, where: string): Database {
  let ended: Promise<void> | null = null;
  const withClient = async <T>(work: (client: PoolClient) => Promise<T>): Promise<T> => {
    if (ended !== null) throw new PortcullisError("store-unavailable", `${where} is closed`);
    const client = await pool.connect().catch((error: unknown) => {
      throw databaseError(error, "connecting to", where);
    });
    const ignore = (): void => undefined;
    client.on("error", ignore);
    let broken = false;
    try {
      return await work(client);
    } catch (error) {
      const known = databaseError(error, "using", where);
      broken = known.code === "store-unavailable" && sqlState(known.cause) === null;
      throw known;
    } finally {
      client.off("error", ignore);
      client.release(broken);
    }
  };
  return {
    exclusive: false,
    query: (sql, params) => withClient((client) => session(client).query(sql, params)),
    script: (sql) => withClient((client) => session(client).script(sql)),
    transaction: (work) => withClient((client) => inTransaction(client, work)),
    close: () => (ended ??= pool.end()),
  };
}

async function inTransaction<T>(client: PoolClient, work: (session: Session) => Promise<T>): Promise<T> {
  await client.query("begin");
  try {
    const result = await work(session(client));
    await client.query("commit");
    return result;
  } catch (error) {
    // Where the connection broke, the server rolls back by itself; the first error is the one to tell.
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}

function session(client: PoolClient): Session {
  return {
    query: async (sql, params = []) => (await client.query<Row>(sql, [...params])).rows,
    script: async (sql) => {
      await client.query(sql);
    },
  };
}

/** The address as it may be shown. */
export function withoutPassword(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !/^postgres(ql)?:$/.test(parsed.protocol)) {
    throw new PortcullisError(
      "config-invalid",
      "the address of the database is not one of PostgreSQL: expected postgres://user:password@host:5432/database",
    );
  }
  const user = parsed.username === "" ? "" : `${parsed.username}@`;
  return `${parsed.protocol}//${user}${parsed.host}${parsed.pathname}`;
}
