import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres, type PostgresServer } from "../../test/servers/postgres.js";
import { createAudit } from "../audit/database-trail.js";
import { systemClock } from "../clock.js";
import type { Database } from "./database.js";
import { migrate } from "./migrate.js";
import { openPglite } from "./pglite.js";
import { openPostgres } from "./postgres.js";
import { createRunTasks, type RunTasks } from "./run-tasks.js";

const task = (id: string) => ({ id, run: `run-${id}`, task: { stage: "post_plan" }, token: "sealed" });

function contract(open: () => Promise<Database>): void {
  let database: Database;
  let tasks: RunTasks;

  beforeAll(async () => {
    database = await open();
    await migrate(database);
  });
  afterAll(async () => {
    await database.close();
  });

  const fresh = async (leaseMs?: number): Promise<void> => {
    await database.query("delete from run_tasks");
    const audit = createAudit({ database, clock: systemClock, folder: null, databaseUrl: null, environment: {} });
    tasks = createRunTasks(database, { audit, ...(leaseMs === undefined ? {} : { leaseMs }) });
  };

  test("one that is asked for again is known, also when it is done; more than there is room for are refused", async () => {
    await fresh();
    expect(await tasks.add(task("a"), 2)).toBe("added");
    expect(await tasks.add({ ...task("a"), token: "another" }, 2)).toBe("known");
    expect(await tasks.add(task("b"), 2)).toBe("added");
    expect(await tasks.add(task("c"), 2)).toBe("full");
    expect(await tasks.add(task("b"), 2)).toBe("known");
    await tasks.finish("a", { status: "passed", details: {} });
    expect(await tasks.add(task("c"), 2)).toBe("added");
    expect(await tasks.add(task("a"), 2)).toBe("known");
    expect(await tasks.waiting()).toBe(2);
  });

  test("the oldest is taken, by one alone, with what was kept", async () => {
    await fresh();
    for (const id of ["a", "b"]) await tasks.add(task(id), 9);
    const taken = await Promise.all([tasks.take("one"), tasks.take("two"), tasks.take("three")]);
    expect(taken.flatMap((each) => (each === null ? [] : [each.id])).sort()).toEqual(["a", "b"]);
    await tasks.keepResult("a", { status: "failed" });
    await tasks.postpone("a", 0);
    const again = await tasks.take("two");
    expect(again).toEqual({
      ...task("a"),
      attempts: 2,
      result: { status: "failed" },
      ageMs: expect.any(Number) as number,
    });
  });

  test("what is postponed waits; what its holder died with is taken by another", async () => {
    await fresh(200);
    await tasks.add(task("a"), 9);
    await tasks.take("one");
    await tasks.postpone("a", 3_600_000);
    expect(await tasks.take("one")).toBeNull();
    await tasks.postpone("a", 0);
    await tasks.take("one");
    expect(await tasks.take("two")).toBeNull();
    await expect.poll(() => tasks.take("two"), { timeout: 60_000 }).toMatchObject({ id: "a", attempts: 3 });
  });

  test("a lease that is renewed is kept, one that is released is free", async () => {
    await fresh(60_000);
    await tasks.add(task("a"), 9);
    await tasks.take("one");
    await database.query("update run_tasks set lease = now() - interval '1 second'");
    await tasks.renew("one");
    expect(await tasks.take("two")).toBeNull();
    await tasks.release("one");
    expect(await tasks.take("two")).toMatchObject({ id: "a" });
  });

  test("it ends once, without its token, and the audit trail says how", async () => {
    await fresh();
    await tasks.add(task("z"), 9);
    await tasks.finish("z", { status: "failed", details: { message: "1 failed" } });
    await tasks.finish("z", { status: "passed", details: { message: "none" } });
    expect(await database.query("select token, status, result from run_tasks")).toEqual([
      { token: "", status: "failed", result: null },
    ]);
    const entries = await database.query(
      `select kind, event::jsonb ->> 'subject' as subject, event::jsonb -> 'details' as details from audit_entries
       where kind = 'run-task.answered' and event::jsonb ->> 'subject' = 'z'`,
    );
    expect(entries).toEqual([
      { kind: "run-task.answered", subject: "z", details: { run: "run-z", status: "failed", message: "1 failed" } },
    ]);
    expect(await tasks.take("one")).toBeNull();
  });

  test("the silent ones are named once, until they are silent again", async () => {
    await fresh();
    for (const id of ["a", "b", "c"]) await tasks.add(task(id), 9);
    await database.query("update run_tasks set progress = now() - interval '5 minutes' where id <> 'c'");
    await tasks.keepResult("b", { status: "passed" });
    expect((await tasks.silent(240_000)).map(({ id }) => id)).toEqual(["a"]);
    expect(await tasks.silent(240_000)).toEqual([]);
  });

  test("names from outside are kept whatever they hold, and old ones are forgotten", async () => {
    await fresh();
    await tasks.add({ ...task("a"), task: { workspace: "w\u0000\ud800", ["__proto__"]: 1 } }, 9);
    expect((await tasks.take("one"))?.task).toEqual({ workspace: "w\ufffd\ufffd", ["__proto__"]: 1 });
    await tasks.finish("a", { status: "passed", details: { message: "\u0000" } });
    await database.query("update run_tasks set done = now() - interval '8 days'");
    await tasks.add(task("b"), 9);
    expect(await database.query("select id from run_tasks")).toEqual([{ id: "b" }]);
  });
}

describe("in the embedded store", () => {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-run-tasks-"));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  contract(() => openPglite(folder));
});

describe("in PostgreSQL", () => {
  let server: PostgresServer;
  afterAll(() => server.stop());
  contract(async () => {
    server = await startPostgres();
    return openPostgres(server.url);
  });
});
