// What schedules found when they looked for drift, on both databases.
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { onBothDatabases } from "../../test/testing/both-databases.js";
import { createAudit, type Audit } from "../audit/database-trail.js";
import type { Caller } from "../audit/trail.js";
import type { Clock } from "../clock.js";
import type { Database } from "./database.js";
import { createDriftChecks, type DriftCheckResult, type DriftChecks } from "./drift-checks.js";
import { migrate } from "./migrate.js";

const caller: Caller = { actor: { name: "nightly", source: "schedule" }, origin: "host" };
const seen = (): boolean => true;
type Found = DriftCheckResult["drift"]["found"];

/** By resource: what differs. */
function found(differences: { readonly [resource: string]: string }): Found {
  return Object.entries(differences).map(([resource, fingerprint]) => ({
    ...{ resource, fingerprint, kind: "changed" as const, detail: { changes: [{ path: `/config/${fingerprint}` }] } },
    event: {
      ...{ topic: "infrastructure-events", key: resource },
      event: {
        ...{ specversion: "1.0", id: `drift-${resource}-${fingerprint}`, source: "/portcullis" },
        ...{ type: "DriftDetectedEvent", time: "2026-01-01T00:00:00.000Z", datacontenttype: "application/json" },
        data: { resource: { id: resource } },
      },
    },
  }));
}

const result = (differences: { readonly [resource: string]: string }, change: Partial<DriftCheckResult> = {}) => ({
  ...{ counts: { desired: 3 }, uncompared: [], message: null, drift: { found: found(differences), seen } },
  ...change,
});

