// The two databases that a store can be on, for tests that must hold on either.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { Database } from "../../src/store/database.js";
import { openPglite } from "../../src/store/pglite.js";
import { openPostgres } from "../../src/store/postgres.js";
import { startPostgres, type PostgresServer } from "../servers/postgres.js";

/** Describes the contract on the embedded database in a new folder, and on a real server. */
export function onBothDatabases(contract: (name: string, open: () => Promise<Database>) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-both-"));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  contract("PGlite", () => openPglite(join(folder, "data")));

  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
    return () => server.stop();
  });
  contract("PostgreSQL", () => openPostgres(server.url));
}
