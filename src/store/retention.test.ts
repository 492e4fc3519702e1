import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres, type PostgresServer } from "../../test/servers/postgres.js";
import { feed, recordScan, report, resource, verdict, type TestScan } from "../../test/testing/store.js";
import type { Clock } from "../clock.js";
import type { Database } from "./database.js";
import { openPglite } from "./pglite.js";
import { openPostgres } from "./postgres.js";
import { createStore, type Store } from "./store.js";

const folder = mkdtempSync(join(tmpdir(), "portcullis-retention-"));
let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
  return () => server.stop();
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const [a, b] = [resource("a"), resource("b")];
const versioned = (n: number): ReturnType<typeof resource> => resource("a", { config: { n } });
const scan = (resources: TestScan["resources"], verdicts: TestScan["verdicts"]): TestScan => ({
  ...{ resources, verdicts, problems: [], complete: true },
});

function contract(name: string, open: () => Promise<Database>): void {
  describe(name, () => {
    let database: Database;
    let store: Store;
    let now = "2025-01-01T00:00:00.000Z";
    const clock: Clock = { now: () => new Date(now), newId: () => `scan of ${now}` };

    beforeAll(async () => {
      database = await open();
      store = await createStore(database, clock);
      return () => store.close();
    });

    test("what is old goes by the month, what holds stays, and the trail says so", async () => {
      const scans: readonly (readonly [string, TestScan])[] = [
        ["2025-01-10", scan([versioned(1), b], [verdict(versioned(1), "fail"), verdict(b, "fail")])],
        ["2025-02-10", scan([versioned(2), b], [verdict(versioned(2), "pass"), verdict(b, "fail")])],
        ["2025-03-10", scan([versioned(2)], [verdict(a, "pass")])],
        ["2025-06-10", scan([versioned(3)], [verdict(a, "fail", "/config/B")])],
      ];
      for (const [day, one] of scans) {
        now = `${day}T00:00:00.000Z`;
        await recordScan(store, one);
      }
      await database.query("update bodies set added = now() - interval '3 days'");
      now = "2025-07-01T00:00:00.000Z";
      const cutoffs = { inventory: "2025-04-01T00:00:00Z", findings: "2025-04-15T00:00:00Z" };
      const expected = {
        inventory: { states: 2, resources: 1, bodies: 2 },
        findings: { findings: 2, events: 4, scans: 3 },
      };
      expect(await store.applyRetention(cutoffs, { dryRun: true })).toEqual(expected);
      expect(await store.applyRetention(cutoffs, { dryRun: false })).toEqual(expected);
      expect(await store.applyRetention(cutoffs, { dryRun: false })).toEqual({
        inventory: { states: 0, resources: 0, bodies: 0 },
        findings: { findings: 0, events: 0, scans: 0 },
      });
      const ever = { from: "2000-01-01", to: "2100-01-01" };
      const states = [];
      for await (const {
        resource: { id },
        until,
      } of store.history.states(ever))
        states.push([id, until]);
      expect(states).toEqual([
        ["a", "2025-06-10T00:00:00.000Z"],
        ["a", null],
      ]);
      const { findings } = await store.listFindings({ status: "all", limit: 9 });
      expect(findings.map(({ path, status }) => [path, status])).toEqual([["/config/B", "open"]]);
      expect((await store.listScans(9)).map(({ id }) => id)).toEqual(["scan of 2025-06-10T00:00:00.000Z"]);
      const events = [];
      for await (const { event } of store.audit.entries({ from: null, to: null, kinds: ["retention."] }))
        events.push(event);
      expect(events.map(({ details }) => details)).toEqual([
        { cutoffs, removed: { ...expected.inventory, ...expected.findings } },
        { cutoffs, removed: { states: 0, resources: 0, bodies: 0, findings: 0, events: 0, scans: 0 } },
      ]);
      now = "2025-07-02T00:00:00.000Z";
      expect(await recordScan(store, scan([versioned(3), b], [verdict(a, "pass"), verdict(b, "fail")]))).toMatchObject({
        opened: 1,
        resolved: 1,
      });
    });

    test("what is open stays in the times to resolve when what happened to it is gone", async () => {
      const times = async (): Promise<unknown> =>
        (await store.timesToResolve({ from: "2025-07-01T00:00:00Z", to: "2025-12-01T00:00:00Z" })).find(
          ({ severity }) => severity === "high",
        );
      const before = await times();
      expect(before).toMatchObject({ opened: 1, resolved: 1, unresolved: 1, oldest: 152 * 86_400 });
      await store.applyRetention({ inventory: null, findings: "2025-12-01T00:00:00Z" }, { dryRun: false });
      expect(await times()).toMatchObject({ opened: 1, resolved: 0, unresolved: 1, oldest: 152 * 86_400 });
    });

    test("what a scan that still runs has seen again stays", async () => {
      for (const [day, n] of [
        ["2026-01-10", 7],
        ["2026-01-20", 8],
      ] as const) {
        now = `${day}T00:00:00.000Z`;
        await recordScan(store, scan([versioned(n)], []));
      }
      await database.query("update bodies set added = now() - interval '3 days'");
      now = "2026-03-10T00:00:00.000Z";
      const recording = await store.beginScan({ targets: ["aws"], complete: true });
      const others = Array.from({ length: 999 }, (_, n) => resource(`other ${n}`, { config: {} }));
      await feed(recording, scan([versioned(7), ...others], [])); // as many as are written at once
      const isWritten = async (): Promise<boolean> =>
        (await database.query("select 1 from scan_resources where id = 'other 998'")).length > 0;
      while (!(await isWritten())) await sleep(20);
      await store.applyRetention({ inventory: "2026-03-01T00:00:00Z", findings: null }, { dryRun: false });
      await recording.finish(report, []);
      const { resources } = await store.resources({ limit: 9 });
      expect(resources.find(({ id }) => id === "a")?.config).toEqual({ n: 7 });
    });

    test("nothing is removed where nothing is said", async () => {
      expect(await store.applyRetention({ inventory: null, findings: null }, { dryRun: false })).toEqual({
        inventory: { states: 0, resources: 0, bodies: 0 },
        findings: { findings: 0, events: 0, scans: 0 },
      });
    });

    test("the sizes of all classes", async () => {
      const sizes = await store.sizes();
      expect(Object.keys(sizes).sort()).toEqual(["audit", "findings", "inventory", "scans", "schedules", "waivers"]);
      for (const [name, bytes] of Object.entries(sizes)) expect(bytes, name).toBeGreaterThan(0);
    });
  });
}

contract("PGlite", () => openPglite(folder));
contract("PostgreSQL", () => openPostgres(server.url));
