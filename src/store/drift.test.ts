import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres, type PostgresServer } from "../../test/servers/postgres.js";
import { createAudit, type Audit } from "../audit/database-trail.js";
import type { Caller } from "../audit/trail.js";
import { systemClock } from "../clock.js";
import type { PendingEvent } from "../events/outbox.js";
import type { Database } from "./database.js";
import { createDriftStore, type DriftStore } from "./drift.js";
import { migrate } from "./migrate.js";
import { openPglite } from "./pglite.js";
import { openPostgres } from "./postgres.js";

const callerNamed = (name: string): Caller => ({ actor: { name, source: "os-user" }, origin: "host" });
const ada = callerNamed("ada");

interface Opened {
  readonly database: Database;
  readonly drift: DriftStore;
  readonly audit: Audit;
}

async function open(database: Database): Promise<Opened> {
  await migrate(database);
  const audit = createAudit({ database, clock: systemClock, folder: null, databaseUrl: null, environment: {} });
  return { database, audit, drift: createDriftStore(database, { clock: systemClock, audit }) };
}

async function scanned(database: Database): Promise<void> {
  const hash = "a".repeat(64);
  await database.script(`
    insert into bodies (hash, name, tags, config, added)
      values ('${hash}', 'orders', '{"team":"a"}', '{"BucketName":"orders"}', now());
    insert into resources (id, provider, type, account, region, first_seen)
      values ('arn:aws:s3:::orders', 'aws', 'AWS::S3::Bucket', '123456789012', 'us-east-1', now());
    insert into states (resource, body, vector, from_seq, from_at) select key, '${hash}', 1, 1, now() from resources;`);
}

function suite(opened: () => Opened): void {
  const event = (id: string): PendingEvent => ({
    ...{ topic: "infrastructure-events", key: null },
    event: {
      ...{
        specversion: "1.0",
        id,
        source: "/portcullis",
        type: "DriftDetectedEvent",
        time: "2026-01-01T00:00:00.000Z",
      },
      ...{ datacontenttype: "application/json", data: {} },
    },
  });

  test("a difference is told once, again when it changes, and is resolved when it is gone", async () => {
    const { drift, database } = opened();
    const tell = (fingerprints: { readonly [resource: string]: string }, seen = true) =>
      drift.tell(
        "estate",
        {
          found: Object.entries(fingerprints).map(([resource, fingerprint]) => ({
            ...{ resource, fingerprint, kind: "changed" as const, detail: {} },
            event: event(`${resource}-${fingerprint}-${Math.random()}`),
          })),
          seen: () => seen,
        },
        ada,
      );
    expect(await tell({ a: "1", b: "1" })).toEqual({ told: 2, resolved: 0 });
    expect(await tell({ a: "1", b: "1" })).toEqual({ told: 0, resolved: 0 });
    expect(await tell({ a: "2", b: "1" })).toEqual({ told: 1, resolved: 0 });
    expect(await tell({ a: "2" }, false)).toEqual({ told: 0, resolved: 0 });
    expect(await tell({ a: "2" })).toEqual({ told: 0, resolved: 1 });
    expect(await tell({ a: "2", b: "1" })).toEqual({ told: 1, resolved: 0 });
    const rows = await database.query("select body::jsonb->'data'->>'state' as state from outbox order by seq");
    expect(rows.map(({ state }) => state)).toEqual([null, null, null, "cleared", null]);
  });

  test("what a snapshot holds is never changed", async () => {
    const { drift, database } = opened();
    await scanned(database);
    const saved = await drift.save({ name: "golden", reason: "after the audit" }, ada);
    expect(saved).toMatchObject({ status: "requested", resources: 1, requester: saved.requester, approver: null });
    expect(await drift.resources("golden", { after: "", limit: 10 })).toEqual([
      {
        ...{ id: "arn:aws:s3:::orders", provider: "aws", type: "AWS::S3::Bucket", name: "orders" },
        ...{ account: "123456789012", region: "us-east-1", tags: { team: "a" }, config: { BucketName: "orders" } },
      },
    ]);
    for (const statement of [
      `update drift_snapshot_resources set body = '{}'`,
      `delete from drift_snapshot_resources`,
      `insert into drift_snapshot_resources values ('golden', 'x', '{}')`,
      `delete from drift_snapshots`,
      `truncate drift_snapshots cascade`,
      `update drift_snapshots set reason = 'another'`,
    ])
      await expect(database.query(statement), statement).rejects.toThrow();
    await expect(drift.save({ name: "golden", reason: "again" }, ada)).rejects.toThrow(/already/);
    await expect(drift.approve("none", ada)).rejects.toThrow(/no snapshot none/);
  });
}

describe("in the embedded store", () => {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-drift-"));
  let opened: Opened;
  beforeAll(async () => {
    opened = await open(await openPglite(folder));
  });
  afterAll(async () => {
    await opened.audit.close();
    await opened.database.close();
    rmSync(folder, { recursive: true });
  });
  suite(() => opened);

  test("its one user approves his own, which is said", async () => {
    expect(await opened.drift.approve("golden", ada)).toMatchObject({ status: "approved", selfApproved: true });
    await expect(opened.drift.approve("golden", ada)).rejects.toThrow(/cannot become approved/);
    const kinds: string[] = [];
    for await (const { event } of opened.audit.entries({ from: null, to: null, kinds: ["snapshot."] }))
      kinds.push(event.kind);
    expect(kinds).toEqual(["snapshot.saved", "snapshot.approved"]);
  });
});

describe("in PostgreSQL", () => {
  let server: PostgresServer;
  let opened: Opened;
  beforeAll(async () => {
    server = await startPostgres();
    opened = await open(await openPostgres(server.url));
  });
  afterAll(async () => {
    await opened.audit.close();
    await opened.database.close();
    await server.stop();
  });
  suite(() => opened);

  test("nobody approves what they saved themselves, whatever they call themselves", async () => {
    await expect(opened.drift.approve("golden", callerNamed("somebody-else"))).rejects.toThrow(
      /somebody else has to approve/,
    );
    expect(await opened.drift.get("golden")).toMatchObject({ status: "requested" });
  });
});
