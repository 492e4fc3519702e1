// The trail over both databases: what is appended is there, in order, redacted, provable, and cannot be changed.
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startPostgres } from "../../test/servers/postgres.js";
import { PortcullisError } from "../errors.js";
import type { Database } from "../store/database.js";
import { migrate } from "../store/migrate.js";
import { openPglite } from "../store/pglite.js";
import { openPostgres } from "../store/postgres.js";
import { genesis } from "./chain.js";
import type { Audit } from "./database-trail.js";
import { collect, emptied, event, folder, numbered, openAudit } from "./testing/trails.js";
import type { AuditQuery } from "./trail.js";
import { verifySlice } from "./verify-slice.js";

const all: AuditQuery = { from: null, to: null, kinds: [] };
const noOptions = { kept: [], trusted: null };
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function codeOf(work: Promise<unknown>): Promise<string> {
  const thrown = await work.then(
    () => null,
    (error: unknown) => error,
  );
  return thrown instanceof PortcullisError ? thrown.code : String(thrown);
}

function contract(name: string, open: () => Promise<Database>): void {
  describe(name, () => {
    let database: Database;
    let audit: Audit;
    let trails = 0;
    beforeAll(async () => {
      database = await open();
      await migrate(database);
      return () => database.close();
    });
    beforeEach(async () => {
      await emptied(database);
      audit = openAudit(database, `${name}-${++trails}`);
      return () => audit.close();
    });

    test("appends that come together: one order, no gap, each with its receipt", async () => {
      const receipts = await Promise.all(Array.from({ length: 900 }, (_, n) => audit.append(numbered(n))));
      expect(receipts.map(({ seq }) => seq)).toEqual(Array.from({ length: 900 }, (_, n) => n + 1));
      const entries = await collect(audit.entries(all));
      expect(entries.slice(0, 900)).toEqual(receipts.map((receipt, n) => ({ ...receipt, event: numbered(n) })));
      await audit.close();
      const verified = await audit.verify(noOptions);
      expect(verified).toMatchObject({ status: "proved", problems: [], signers: [expect.any(String)] });
      expect([verified.covered, verified.entries, verified.head.seq]).toEqual(Array(3).fill(verified.head.seq));
    });

    test("in the caller's transaction: kept with it, gone with it", async () => {
      await database.transaction((session) => audit.appendIn(session, [numbered(1), numbered(2)]));
      const gone = database.transaction(async (session) => {
        expect((await audit.appendIn(session, [numbered(3)]))[0]?.seq).toBe(3);
        throw new Error("changed my mind");
      });
      await expect(gone).rejects.toThrow();
      expect(await database.transaction((session) => audit.appendIn(session, []))).toEqual([]);
      expect((await audit.append(numbered(4))).seq).toBe(3);
      expect((await collect(audit.entries(all))).map((entry) => entry.event.subject)).toEqual([
        ...["thing-1", "thing-2", "thing-4"],
      ]);
    });

    test("entries by time and kind", async () => {
      const kinds = ["waiver.added", "waiver.approved", "waivers.other", "scan.finished"];
      await Promise.all(kinds.map((kind, n) => audit.append({ ...numbered(n), kind })));
      const found = async (query: Partial<AuditQuery>): Promise<string[]> =>
        (await collect(audit.entries({ ...all, ...query }))).map((entry) => entry.event.kind);
      expect(await found({ kinds: ["waiver."] })).toEqual(kinds.slice(0, 2));
      expect(await found({ kinds: ["scan.finished", "waivers."] })).toEqual(kinds.slice(2));
      expect(await found({ kinds: ["waiver"] })).toEqual([]);
      expect(await found({ kinds: ["%.", "'"] })).toEqual([]);
      const period = { from: "2026-01-01T02:00:00+01:00", to: "2026-01-01T03:00:00Z" };
      expect(await found(period)).toEqual(kinds.slice(1, 3));
    });

    test("what is hostile is kept as it can be, and secrets are not kept", async () => {
      const details = JSON.parse(
        String.raw`{"__proto__":{"x":1},"\u0000":"\u0000","half":"\ud800","n":1e308,"text":"\\u0000 \"quoted\" é😀","db":"postgres://u:hunter22@h/d","MasterUserPassword":"correct-horse"}`,
      ) as never;
      await audit.append(event({ subject: "https://u:hunter22@host/\u0000", details }));
      const [entry] = await collect(audit.entries(all));
      expect(entry?.event).toEqual(
        event({
          subject: "https://u:<redacted>@host/\ufffd",
          details: JSON.parse(
            String.raw`{"__proto__":{"x":1},"\ufffd":"\ufffd","half":"\ufffd","n":1e308,"text":"\\u0000 \"quoted\" é😀","db":"postgres://u:<redacted>@h/d","MasterUserPassword":"<redacted>"}`,
          ) as never,
        }),
      );
      await audit.checkpoint();
      expect((await audit.verify(noOptions)).status).toBe("proved");
    });

    test.each([
      ["too large", event({ details: { text: "x".repeat(300_000) } }), "at most 262144"],
      ["of no kind", event({ kind: "Waiver" }), "kind"],
      ["of the trail's own kind", event({ kind: "audit.signer-added" }), "only the trail itself"],
      ["at no time", event({ at: "yesterday" }), "at"],
      ["a number that is none", event({ details: { n: Number.NaN } }), "NaN"],
    ])("an event that is %s is refused, those beside it are kept", async (_, bad, why) => {
      const [before, refused, after] = await Promise.allSettled([
        audit.append(numbered(1)),
        audit.append(bad),
        audit.append(numbered(2)),
      ]);
      expect([before, after]).toMatchObject([{ value: { seq: 1 } }, { value: { seq: 2 } }]);
      expect(refused).toMatchObject({ reason: { code: "internal", message: expect.stringContaining(why) as string } });
    });

    test("large events, more than fit a batch or the queue, all arrive in order", async () => {
      const large = Array.from({ length: 150 }, (_, n) =>
        event({ subject: `large-${n}`, details: { text: "x".repeat(250_000) } }),
      );
      const receipts = await Promise.all(large.map((one) => audit.append(one)));
      expect(receipts.map(({ seq }) => seq)).toEqual(large.map((_, n) => n + 1));
    });

    const forged = '\'{"actor":{},"at":"","kind":""}\'';
    test.each([
      "update audit_entries set event = event || ' '",
      "update audit_entries set hash = hash where seq = 1",
      "delete from audit_entries where seq = 2",
      "truncate audit_entries",
      "truncate audit_entries_000000",
      "delete from audit_entries_000000",
      "delete from audit_head",
      "truncate audit_head",
      "insert into audit_head values (false, 'x', 1, '')",
      "update audit_head set seq = 1",
      "update audit_head set trail = 'other'",
      "update audit_head set hash = decode(repeat('ab', 32), 'hex')",
      "update audit_checkpoints set signature = ''",
      "delete from audit_checkpoints",
      "truncate audit_checkpoints",
      "insert into audit_checkpoints values (2, 3, '{}', '')",
      `insert into audit_entries (seq, event) values (9, ${forged})`,
      `insert into audit_entries (seq, event) values (2, ${forged})`,
      `insert into audit_entries (seq, hash, event) select max(seq) + 1, decode(repeat('ab', 32), 'hex'), ${forged} from audit_entries`,
      `insert into audit_entries_000000 (seq, hash, event) select max(seq) + 1, '', ${forged} from audit_entries`,
    ])("the database refuses, to its owner as well: %s", async (statement) => {
      await audit.append(numbered(1));
      await audit.append(numbered(2));
      await audit.checkpoint();
      await expect(database.script(statement)).rejects.toThrow(PortcullisError);
      expect((await audit.verify(noOptions)).status).toBe("proved");
    });

    test("an entry that another program puts in continues the chain, and is told from ours", async () => {
      await audit.append(numbered(1));
      await database.script(`insert into audit_entries (seq, event) values (2, ${forged})`);
      expect((await audit.append(numbered(3))).seq).toBe(3);
      expect((await audit.verify(noOptions)).problems.map(({ kind, seq }) => [kind, seq])).toEqual([["changed", 2]]);
    });

    test("partitions are made in time, also by one append that needs two", async () => {
      await audit.append(numbered(1));
      await database.query("select audit_make_partitions(500002)");
      const sizes = "select count(*)::int as n from pg_inherits where inhparent = 'audit_entries'::regclass";
      expect(await database.query(sizes)).toEqual([{ n: 2 }]);
      await expect(database.script("truncate audit_entries_000001")).rejects.toThrow("append-only");
    });

    test("checkpoints: the first makes the key, each continues the one before, none is made of nothing", async () => {
      expect(await audit.checkpoint()).toBe(null);
      for (const n of [1, 2, 3]) await audit.append(numbered(n));
      const first = await audit.checkpoint();
      const place = join(folder, `${name}-${trails}`);
      expect([statSync(join(place, "key.pem")).mode & 0o777, statSync(place).mode & 0o777]).toEqual([0o600, 0o700]);
      expect(first?.checkpoint).toMatchObject({ number: 1, from: 1, seq: 4, count: 4, previous: null });
      expect(await audit.checkpoint()).toEqual(first);
      await audit.append(numbered(4));
      const second = await audit.checkpoint();
      expect(second?.checkpoint).toMatchObject({ number: 2, from: 5, seq: 5, signer: first?.checkpoint.signer });
      expect(await audit.verify({ kept: [], trusted: first!.checkpoint.signer })).toMatchObject({
        status: "proved",
        checkpoints: 2,
        covered: 5,
      });
    });

    test("checkpoints come by themselves, and when the trail is closed", async () => {
      const eager = openAudit(database, `${name}-eager-${trails}`, { checkpointEvery: 10 });
      for (let n = 0; n < 35; n++) await eager.append(numbered(n));
      await eager.close();
      const { status, checkpoints, covered, entries } = await eager.verify(noOptions);
      expect([status, covered === entries, checkpoints > 2]).toEqual(["proved", true, true]);
    });

    test("a machine without the key appends, and says why it cannot sign", async () => {
      await audit.append(numbered(1));
      await audit.checkpoint();
      const elsewhere = openAudit(database, `${name}-elsewhere-${trails}`, { checkpointEvery: 1 });
      for (const n of [2, 3, 4]) await elsewhere.append(numbered(n));
      expect(await codeOf(elsewhere.checkpoint())).toBe("config-invalid");
      await elsewhere.close();
      expect(await elsewhere.verify(noOptions)).toMatchObject({ status: "proved", covered: 2, entries: 5 });
      await audit.checkpoint();
      expect(await elsewhere.verify(noOptions)).toMatchObject({ status: "proved", covered: 5 });
    });

    test("rotation: the old key brings in the new one, and what was signed stays proved", async () => {
      await audit.append(numbered(1));
      const old = (await audit.checkpoint())!.checkpoint.signer;
      const next = await audit.rotateKey(null);
      await audit.append(numbered(2));
      expect((await audit.checkpoint())!.checkpoint.signer).toBe(next);
      expect((await audit.signers()).map(({ statement }) => [statement.signer, statement.previous])).toEqual([
        [old, null],
        [next, old],
      ]);
      for (const trusted of [old, next, null])
        expect((await audit.verify({ kept: [], trusted })).status).toBe("proved");
      const stranger = await audit.verify({ kept: [], trusted: "0".repeat(64) });
      expect(stranger.problems.map(({ kind }) => kind)).toEqual(["signer"]);
    });

    test("what is no key is not brought in, and stands in no one's way", async () => {
      await audit.append(numbered(1));
      const key = (await audit.checkpoint())!.checkpoint.signer;
      for (const file of ["/nowhere/key.pem", import.meta.filename])
        expect(await codeOf(audit.rotateKey(file))).toBe("config-invalid");
      await audit.append(numbered(2));
      expect((await audit.checkpoint())!.checkpoint).toMatchObject({ seq: 3, signer: key });
    });

    test("a slice proves itself: whole periods without gaps, kinds one by one", async () => {
      const eager = openAudit(database, `${name}-slice-${trails}`);
      for (let n = 0; n < 30; n++) {
        await eager.append({ ...numbered(n), kind: n % 3 === 0 ? "scan.finished" : "waiver.approved" });
        if (n % 7 === 6) await eager.checkpoint();
      }
      const period = { from: numbered(10).at, to: numbered(20).at, kinds: [] };
      for (const [query, count] of [
        [period, 10],
        [{ ...period, kinds: ["scan."] }, 3],
        [all, 31],
      ] as const) {
        const slice = (await eager.slice(query))!;
        const entries = await collect(slice.entries);
        const again = JSON.parse(JSON.stringify({ ...slice, entries })) as typeof slice & { entries: unknown[] };
        const [first] = slice.signers;
        const verified = await verifySlice(
          { ...again, entries: streamed(again.entries as never) },
          first!.statement.signer,
        );
        expect(verified).toMatchObject({ proved: true, entries: count, problems: [], contiguous: count !== 3 });
      }
      expect(await collect((await eager.slice({ ...all, kinds: ["none.such"] }))!.entries)).toEqual([]);
    });

    test("a trail that does not end: it is what it was when it is read", async () => {
      expect(await audit.slice(all)).toBe(null);
      expect(await audit.verify(noOptions)).toMatchObject({
        status: "proved",
        entries: 0,
        head: { seq: 0, hash: genesis },
      });
      expect(await codeOf(audit.rotateKey(null))).toBe("config-invalid");
      await audit.append(numbered(1));
      expect((await audit.verify(noOptions)).status).toBe("unproved");
    });
  });
}

// eslint-disable-next-line @typescript-eslint/require-await
async function* streamed(items: readonly unknown[]): AsyncGenerator {
  yield* items;
}

contract("PGlite", () => openPglite(join(folder, "store")));

contract("PostgreSQL", async () => {
  const server = await startPostgres();
  const database = await openPostgres(server.url);
  return {
    ...database,
    async close() {
      await database.close();
      await server.stop();
    },
  };
});
