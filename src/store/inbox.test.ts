import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { onBothDatabases } from "../../test/testing/both-databases.js";
import { stepClock } from "../../test/testing/store.js";
import { PortcullisError } from "../errors.js";
import type { CloudEvent } from "../events/cloud-event.js";
import { dataFault } from "../events/event-schemas.js";
import type { Database } from "./database.js";
import { migrate } from "./migrate.js";
import type { BuriedMessage } from "./inbox-dead-letters.js";
import { mostUndecided, receiveEvent } from "./inbox-received.js";
import { createStore, type Store } from "./store.js";

const health = (id: string, status: string, minute: number, more: object = {}): CloudEvent => ({
  ...{ specversion: "1.0", id, source: "/monitoring", type: "HealthStatusEvent", subject: "db" },
  ...{ time: `2026-01-01T00:${String(minute).padStart(2, "0")}:00Z`, datacontenttype: "application/json" },
  data: { component: "db", environment: "production", status, ...more },
});
const letter: BuriedMessage = {
  ...{ subscription: "s", topic: "t", key: "k\u0000\ud800", properties: { a: "b\u0000" }, reason: "no\u0000thing" },
  ...{ bytes: Uint8Array.from([0, 255, 1]), attempts: 2, firstFailed: new Date("2025-12-31T00:00:00Z") },
};

