import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { tamper } from "../audit/testing/trails.js";
import type { Database } from "./database.js";
import { migrate, readMigrations } from "./migrate.js";
import { openPglite } from "./pglite.js";

const folder = mkdtempSync(join(tmpdir(), "portcullis-pglite-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function trailOf(database: Database): Promise<unknown> {
  const [head] = await database.query("select trail from audit_head");
  return head?.["trail"];
}

test("a new database has all tables at once, and a trail of its own name, which it keeps", async () => {
  const trails: unknown[] = [];
  for (const name of ["a", "b", "a"]) {
    const database = await openPglite(join(folder, name));
    const [applied] = await database.query("select count(*)::int as count from portcullis_migrations");
    expect(applied?.["count"], "npm run setup makes it anew").toBe(readMigrations().length);
    await migrate(database);
    trails.push(await trailOf(database));
    await database.close();
  }
  const uuid = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;
  expect(trails).toEqual([expect.stringMatching(uuid), expect.stringMatching(uuid), trails[0]]);
  expect(trails[1]).not.toBe(trails[0]);
});

test("what a process left that died while it made the database is made again, and its trail is named", async () => {
  const place = join(folder, "died");
  mkdirSync(join(place, "pg.new"), { recursive: true });
  writeFileSync(join(place, "pg.new", "PG_VERSION"), "");
  const first = await openPglite(place);
  expect(existsSync(join(place, "pg.new"))).toBe(false);
  await tamper(first, "update audit_head set trail = ''");
  await first.close();
  const second = await openPglite(place);
  expect(await trailOf(second)).toMatch(/^[0-9a-f-]{36}$/);
  await second.close();
});

test("who closes a database twice does not give away the folder of who opened it since", async () => {
  const place = join(folder, "twice");
  const first = await openPglite(place);
  await first.close();
  const second = await openPglite(place);
  await first.close();
  await expect(openPglite(place)).rejects.toThrow(/in use/);
  await second.close();
});
