import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startPostgres, type PostgresServer } from "../../test/servers/postgres.js";
import type { Database } from "./database.js";
import { createIdempotencyKeys, type BegunRequest, type IdempotencyKeys } from "./idempotency.js";
import { migrate } from "./migrate.js";
import { openPglite } from "./pglite.js";
import { openPostgres } from "./postgres.js";

const folder = mkdtempSync(join(tmpdir(), "portcullis-keys-"));
let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const request = { identity: "token:ci", key: "k-1", hash: "a".repeat(64) };
const answer = { status: 201, headers: { location: "/v1/waivers/W-1" }, body: '{"id":"W-1"}' };

describe.each([
  ["PGlite", () => openPglite(folder)],
  ["PostgreSQL", () => openPostgres(server.url)],
])("keys in %s", (_, open) => {
  let database: Database;
  let keys: IdempotencyKeys;
  beforeAll(async () => {
    database = await open();
    await migrate(database);
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    await database.query("delete from idempotency_keys");
    keys = createIdempotencyKeys(database);
  });

  async function begun(state = keys.begin(request)): Promise<BegunRequest> {
    const found = await state;
    if (found.kind !== "begun") throw new Error(`expected a beginning, not ${found.kind}`);
    return found;
  }
  const endLease = () => database.query("update idempotency_keys set leased_until = now() - interval '1 second'");

  test("of many who come together one begins; then the answer is everybody's", async () => {
    const states = await Promise.all(Array.from({ length: 10 }, () => keys.begin(request)));
    expect(states.map(({ kind }) => kind).sort()).toEqual(["begun", ...Array<string>(9).fill("running")]);
    const [first] = states.filter((state) => state.kind === "begun");
    expect(first).toMatchObject({ again: false });
    expect(await keys.finish(request, first!.attempt, answer)).toBe(true);
    expect(await keys.begin(request)).toEqual({ kind: "answered", answer });
  });

  test("the key of another identity is another; another request with the same key is refused, while it runs and after", async () => {
    const { attempt } = await begun();
    const other = { ...request, hash: "b".repeat(64) };
    expect(await keys.begin(other)).toEqual({ kind: "other" });
    expect(await begun(keys.begin({ ...request, identity: "token:another" }))).toMatchObject({ again: false });
    await keys.finish(request, attempt, answer);
    expect(await keys.begin(other)).toEqual({ kind: "other" });
    await endLease();
    expect(await keys.begin(other)).toEqual({ kind: "other" });
  });

  test("what a dead process left is begun again under the same id, and the dead one's answer does not count", async () => {
    const dead = await begun();
    expect(await keys.renew(request, dead.attempt)).toBe(true);
    expect(await keys.begin(request)).toEqual({ kind: "running" });
    await endLease();
    const again = await begun();
    expect(again).toMatchObject({ creates: dead.creates, again: true });
    expect(await keys.renew(request, dead.attempt)).toBe(false);
    expect(await keys.finish(request, dead.attempt, { ...answer, body: "late" })).toBe(false);
    await keys.release(request, dead.attempt);
    expect(await keys.begin(request)).toEqual({ kind: "running" });
    expect(await keys.finish(request, again.attempt, answer)).toBe(true);
    expect(await keys.finish(request, again.attempt, { ...answer, body: "twice" })).toBe(false);
    expect(await keys.begin(request)).toEqual({ kind: "answered", answer });
  });

  test("what was let go of is begun again at once", async () => {
    const first = await begun();
    await keys.release(request, first.attempt);
    expect(await begun()).toMatchObject({ creates: first.creates, again: true });
  });

  test("after a day it is forgotten: the same key is a new request, with a new id", async () => {
    const first = await begun();
    await keys.finish(request, first.attempt, answer);
    await database.query("update idempotency_keys set expires = now()");
    const next = await begun(keys.begin({ ...request, hash: "c".repeat(64) }));
    expect([next.again, next.creates === first.creates]).toEqual([false, false]);
    await database.query("update idempotency_keys set expires = now()");
    await keys.begin({ ...request, key: "k-2" });
    expect(await database.query("select key from idempotency_keys")).toEqual([{ key: "k-2" }]);
  });
});
