import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres, type PostgresServer } from "../../test/servers/postgres.js";
import { createAudit, type Audit } from "../audit/database-trail.js";
import type { Caller } from "../audit/trail.js";
import type { Clock } from "../clock.js";
import type { Actor } from "../identity.js";
import type { Database } from "./database.js";
import { migrate } from "./migrate.js";
import { openPglite } from "./pglite.js";
import { openPostgres } from "./postgres.js";
import { createTokens, type NewToken, type Tokens } from "./tokens.js";
import { createWaivers, type WaiverRequest, type Waivers } from "./waivers.js";

const start = new Date("2026-06-01T12:00:00.000Z");
let now = start;
const clock: Clock = { now: () => now, newId: () => globalThis.crypto.randomUUID() };
const caller = (name: string, source: Actor["source"] = "token"): Caller => ({
  actor: { name, source },
  origin: "here",
});
const days = (count: number): Date => new Date(now.getTime() + count * 86_400_000);

let made = 0;
const newId = (): string => (++made).toString().padStart(12, "T");
const newToken = (change: Partial<NewToken> = {}): NewToken => ({
  ...{ id: newId(), hash: Buffer.alloc(32, made), name: "ci", roles: ["viewer"], expires: days(30) },
  ...change,
});

interface Opened {
  readonly database: Database;
  readonly tokens: Tokens;
  readonly waivers: Waivers;
  readonly audit: Audit;
}

function open(database: Database): Opened {
  const audit = createAudit({ database, clock, folder: null, databaseUrl: null, environment: {} });
  return {
    database,
    audit,
    tokens: createTokens(database, { clock, audit }),
    waivers: createWaivers(database, { clock, audit }),
  };
}

const request: WaiverRequest = {
  ...{ id: null, reason: "the public site", ticket: null, endsOnChange: false, configHash: null },
  scope: { policies: ["aws-s3-*"], controls: [], resources: ["b-*"], tags: [], accounts: [] },
  ...{ start: "2026-06-01T00:00:00.000Z", expires: "2026-07-01T00:00:00.000Z" },
};

