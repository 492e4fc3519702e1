import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres, type PostgresServer } from "../../test/servers/postgres.js";
import type { Audit } from "../audit/database-trail.js";
import { createAudit } from "../audit/database-trail.js";
import type { Caller } from "../audit/trail.js";
import type { Clock } from "../clock.js";
import type { Database } from "./database.js";
import { migrate } from "./migrate.js";
import { openPglite } from "./pglite.js";
import { openPostgres } from "./postgres.js";
import { createWaivers, type WaiverRequest, type Waivers } from "./waivers.js";

let now = new Date("2026-06-01T12:00:00.000Z");
let ids = 0;
const clock: Clock = { now: () => now, newId: () => `${(++ids).toString().padStart(8, "0")}-rest` };

const scope = { policies: ["aws-s3-*"], controls: [], resources: ["b-*"], tags: [], accounts: [] };
const request: WaiverRequest = {
  ...{ id: null, scope, reason: "the public site", ticket: "SEC-1" },
  ...{ start: "2026-06-01T00:00:00.000Z", expires: "2026-07-01T00:00:00.000Z" },
  ...{ endsOnChange: false, configHash: null },
};
const callerNamed = (name: string, source: Caller["actor"]["source"] = "database-role"): Caller => ({
  actor: { name, source },
  origin: "test-host",
});

interface Opened {
  readonly waivers: Waivers;
  readonly audit: Audit;
}

function open(database: Database): Opened {
  const audit = createAudit({ database, clock, folder: null, databaseUrl: null, environment: {} });
  return { waivers: createWaivers(database, { clock, audit }), audit };
}

async function entries(audit: Audit, subject: string): Promise<readonly (readonly [string, string, string])[]> {
  const found: (readonly [string, string, string])[] = [];
  for await (const { event } of audit.entries({ from: null, to: null, kinds: ["waiver."] }))
    if (event.subject === subject) found.push([event.kind, event.actor.name, event.actor.source]);
  return found;
}

