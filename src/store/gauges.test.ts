import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres, type PostgresServer } from "../../test/servers/postgres.js";
import { problem, recordScan, resource, stepClock, verdict } from "../../test/testing/store.js";
import type { Database } from "./database.js";
import { openPglite } from "./pglite.js";
import { openPostgres } from "./postgres.js";
import { createStore } from "./store.js";

function contract(open: () => Promise<Database>): void {
  test("nothing was scanned: no age, no verdicts, and nothing waits", async () => {
    const store = await createStore(await open(), stepClock());
    const { scanAge, lastScans, openFindings, queues } = await store.gauges();
    expect([scanAge.size, lastScans.size]).toEqual([0, 0]);
    expect([...openFindings.values()]).toEqual([0, 0, 0, 0, 0]);
    expect([...queues.values()].every((depth) => depth === 0)).toBe(true);
    await store.close();
  });

  test("the last scan that finished, its verdicts, and the findings that are open", async () => {
    const database = await open();
    const store = await createStore(database, stepClock());
    const bucket = resource("a");
    const failing = { resources: [bucket], verdicts: [verdict(bucket, "fail")], problems: [], complete: true };
    await recordScan(store, failing);
    await recordScan(store, { ...failing, problems: [problem({ hides: [] })] });
    await store.beginScan({ targets: ["sample"], complete: true }); // still runs: counts for nothing
    await database.query("insert into outbox (id, topic, body) values ('e1', 'compliance-alerts', '{}')");
    const { scanAge, lastScans, openFindings, queues } = await store.gauges();
    expect([...scanAge.keys()]).toEqual(["aws"]);
    expect(scanAge.get("aws")).toBeGreaterThan(0);
    expect(scanAge.get("aws")).toBeLessThan(3_600);
    expect(lastScans.get("aws")).toEqual(
      new Map(Object.entries({ pass: 0, fail: 1, unknown: 0, error: 0, waived: 0 })),
    );
    expect(openFindings.get("high")).toBe(1);
    expect(queues.get("outbox")).toBe(1);
    await store.close();
  });
}

describe("PGlite", () => {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-gauges-"));
  let number = 0;
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  contract(() => openPglite(join(folder, String(++number))));
});

describe("PostgreSQL", () => {
  let server: PostgresServer;
  let number = 0;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => {
    await server.stop();
  });
  contract(async () => {
    const name = `gauges_${++number}`;
    const first = await openPostgres(server.url);
    await first.query(`create database ${name}`);
    await first.close();
    return openPostgres(server.url.replace(/\/postgres$/, `/${name}`));
  });
});