/** The contract, the same over both adapters. `as` may speak for others, as the service does. */
function contract(as: () => Opened): void {
  test("a token is made, found, listed and revoked; each change is in the audit trail, without the hash", async () => {
    const { tokens, audit } = as();
    const token = newToken({ roles: ["viewer", "auditor", "viewer"] });
    const stored = await tokens.create(token, caller("okta:ada"));
    expect(stored).toEqual({
      ...{ id: token.id, name: "ci", roles: ["viewer", "auditor"], createdBy: "okta:ada", createdBySource: "token" },
      ...{ createdAt: now.toISOString(), expires: days(30).toISOString(), lastUsed: null },
      ...{ revokedBy: null, revokedBySource: null, revokedAt: null },
    });
    expect(await tokens.find(token.id)).toEqual({ token: stored, hash: token.hash });
    const revoked = await tokens.revoke(token.id, caller("okta:ben"));
    expect(revoked).toEqual({
      ...stored,
      revokedBy: "okta:ben",
      revokedBySource: "token",
      revokedAt: now.toISOString(),
    });
    expect((await tokens.find(token.id))?.token).toEqual(revoked);
    const entries = (await audit.newest({ from: null, to: null, kinds: ["token."] }, 10)).filter(
      ({ event }) => event.subject === token.id,
    );
    expect(entries.map(({ event }) => [event.kind, event.actor.name, event.origin, event.details])).toEqual([
      ["token.revoked", "okta:ben", "here", { name: "ci", roles: ["viewer", "auditor"], expires: stored.expires }],
      ["token.created", "okta:ada", "here", { name: "ci", roles: ["viewer", "auditor"], expires: stored.expires }],
    ]);
    expect(JSON.stringify(entries)).not.toContain(token.hash.toString("hex"));
  });

  test("revoked once is revoked: the second changes nothing and leaves no entry", async () => {
    const { tokens, audit } = as();
    const { id } = await tokens.create(newToken(), caller("ada"));
    const first = await tokens.revoke(id, caller("ben"));
    expect(await tokens.revoke(id, caller("cleo"))).toEqual(first);
    expect(await tokens.revoke("nothing", caller("cleo"))).toBeNull();
    const kinds = (await audit.newest({ from: null, to: null, kinds: ["token."] }, 10)).filter(
      ({ event }) => event.subject === id,
    );
    expect(kinds).toHaveLength(2);
  });

  test("last use is kept once a minute", async () => {
    const { tokens } = as();
    const { id } = await tokens.create(newToken(), caller("ada"));
    const lastUsed = async (at: number): Promise<string | null | undefined> => {
      now = new Date(start.getTime() + at);
      await tokens.used(id);
      return (await tokens.find(id))?.token.lastUsed;
    };
    expect(await lastUsed(1_000)).toBe("2026-06-01T12:00:01.000Z");
    expect(await lastUsed(60_999)).toBe("2026-06-01T12:00:01.000Z");
    expect(await lastUsed(61_000)).toBe("2026-06-01T12:01:01.000Z");
    now = start;
  });

  test("a list in pages: those in force, or all", async () => {
    const { tokens } = as();
    const ids: string[] = [];
    for (const [index, life] of [1, 2, 3, 4].entries()) {
      now = new Date(start.getTime() + 60_000 * Math.floor(index / 2)); // two of the same time
      ids.push((await tokens.create(newToken({ expires: days(life) }), caller("ada"))).id);
    }
    await tokens.revoke(ids[3] ?? "", caller("ada"));
    now = new Date(start.getTime() + 1.5 * 86_400_000);
    const listed = async (all: boolean): Promise<string[]> => {
      const found: string[] = [];
      let after: string | undefined;
      do {
        const page = await tokens.list({ all, limit: 2, ...(after === undefined ? {} : { after }) });
        expect(page.tokens.length).toBeLessThanOrEqual(2);
        found.push(...page.tokens.map(({ id }) => id));
        after = page.next ?? undefined;
      } while (after !== undefined);
      return found.filter((id) => ids.includes(id));
    };
    expect(await listed(true)).toEqual([ids[2], ids[3], ids[0], ids[1]]);
    expect(await listed(false)).toEqual([ids[2], ids[1]]);
    await expect(tokens.list({ all: true, limit: 2, after: "x" })).rejects.toMatchObject({ code: "usage" });
    now = start;
  });

  test.each([
    ["for longer than a year", { expires: new Date(start.getTime() + 367 * 86_400_000) }],
    ["that has expired", { expires: new Date(start.getTime()) }],
    ["without a role", { roles: [] }],
    ["with a role that is none", { roles: ["root"] }],
    ["with a blank name", { name: "  " }],
  ])("one %s is refused", async (_name, change) => {
    const token = newToken(change);
    await expect(as().tokens.create(token, caller("ada"))).rejects.toMatchObject({ code: "usage" });
    expect(await as().tokens.find(token.id)).toBeNull();
  });

  test.each([
    "update tokens set roles = '{admin}'",
    "update tokens set expires = expires + interval '1 day'",
    "update tokens set hash = hash || ''::bytea, holder = 'x'",
    "update tokens set created_by = 'x'",
    "delete from tokens",
    "truncate tokens",
  ])("%s is refused", async (sql) => {
    const { tokens, database } = as();
    const { id } = await tokens.create(newToken(), caller("ada"));
    const before = await tokens.find(id);
    await expect(database.query(sql)).rejects.toThrow(/cannot be changed|is refused/);
    expect(await tokens.find(id)).toEqual(before);
  });

  test("a revoked one does not come back", async () => {
    const { tokens, database } = as();
    const { id } = await tokens.create(newToken(), caller("ada"));
    await tokens.revoke(id, caller("ada"));
    const back = database.query(
      "update tokens set revoked_at = null, revoked_by = null, revoked_by_source = null where id = $1",
      [id],
    );
    await expect(back).rejects.toThrow(/is revoked, and stays so/);
  });

  describe("waivers", () => {
    const made = async (maker: Caller): Promise<string> => {
      const { id, name } = await as().tokens.create(newToken({ roles: ["approver"] }), maker);
      return `token:${id} (${name ?? ""})`;
    };
    const refused = async (requester: string, approver: string): Promise<void> => {
      const { id } = await as().waivers.request(request, caller(requester));
      await expect(as().waivers.approve(id, caller(approver))).rejects.toMatchObject({
        code: "usage",
        message: expect.stringMatching(/somebody else has to approve|approved by/) as string,
      });
      expect(await as().waivers.get(id)).toMatchObject({ status: "requested" });
    };
    const approved = async (requester: string, approver: string): Promise<void> => {
      const { id } = await as().waivers.request(request, caller(requester));
      expect(await as().waivers.approve(id, caller(approver))).toMatchObject({
        status: "approved",
        requester,
        approver,
        selfApproved: false,
      });
    };

    test("one identity of the API asks, another one approves", async () => {
      await approved("okta:ada", "okta:ben");
      const [first, second] = [await made(caller("root", "os-user")), await made(caller("root", "os-user"))];
      await approved(first, second);
      await approved("okta:ada", first);
    });

    test("nobody approves what they asked for: not as the same subject, not with a token that they made", async () => {
      await refused("okta:ada", "okta:ada");
      const [own, other] = [await made(caller("okta:ada")), await made(caller("okta:ada"))];
      await refused("okta:ada", own);
      await refused(own, "okta:ada");
      await refused(own, other);
      const child = await made(caller(own));
      await refused(child, "okta:ada");
      await refused(other, child);
      await approved(child, "okta:ben");
      const fromCommandLine = await made(caller("root", "os-user"));
      await refused(fromCommandLine, fromCommandLine);
      await refused(fromCommandLine, await made(caller(fromCommandLine)));
    });

    test("a name that only looks like a token's is no token's", async () => {
      await approved("okta:token:TTTTTTTTTTT1", "token:TTTTTTTTTTT1x");
    });
  });
}