onBothDatabases((name, open) => {
  describe(`looks for drift on ${name}`, () => {
    let database: Database;
    let audit: Audit;
    let checks: DriftChecks;
    let time = Date.parse("2026-03-01T00:00:00.000Z");
    let ids = 0;
    let committed = 0;
    const clock: Clock = { now: () => new Date((time += 1_000)), newId: () => `check-${++ids}` };

    beforeAll(async () => {
      database = await open();
      await migrate(database);
      audit = createAudit({ database, clock, folder: null, databaseUrl: null, environment: {} });
      checks = createDriftChecks(database, { clock, audit, publish: true, committed: () => (committed += 1) });
      return async () => {
        await audit.close();
        await database.close();
      };
    });
    beforeEach(async () => {
      await database.script("truncate drift_checks, drift_told, outbox, schedule_runs");
      committed = 0;
    });

    const look = async (differences: { readonly [resource: string]: string }, change?: Partial<DriftCheckResult>) =>
      checks.end(await checks.begin("nightly", "estate"), result(differences, change), caller);
    const state = async () => (await checks.states(["nightly"]))[0];
    const events = async () => {
      const rows = await database.query("select id from outbox order by seq");
      return rows.map(({ id }) => id);
    };
    const open_ = async () => (await checks.differences("nightly", { limit: 10 })).differences;

    test("found drift is told once, cleared drift once, and nothing where nothing changed", async () => {
      expect(await look({ a: "1", b: "1" })).toEqual({ told: 2, resolved: 0 });
      expect(await state()).toMatchObject({ status: "drift", message: null, differences: 2, counts: { desired: 3 } });
      for (let run = 0; run < 3; run++) expect(await look({ a: "1", b: "1" })).toEqual({ told: 0, resolved: 0 });
      expect(committed).toBe(1);
      const since = (await open_()).map((one) => one.since);
      expect(await look({ a: "2" })).toEqual({ told: 1, resolved: 1 });
      expect(await open_()).toMatchObject([
        { resource: "a", kind: "changed", detail: { changes: [{ path: "/config/2" }] } },
      ]);
      expect((await open_())[0]?.since).not.toBe(since[0]);
      expect(await look({})).toEqual({ told: 0, resolved: 1 });
      expect(await state()).toMatchObject({ status: "clean", differences: 0 });
      expect(await events()).toEqual([
        ...["drift-a-1", "drift-b-1", "drift-b-1-cleared", "drift-a-2", "drift-a-2-cleared"],
      ]);
      const [{ body } = {}] = await database.query("select body from outbox where id = 'drift-b-1-cleared'");
      expect(JSON.parse(String(body))).toMatchObject({ data: { state: "cleared", resource: { id: "b" } } });
    });

    test("what was not looked at in full is an error, and nothing is over because of it", async () => {
      await look({ a: "1", b: "1" });
      const doubt = { uncompared: [{ at: "eu-west-1", message: "refused" }], message: "not looked at: eu-west-1" };
      const drift = { found: found({ c: "1" }), seen: (id: string) => id === "b" };
      expect(await look({}, { ...doubt, drift })).toEqual({ told: 1, resolved: 1 });
      expect(await state()).toMatchObject({ status: "error", ...doubt, differences: 2 });
      expect((await open_()).map(({ resource }) => resource)).toEqual(["a", "c"]);
      expect(await look({}, { message: "nothing was compared", drift: { found: [], seen: () => false } })).toEqual({
        ...{ told: 0, resolved: 0 },
      });
      expect(await state()).toMatchObject({ status: "error", message: "nothing was compared", differences: 2 });
      await expect(
        database.query("update drift_checks set status = 'clean', message = null where uncompared <> '[]'"),
      ).rejects.toThrow();
    });

    test("one that never ended, and a run that failed without a result, are errors", async () => {
      expect(await state()).toMatchObject({ status: "never", check: null, endedAt: null, differences: 0 });
      const first = await checks.begin("nightly", "estate");
      expect(await state()).toMatchObject({ status: "running" });
      const second = await checks.begin("nightly", "estate");
      await expect(checks.end(first, result({}), caller)).rejects.toThrow(/is over/);
      await checks.end(second, result({}), caller);
      expect(await state()).toMatchObject({ status: "clean", check: second });
      await checks.begin("nightly", "estate");
      await database.query(
        `insert into schedule_runs (id, schedule, due, kind, status, count, attempt, started, finished, message)
         values ('r', 'nightly', $1, 'scheduled', 'failed', 1, 3, $1, $1, 'ended after its timeout')`,
        [clock.now().toISOString()],
      );
      expect(await state()).toMatchObject({ status: "error", message: "ended after its timeout" });
      await look({});
      expect(await state()).toMatchObject({ status: "clean", message: null });
    });

    test("looks are kept up to a number, differences come in pages, and each end is in the audit trail", async () => {
      for (let run = 0; run < 102; run++) await checks.begin("nightly", "estate");
      const [{ n } = {}] = await database.query("select count(*)::int as n from drift_checks");
      expect(n).toBe(100);
      await look(Object.fromEntries(Array.from({ length: 5 }, (_, at) => [`r${at}`, "1"])));
      const pages: string[][] = [];
      for (let after: string | null | undefined; after !== null;) {
        const page = await checks.differences("nightly", { limit: 2, ...(after === undefined ? {} : { after }) });
        pages.push(page.differences.map(({ resource }) => resource));
        after = page.next;
      }
      expect(pages).toEqual([["r0", "r1"], ["r2", "r3"], ["r4"]]);
      expect((await checks.differences("nightly", { limit: 2, kind: "missing" })).differences).toEqual([]);
      const entries = [];
      for await (const { event } of audit.entries({ from: null, to: null, kinds: ["drift.checked"] }))
        entries.push(event);
      expect(entries.at(-1)).toMatchObject({
        actor: caller.actor,
        details: { schedule: "nightly", status: "drift", told: 5, resolved: 0 },
      });
    });

    test("many thousands are kept and told in bounded pieces, and the ends are pruned", async () => {
      const many = Object.fromEntries(Array.from({ length: 2_500 }, (_, at) => [`m${at}`, "1"]));
      expect(await look(many)).toEqual({ told: 2_500, resolved: 0 });
      expect(await look({})).toEqual({ told: 0, resolved: 2_500 });
      const [{ n } = {}] = await database.query("select count(*)::int as n from outbox");
      expect(n).toBe(5_000);
      time += 91 * 86_400_000;
      await look({ one: "1" });
      await look({});
      const rows = await database.query("select resource from drift_told");
      expect(rows.map(({ resource }) => resource)).toEqual(["one"]);
    });
  });
});