describe("in the embedded store", () => {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-waivers-"));
  let database: Database;
  let opened: Opened;
  const ada = callerNamed("ada", "os-user");

  beforeAll(async () => {
    database = await openPglite(folder);
    await migrate(database);
    opened = open(database);
  });
  afterAll(async () => {
    await database.close();
    rmSync(folder, { recursive: true });
  });

  test("a waiver is requested, approved by the one user, and revoked; each is in the audit trail", async () => {
    const { waivers, audit } = opened;
    const requested = await waivers.request(request, ada);
    expect(requested).toEqual({
      ...{ id: "W-2026-06-01-00000001", scope, reason: "the public site", ticket: "SEC-1", status: "requested" },
      ...{ start: request.start, expires: request.expires, endsOnChange: false, configHash: null },
      ...{ requester: "ada", requesterSource: "os-user", requestedAt: expect.any(String) as string },
      ...{ approver: null, approverSource: null, approvedAt: null, selfApproved: false },
      ...{ endedBy: null, endedBySource: null, endedAt: null, endedReason: null, file: null, bound: new Map() },
    });
    expect(await waivers.approved()).toEqual([]);
    const approved = await waivers.approve(requested.id, ada);
    expect(approved).toMatchObject({
      status: "approved",
      approver: "ada",
      approverSource: "os-user",
      selfApproved: true,
    });
    expect(await waivers.approved()).toEqual([approved]);
    const revoked = await waivers.revoke(requested.id, "done", callerNamed("ben", "os-user"));
    expect(revoked).toMatchObject({ status: "revoked", approver: "ada", endedBy: "ben", endedReason: "done" });
    expect(await waivers.approved()).toEqual([]);
    expect(await waivers.get(requested.id)).toEqual(revoked);
    expect(await entries(audit, requested.id)).toEqual([
      ["waiver.requested", "ada", "os-user"],
      ["waiver.approved", "ada", "os-user"],
      ["waiver.revoked", "ben", "os-user"],
    ]);
  });

  test("states go forward only, and a refused change leaves no audit entry", async () => {
    const { waivers, audit } = opened;
    const { id } = await waivers.request({ ...request, id: "forward" }, ada);
    await waivers.reject(id, "no", ada);
    await expect(waivers.approve(id, ada)).rejects.toMatchObject({
      code: "usage",
      message: "waiver forward is rejected: it cannot become approved",
    });
    await expect(waivers.revoke(id, "x", ada)).rejects.toMatchObject({ code: "usage" });
    await expect(waivers.request({ ...request, id }, ada)).rejects.toMatchObject({
      code: "usage",
      message: "there is a waiver forward already",
    });
    await expect(waivers.approve("nothing", ada)).rejects.toMatchObject({ code: "usage" });
    expect(await entries(audit, id)).toEqual([
      ["waiver.requested", "ada", "os-user"],
      ["waiver.rejected", "ada", "os-user"],
    ]);
  });

  test("one that expired is not approved any more", async () => {
    const { id } = await opened.waivers.request({ ...request, expires: "2026-06-01T12:00:00.000Z" }, ada);
    await expect(opened.waivers.approve(id, ada)).rejects.toMatchObject({ code: "usage" });
  });

  test.each([
    ["too long", { expires: "2027-06-02T00:00:00.001Z" }],
    ["backwards", { expires: "2026-05-31T00:00:00.000Z" }],
    ["about nothing", { scope: { ...scope, policies: [] } }],
    ["about everything", { scope: { ...scope, policies: ["*"], resources: ["*"] } }],
  ])("one that is %s is refused", (_name, change) => {
    expect(() => opened.waivers.request({ ...request, ...change }, ada)).toThrow(/cannot be requested/);
  });

  test("a list by state", async () => {
    const { waivers } = opened;
    const make = async (id: string, change: Partial<WaiverRequest>, approve: boolean): Promise<void> => {
      await waivers.request({ ...request, id, ...change }, ada);
      if (approve) await waivers.approve(id, ada);
    };
    await make("l-asked", {}, false);
    await make("l-waiting", { start: "2026-06-02T00:00:00.000Z" }, true);
    await make("l-force", {}, true);
    await make("l-ending", { expires: "2026-06-01T13:00:00.000Z" }, true);
    now = new Date("2026-06-01T13:00:00.000Z");
    const listed = async (state: Parameters<Waivers["list"]>[0]["state"]): Promise<string[]> =>
      (await waivers.list({ state, limit: 100 })).map(({ id }) => id).filter((id) => id.startsWith("l-"));
    expect(await listed("requested")).toEqual(["l-asked"]);
    expect(await listed("waiting")).toEqual(["l-waiting"]);
    expect(await listed("in-force")).toEqual(["l-force"]);
    expect(await listed("expired")).toEqual(["l-ending"]);
    expect(await listed("all")).toEqual(["l-ending", "l-force", "l-waiting", "l-asked"]);
    expect(await waivers.list({ state: "all", limit: 2 })).toHaveLength(2);
    now = new Date("2026-06-01T12:00:00.000Z");
  });

  test("the first binding to a resource stays", async () => {
    const { waivers } = opened;
    const { id } = await waivers.request({ ...request, endsOnChange: true }, ada);
    const plain = await waivers.request(request, ada);
    const bind = (waiver: string, resource: string, digit: string): Promise<void> =>
      waivers.bind([{ waiver, resource, configHash: digit.repeat(64) }]);
    await bind(id, "b-1", "0");
    await waivers.approve(id, ada);
    await waivers.approve(plain.id, ada);
    for (const digit of ["a", "b"]) await bind(id, "b-1", digit);
    await bind(id, "b-2", "c");
    await bind(plain.id, "b-1", "d");
    const bound = new Map([
      ["b-1", "a".repeat(64)],
      ["b-2", "c".repeat(64)],
    ]);
    expect((await waivers.get(id))?.bound).toEqual(bound);
    const approved = await waivers.approved();
    expect(approved.find((one) => one.id === id)?.bound).toEqual(bound);
    expect(approved.find((one) => one.id === plain.id)?.bound).toEqual(new Map());
  });

  test("a scope that somebody else wrote and that is none covers nothing", async () => {
    const insert = `insert into waivers (id, scope, reason, start_at, expires, ends_on_change, status, requester, requester_source, requester_role, requested_at)
      values ('odd', '{"policies": "*"}', 'x', now(), now() + interval '1 day', false, 'requested', 'x', 'os-user', 'x', now())`;
    await database.query(insert);
    expect((await opened.waivers.get("odd"))?.scope.policies).toEqual(["(invalid)"]);
  });
});

