import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres } from "../../test/servers/postgres.js";
import type { Database } from "./database.js";
import { createDecisionLog, type DecisionLog, type DecisionRow } from "./decision-log.js";
import { migrate } from "./migrate.js";
import { openPglite } from "./pglite.js";
import { openPostgres } from "./postgres.js";

const row = (id: string, day = 1): DecisionRow => ({
  ...{ id, at: `2026-01-0${day}T00:00:00.000Z`, path: "app/allow" },
  event: `{"decision_id":"${id}","input":12345678901234567890.10}`,
});
const ids = (rows: readonly DecisionRow[]): string[] => rows.map(({ id }) => id);

const stores = {
  async embedded() {
    const folder = mkdtempSync(join(tmpdir(), "portcullis-decisions-"));
    const database = await openPglite(folder);
    const stop = (): Promise<void> => {
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    };
    return { database, stop };
  },
  async PostgreSQL() {
    const server = await startPostgres();
    return { database: await openPostgres(server.url), stop: () => server.stop() };
  },
};

describe.each(["embedded", "PostgreSQL"] as const)("decisions in the store, %s", (kind) => {
  let opened: { readonly database: Database; stop(): Promise<void> };
  let log: DecisionLog;
  beforeAll(async () => {
    opened = await stores[kind]();
    await migrate(opened.database);
    log = createDecisionLog(opened.database);
  }, 120_000);
  afterAll(async () => {
    await opened.database.close();
    await opened.stop();
  });

  test("are listed from the newest, page by page, as they were written", async () => {
    await log.append([row("a"), row("b", 2), row("c", 3)], false);
    const [first] = await log.list({ limit: 1 });
    expect(first).toMatchObject(row("c", 3));
    expect(ids(await log.list({ limit: 5, before: first?.seq ?? "" }))).toEqual(["b", "a"]);
    expect(await log.list({ limit: 5, path: "other" })).toEqual([]);
  });

  test("that are to be sent on stay until they were", async () => {
    await log.append([row("p"), row("q")], true);
    const [first] = await log.pending(1);
    expect(first?.id).toBe("p");
    expect(await log.trim({ before: "2027-01-01T00:00:00.000Z", records: null })).toBe(3);
    await log.sent([first?.seq ?? ""]);
    expect(ids(await log.pending(10))).toEqual(["q"]);
    expect(ids(await log.list({ limit: 10 }))).toEqual(["q"]);
  });

  test("go by their age and by their number", async () => {
    await log.append([row("d", 1), row("e", 5), row("f", 6), row("g", 7)], false);
    expect(await log.trim({ before: "2026-01-02T00:00:00.000Z", records: null })).toBe(1);
    expect(await log.trim({ before: null, records: 2 })).toBe(1);
    expect(ids(await log.list({ limit: 10 }))).toEqual(["g", "f", "q"]);
    expect(await log.trim({ before: null, records: null })).toBe(0);
  });
});