describe("in the embedded store", () => {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-tokens-"));
  let opened: Opened;
  beforeAll(async () => {
    const database = await openPglite(folder);
    await migrate(database);
    opened = open(database);
  });
  afterAll(async () => {
    await opened.database.close();
    rmSync(folder, { recursive: true });
  });
  contract(() => opened);

  test("its one user, who made the token, approves alone, and that is shown", async () => {
    const { id } = await opened.tokens.create(newToken(), caller("ada", "os-user"));
    const waiver = await opened.waivers.request(request, caller(`token:${id} (ci)`));
    expect(await opened.waivers.approve(waiver.id, caller("ada", "os-user"))).toMatchObject({ selfApproved: true });
  });
});

describe("in PostgreSQL", () => {
  let server: PostgresServer;
  let owner: Opened;
  const roles = new Map<string, Opened>();
  const as = (role: string): Opened => roles.get(role) as Opened;

  beforeAll(async () => {
    server = await startPostgres();
    const database = await openPostgres(server.url);
    await migrate(database);
    owner = open(database);
    for (const role of ["ada", "ben", "api"]) {
      await database.script(`create role ${role} login; grant all on all tables in schema public to ${role}`);
      roles.set(role, open(await openPostgres(server.url.replace("postgres@", `${role}@`))));
    }
    await database.query("insert into waiver_delegates values ('api')");
  });
  afterAll(async () => {
    for (const { database } of [owner, ...roles.values()]) await database.close();
    await server.stop();
  });
  contract(() => as("api"));

  test("who may say for whom it acts is known", async () => {
    const all = [as("api"), as("ada"), owner];
    expect(await Promise.all(all.map(({ tokens }) => tokens.speaksForOthers()))).toEqual([true, false, false]);
  });

  test("the owner makes tokens too, and is named as who it is", async () => {
    const { id } = await owner.tokens.create(newToken(), caller("okta:eve"));
    expect(await owner.tokens.revoke(id, caller("okta:eve"))).toMatchObject({
      ...{
        createdBy: "postgres",
        createdBySource: "database-role",
        revokedBy: "postgres",
        revokedBySource: "database-role",
      },
    });
  });

  test("a role with rights on all tables, as people have for waivers, makes none and changes none", async () => {
    const { id } = await owner.tokens.create(newToken(), caller("x"));
    const { tokens, database } = as("ada");
    await expect(tokens.create(newToken(), caller("ada"))).rejects.toMatchObject({
      code: "usage",
      message: /only the owner of the tables/,
    });
    await expect(tokens.revoke(id, caller("ada"))).rejects.toMatchObject({ code: "usage" });
    await expect(tokens.used(id)).rejects.toThrow(/only the owner/);
    for (const sql of ["alter table tokens disable trigger all", "set session_replication_role = replica"])
      await expect(database.script(sql)).rejects.toThrow(/must be owner|permission denied/);
    expect((await owner.tokens.find(id))?.token).toMatchObject({ revokedAt: null, lastUsed: null });
  });

  test("who made a token on the command line does not approve with it what their role asked for", async () => {
    const { id } = await owner.tokens.create(newToken(), caller("x"));
    const waiver = await owner.waivers.request(request, caller("x"));
    expect(waiver.requester).toBe("postgres");
    await expect(as("api").waivers.approve(waiver.id, caller(`token:${id} (ci)`))).rejects.toThrow(
      /somebody else has to approve/,
    );
    expect(await as("ben").waivers.approve(waiver.id, caller("x"))).toMatchObject({ approver: "ben" });
  });
});