describe("in PostgreSQL", () => {
  let server: PostgresServer;
  let owner: Database;
  const roles = new Map<string, Database>();
  const as = (role: string): Database => roles.get(role) as Database;

  beforeAll(async () => {
    server = await startPostgres();
    owner = await openPostgres(server.url);
    await migrate(owner);
    for (const role of ["ada", "ben", "api"]) {
      await owner.script(`create role ${role} login; grant all on all tables in schema public to ${role}`);
      roles.set(role, await openPostgres(server.url.replace("postgres@", `${role}@`)));
    }
  });
  afterAll(async () => {
    for (const database of [owner, ...roles.values()]) await database.close();
    await server.stop();
  });

  test("the role that is connected requests, and another one approves", async () => {
    const { waivers, audit } = open(as("ada"));
    const { id } = await waivers.request(request, callerNamed("somebody else", "token"));
    await expect(waivers.approve(id, callerNamed("ben"))).rejects.toMatchObject({
      code: "usage",
      message: `waiver ${id} was requested by ada: somebody else has to approve it`,
    });
    const approved = await open(as("ben")).waivers.approve(id, callerNamed("ada", "os-user"));
    expect(approved).toMatchObject({
      ...{ requester: "ada", requesterSource: "database-role", status: "approved", selfApproved: false },
      ...{ approver: "ben", approverSource: "database-role" },
    });
    expect(await entries(audit, id)).toEqual([
      ["waiver.requested", "ada", "database-role"],
      ["waiver.approved", "ben", "database-role"],
    ]);
  });

  // What a client with a connection of its own may try instead of our statements.
  const columns = `(id, scope, reason, start_at, expires, ends_on_change, status, requester, requester_source, requester_role, requested_at, approver, approved_at)`;
  const row = (status: string, approver: string): string =>
    `values ('lie', '{}', 'x', now(), now() + interval '1 day', false, '${status}', 'ben', 'token', 'ben', now(), ${approver})`;
  const lies: readonly (readonly [string, string, RegExp])[] = [
    ["an approved one", `insert into waivers ${columns} ${row("approved", "'ben', now()")}`, /begins as a request/],
    [
      "one with an approver",
      `insert into waivers ${columns} ${row("requested", "'ben', now()")}`,
      /begins as a request/,
    ],
    [
      "approval in another's name",
      "update waivers set status = 'approved', approver = 'ben', approver_source = 'token', approver_role = 'ben', self_approved = false where id = 'own'",
      /somebody else has to approve/,
    ],
    [
      "another requester",
      "update waivers set requester = 'ben', requester_role = 'ben' where id = 'own'",
      /cannot be changed/,
    ],
    [
      "another requester with the approval",
      "update waivers set requester = 'ben', requester_role = 'ben', status = 'approved', approver = 'ada' where id = 'own'",
      /cannot be changed/,
    ],
    ["another scope", `update waivers set scope = '{"a": 1}' where id = 'own'`, /cannot be changed/],
    ["a later end", "update waivers set expires = expires + interval '1 hour' where id = 'own'", /cannot be changed/],
    ["an end without a state", "update waivers set ended_reason = 'x' where id = 'own'", /cannot become requested/],
    [
      "revival",
      "update waivers set status = 'approved', ended_by = null, ended_at = null where id = 'over'",
      /is revoked: it cannot become approved/,
    ],
    ["deletion", "delete from waivers", /is refused/],
    ["truncation", "truncate waivers cascade", /is refused/],
    ["a delegation of its own", "insert into waiver_delegates values ('ada')", /only the owner/],
    [
      "a table of its own that delegates",
      "create temp table waiver_delegates (role name); insert into waiver_delegates values ('ada'); update waivers set status = 'approved', approver = 'ben', approver_source = 'token' where id = 'own'",
      /somebody else has to approve/,
    ],
    [
      "a version of its own",
      "create function pg_temp.version() returns text language sql as $$ select '(PGlite ' $$; set search_path = pg_temp, pg_catalog, public; update waivers set status = 'approved' where id = 'own'",
      /somebody else has to approve/,
    ],
    [
      "a binding of what is none",
      "insert into waiver_bindings values ('own', 'r', repeat('a', 64), now())",
      /is not one that is bound/,
    ],
    ["the triggers off", "alter table waivers disable trigger all", /must be owner|permission denied/],
    ["replication", "set session_replication_role = replica", /permission denied/],
    [
      "more than a year",
      "insert into waivers (id, scope, reason, start_at, expires, ends_on_change, status, requester, requester_source, requester_role, requested_at) values ('long', '{}', 'x', now(), now() + interval '367 days', false, 'requested', 'x', 'x', 'x', now())",
      /violates check constraint/,
    ],
  ];

  describe("a client that lies", () => {
    beforeAll(async () => {
      const { waivers } = open(as("ada"));
      await waivers.request({ ...request, id: "own" }, callerNamed("ada"));
      await waivers.request({ ...request, id: "over" }, callerNamed("ada"));
      await open(as("ben")).waivers.approve("over", callerNamed("ben"));
      await waivers.revoke("over", "x", callerNamed("ada"));
    });

    test.each(lies)("is refused %s", async (_name, sql, message) => {
      const before = await owner.query("select * from waivers order by id");
      // In a transaction, so that search paths and temporary tables are gone with it.
      const lying = as("ada").transaction((session) => session.script(sql));
      await expect(lying).rejects.toThrow(message);
      expect(await owner.query("select * from waivers order by id")).toEqual(before);
    });

    test("is named as who it is", async () => {
      await as("ada").script(
        `insert into waivers (id, scope, reason, start_at, expires, ends_on_change, status, requester, requester_source, requester_role, requested_at)
         values ('named', '{}', 'x', now(), now() + interval '1 day', false, 'requested', 'ben', 'token', 'ben', '2020-01-01')`,
      );
      const [named] = await owner.query(
        "select requester, requester_source, requester_role, requested_at > now() - interval '1 day' as recent from waivers where id = 'named'",
      );
      expect(named).toEqual({
        ...{ requester: "ada", requester_source: "database-role", requester_role: "ada", recent: true },
      });
    });
  });

  test("a server that may speak for others says for whom, and not that one approves his own", async () => {
    await owner.query("insert into waiver_delegates values ('api')");
    const { waivers } = open(as("api"));
    const { id } = await waivers.request(request, callerNamed("cleo", "token"));
    await expect(waivers.approve(id, callerNamed(" CLEO ", "token"))).rejects.toThrow(/requested by cleo/);
    expect(await waivers.approve(id, callerNamed("dan", "token"))).toMatchObject({
      ...{ requester: "cleo", requesterSource: "token", approver: "dan", approverSource: "token", selfApproved: false },
    });
  });
});