function contract(name: string, open: () => Promise<Database>): void {
  describe(name, () => {
    let database: Database;
    let store: Store;
    beforeAll(async () => {
      database = await open();
      await migrate(database);
      return () => database.close();
    });
    beforeEach(async () => {
      await database.script("truncate inbox, received_events, component_health, dead_letters, outbox");
      store = await createStore(database, stepClock());
    });
    const receive = (event: CloudEvent, announceAs: string | null = "/portcullis"): Promise<string> =>
      store.inbox.take({ consumer: "c", source: event.source, id: event.id }, (session) =>
        receiveEvent(session, event, { topic: "health-status", at: new Date("2026-01-01T12:00:00Z"), announceAs }),
      );
    const told = async (): Promise<readonly CloudEvent[]> =>
      (await database.query("select body from outbox order by seq")).map(
        ({ body }) => JSON.parse(String(body)) as CloudEvent,
      );

    test("an event takes effect once for a consumer, and not at all when its work fails", async () => {
      const work: string[] = [];
      const take = (consumer: string, id: string, fault?: Error): Promise<string> =>
        store.inbox.take({ consumer, source: "/x", id }, async (session) => {
          await session.query("insert into component_health values ($1, '', 'x', now(), now())", [work.length]);
          if (fault !== undefined) throw fault;
          work.push(id);
        });
      await expect(take("c", "1", new Error("broken"))).rejects.toMatchObject({ code: "internal", message: "broken" });
      const away = new PortcullisError("store-unavailable", "away");
      await expect(take("c", "1", away)).rejects.toMatchObject({ code: "store-unavailable" });
      expect([await take("c", "1"), await take("c", "1"), await take("d", "1")]).toEqual(["done", "repeated", "done"]);
      expect(work).toEqual(["1", "1"]);
      expect(await database.query("select count(*)::int as n from component_health")).toEqual([{ n: 2 }]);
    });

    test("two that come at once take effect once", async () => {
      const ends = await Promise.all(Array.from({ length: 8 }, () => receive(health("h", "degraded", 1))));
      expect(ends.sort()).toEqual(["done", ...Array.from({ length: 7 }, () => "repeated")]);
      expect(await told()).toHaveLength(1);
    });

    test("a change of health is told once, with what it was before", async () => {
      await receive(health("1", "healthy", 1));
      await receive(health("2", "healthy", 2));
      await receive(health("3", "unhealthy", 3, { since: "2026-01-01T00:02:30Z", message: "disk" }));
      const events = await told();
      const cause = (id: string): object => ({ source: "/monitoring", id, type: "HealthStatusEvent" });
      expect(events.map(({ data }) => data)).toEqual([
        {
          ...{ component: "db", environment: "production", status: "healthy", previous: null },
          ...{ since: "2026-01-01T00:01:00Z", message: null, cause: cause("1") },
        },
        {
          ...{ component: "db", environment: "production", status: "unhealthy", previous: "healthy" },
          ...{ since: "2026-01-01T00:02:30Z", message: "disk", cause: cause("3") },
        },
      ]);
      for (const { type, data } of events) expect(dataFault(type, data)).toBeNull();
      const { events: kept } = await store.inbox.received({ limit: 10 });
      expect(kept.map(({ event, status }) => [event["id"], status])).toEqual([
        ["3", "applied"],
        ["2", "received"],
        ["1", "applied"],
      ]);
    });

    test("what happened before changes nothing, and a clock that is ahead has no last word", async () => {
      await receive({ ...health("ahead", "unhealthy", 0), time: "2999-01-01T00:00:00Z" });
      await receive({ ...health("late", "degraded", 0), time: "2025-01-01T00:00:00Z" });
      expect((await told()).map(({ data }) => data["status"])).toEqual(["unhealthy"]);
      await receive({ ...health("now", "healthy", 0), time: "2026-01-01T12:00:00Z" });
      expect((await told()).map(({ data }) => data["status"])).toEqual(["unhealthy", "healthy"]);
    });

    test("nobody is told where nobody would publish it", async () => {
      await receive(health("1", "healthy", 1), null);
      expect(await told()).toEqual([]);
    });

    test("pages of what was received", async () => {
      for (let n = 0; n < 5; n++) await receive(health(String(n), "healthy", n));
      const first = await store.inbox.received({ limit: 2, type: "HealthStatusEvent" });
      const second = await store.inbox.received({ limit: 3, after: first.next ?? "" });
      expect([...first.events, ...second.events].map(({ event }) => event["id"])).toEqual(["4", "3", "2", "1", "0"]);
      expect(second.next).toBeNull();
      expect((await store.inbox.received({ limit: 9, type: "ScalingRequestEvent" })).events).toEqual([]);
      await expect(store.inbox.received({ limit: 9, after: "x" })).rejects.toMatchObject({ code: "usage" });
    });

    test("a dead letter is kept byte for byte, and is the same when it fails again", async () => {
      const { deadLetters } = store.inbox;
      const id = await deadLetters.bury(letter);
      expect(await deadLetters.get(id)).toMatchObject({
        ...{ id, key: "k\ufffd\ufffd", properties: { a: "b\ufffd" }, reason: "no\ufffdthing", size: 3, attempts: 2 },
        ...{ failures: 1, replayed: null, firstFailed: "2025-12-31T00:00:00.000Z", bytes: Buffer.from([0, 255, 1]) },
      });
      await deadLetters.markReplayed(id, await store.audit.caller());
      expect(await deadLetters.waiting()).toBe(0);
      expect(await deadLetters.bury(letter)).toBe(id);
      expect(await deadLetters.waiting()).toBe(1);
      expect(await deadLetters.get(id)).toMatchObject({ failures: 2, attempts: 4, replays: 1, replayed: null });
      expect(await deadLetters.bury({ ...letter, topic: "u" })).not.toBe(id);
      expect((await deadLetters.list({ limit: 1 })).letters.map(({ topic }) => topic)).toEqual(["u"]);
      expect(await deadLetters.get("none\u0000")).toBeNull();
      const kinds = await database.query("select kind from audit_entries order by seq desc limit 1");
      expect(kinds).toEqual([{ kind: "dead-letter.replayed" }]);
    });

    test("old events go, and what nobody has replayed stays", async () => {
      const { deadLetters } = store.inbox;
      await receive(health("1", "healthy", 1));
      const [waits, replayed] = [await deadLetters.bury(letter), await deadLetters.bury({ ...letter, topic: "u" })];
      await deadLetters.markReplayed(replayed, await store.audit.caller());
      expect(await store.inbox.prune(new Date("2025-01-01"))).toBe(0);
      expect(await store.inbox.prune(new Date("2027-01-01"))).toBe(1);
      expect((await deadLetters.list({ limit: 9 })).letters.map(({ id }) => id)).toEqual([waits]);
      expect(await receive(health("1", "healthy", 1))).toBe("repeated");
    });

    test("a request stays until somebody has decided on it, and too many of them are refused", async () => {
      const request = (id: string): CloudEvent => ({ ...health(id, "healthy", 1), type: "ScalingRequestEvent" });
      await receive(health("1", "healthy", 1));
      await receive(request("r1"));
      await receive(request("r2"));
      await database.query("update received_events set status = 'applied' where id = 'r1'");
      await store.inbox.prune(new Date("2027-01-01"));
      const kept = async (): Promise<readonly unknown[]> =>
        (await store.inbox.received({ limit: 9 })).events.map(({ event }) => event["id"]);
      expect(await kept()).toEqual(["r2"]);
      await database.query(
        `insert into received_events (source, id, type, topic, occurred, received, status, event)
         select 's', n::text, 'ScalingRequestEvent', 't', now(), now(), 'received', '{}' from generate_series(3, $1::int) n`,
        [mostUndecided],
      );
      await receive(request("last"));
      await expect(receive(request("too many"))).rejects.toThrow(
        "10000 ScalingRequestEvent wait for a decision already",
      );
      expect(await store.inbox.prune(new Date("2027-01-01"))).toBe(0);
      await database.query("update received_events set status = 'applied' where id = 'last'");
      expect(await receive(request("too many"))).toBe("done");
    });
  });
}

onBothDatabases(contract);
