import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { onBothDatabases } from "../../test/testing/both-databases.js";
import {
  forgetScans,
  feed,
  recordScan,
  report,
  resource,
  stepClock,
  verdict,
  type TestScan,
} from "../../test/testing/store.js";
import type { CloudEvent } from "../events/cloud-event.js";
import { dataFault } from "../events/event-schemas.js";
import { enqueue, type PendingEvent } from "../events/outbox.js";
import type { Database } from "./database.js";
import { migrate } from "./migrate.js";
import type { Announcing } from "./outbox-scan.js";
import { createStore, type Store } from "./store.js";

const a = resource("a");
const b = resource("b");
const both: Announcing = {
  ...{ broker: true, alerts: true, source: "/test" },
  links: { finding: "https://x.test/{fingerprint}" },
};

const textOf = (event: CloudEvent | undefined, name: string): string => {
  const value = event?.data[name];
  return typeof value === "string" ? value : "";
};

const scan = (...verdicts: TestScan["verdicts"]): TestScan => ({
  ...{ resources: [a, b], verdicts, problems: [], complete: true },
});
const failing = verdict(a, "fail");
const waived = verdict(a, "waived");
const passing = verdict(a, "pass");

/** Scans in a row, then what the last one told the broker, and whether other destinations are told. */
const cases: readonly (readonly [string, readonly TestScan[], readonly string[]])[] = [
  ["a failure opens", [scan(failing)], ["opened!"]],
  ["the same again is no change", [scan(failing), scan(failing)], []],
  ["a pass resolves", [scan(failing), scan(passing)], ["resolved!"]],
  ["what comes back", [scan(failing), scan(passing), scan(failing)], ["reopened!"]],
  ["waived from the start is quiet", [scan(waived)], ["opened", "waived"]],
  ["an open one is waived", [scan(failing), scan(waived)], ["waived!"]],
  ["a waiver ends", [scan(waived), scan(failing)], ["waiver-ended!"]],
  ["resolved while it was waived is quiet", [scan(waived), scan(passing)], ["resolved"]],
  ["comes back as a waived one", [scan(failing), scan(passing), scan(waived)], ["reopened", "waived"]],
  ["an error changes nothing", [scan(failing), scan(verdict(a, "error"))], []],
  ["two, each in its place", [scan(failing, verdict(b, "fail"))], ["opened!", "opened!"]],
];

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
      await database.script(`${forgetScans}; truncate outbox, outbox_parked, alert_events, leases`);
      store = await createStore(database, stepClock(), undefined, both);
    });
    const waiting = async (): Promise<readonly CloudEvent[]> =>
      (await store.outbox.read({ except: [], exceptTopics: [], limit: 10_000 })).map(
        ({ body }) => JSON.parse(body) as CloudEvent,
      );
    const alertIds = async (): Promise<readonly unknown[]> =>
      (await database.query("select id from alert_events order by seq")).map(({ id }) => id);

    test.each(cases)("%s", async (_name, scans, expected) => {
      for (const one of scans) {
        await database.script("truncate outbox, alert_events");
        await recordScan(store, one);
      }
      const events = await waiting();
      const ids = await alertIds();
      const alerts = events.filter(({ type }) => type === "ComplianceAlertEvent");
      const told = alerts.map((one) => `${textOf(one, "change")}${ids.includes(one.id) ? "!" : ""}`);
      expect(told).toEqual(expected);
      expect(events.at(-1)).toMatchObject({ type: "ScanCompletedEvent", data: { scan: `scan-${scans.length}` } });
      expect(events).toHaveLength(expected.length + 1);
      expect(events.map(({ type, data }) => dataFault(type, data)).filter((fault) => fault !== null)).toEqual([]);
      expect(ids).toHaveLength(expected.filter((one) => one.endsWith("!")).length);
    });

    test("an event in full", async () => {
      await recordScan(store, scan(waived));
      const [, event] = await waiting();
      expect(event).toEqual({
        ...{ specversion: "1.0", source: "/test", type: "ComplianceAlertEvent", datacontenttype: "application/json" },
        id: expect.stringMatching(/^[0-9a-f]{40}$/) as string,
        ...{ subject: waived.fingerprint, partitionkey: waived.fingerprint, time: "2026-01-01T00:04:00.000Z" },
        dataschema: expect.stringMatching(/ComplianceAlertEvent/) as string,
        data: {
          ...{ change: "waived", fingerprint: waived.fingerprint, policy: "aws-s3-rule", title: "A rule" },
          ...{ severity: "high", verdict: "fail", message: "/config/A is wrong", controls: [], owner: null },
          resource: { id: "a", provider: "aws", type: "AWS::S3::Bucket", name: "a", account: "1", region: "us-east-1" },
          ...{ scan: "scan-1", firstSeen: "2026-01-01T00:04:00.000Z" },
          waiver: { kind: "waiver", id: "w-0", reason: "a test", ticket: null, expires: "2026-06-01T00:00:00.000Z" },
          link: `https://x.test/${waived.fingerprint}`,
        },
      });
    });

    test("an aborted scan tells nothing, nor does one that nobody listens to", async () => {
      const aborted = await store.beginScan({ targets: ["aws"] });
      await feed(aborted, scan(failing));
      await aborted.abort();
      await recordScan(await createStore(database, stepClock(undefined, "mute")), scan(failing));
      expect([await waiting(), await alertIds()]).toEqual([[], []]);
    });

    test("many changes come in order, in batches, and each once", async () => {
      const many = Array.from({ length: 1_234 }, (_, n) => resource(`r${n}`));
      const verdicts = many.map((one) => verdict(one, "fail"));
      await recordScan(store, { resources: many, verdicts, problems: [], complete: true });
      const subjects = (await waiting()).slice(0, -1).map(({ subject }) => subject);
      expect(subjects).toEqual(verdicts.map(({ fingerprint }) => fingerprint).toSorted());
    });

    test("who commits a scan tells the relay", async () => {
      let told = 0;
      const end = store.outbox.onCommit(() => told++);
      const recording = await store.beginScan({ targets: ["aws"] });
      await feed(recording, scan(failing));
      expect(told).toBe(0);
      await recording.finish(report, []);
      expect(told).toBe(1);
      end();
      await recordScan(store, scan(failing));
      expect(told).toBe(1);
    });

    test("secrets and lengths of texts", async () => {
      const message = `key AKIAIOSFODNN7EXAMPLE password=hunter2secret ${"x".repeat(9_000)}`;
      const loud = verdict(a, "fail", "/config/A", { reasons: [{ message, path: null, location: null }] });
      await recordScan(store, scan(loud));
      const [event] = await waiting();
      expect(textOf(event, "message")).not.toContain("hunter2secret");
      expect(textOf(event, "message").length).toBe(2_000);
    });

    test("an id is kept once; parked events are listed, and come back", async () => {
      const event = (id: string): PendingEvent => ({
        ...{ topic: "t", key: "k" },
        event: {
          ...{ specversion: "1.0", id, source: "/test", type: "ScanCompletedEvent", time: "2026-01-01T00:00:00Z" },
          ...{ datacontenttype: "application/json", data: {} },
        },
      });
      await database.transaction((session) => enqueue(session, [event("1"), event("2"), event("1")]));
      await database.transaction((session) => enqueue(session, [event("2"), event("3")]));
      const rows = await store.outbox.read({ except: [], exceptTopics: [], limit: 10 });
      expect(rows.map(({ id }) => id)).toEqual(["1", "2", "3"]);
      const [first, second, third] = rows.map(({ seq }) => seq);
      expect(await store.outbox.read({ except: [second!], exceptTopics: ["t"], limit: 10 })).toEqual([]);
      expect((await store.outbox.read({ except: [second!], exceptTopics: [], limit: 1 }))[0]?.id).toBe("1");
      expect(await store.outbox.remove([second!, 99_999])).toHaveLength(1);
      await store.outbox.park(first!, "too large");
      await store.outbox.park(third!, "refused");
      expect(await store.outbox.depth()).toBe(0);
      expect((await store.outbox.parked(10)).map(({ id, reason }) => [id, reason]).toSorted()).toEqual([
        ["1", "too large"],
        ["3", "refused"],
      ]);
      expect(await store.outbox.unpark(["3"])).toBe(1);
      expect(await store.outbox.unpark(null)).toBe(1);
      expect((await waiting()).map(({ id }) => id)).toEqual(["3", "1"]);
    });

    test("an event of an action does not leave without its decision", async () => {
      const event: CloudEvent = {
        ...{ specversion: "1.0", id: "e-1", source: "/test", type: "ScalingExecutedEvent" },
        ...{ time: "2026-01-01T00:00:00Z", datacontenttype: "application/json", data: {} },
      };
      const send = (decisionid?: string): Promise<void> =>
        database.transaction((session) =>
          enqueue(session, [
            { topic: "t", key: null, event: { ...event, ...(decisionid === undefined ? {} : { decisionid }) } },
          ]),
        );
      await expect(send()).rejects.toThrow("which decision");
      await expect(send("")).rejects.toThrow("which decision");
      expect(await waiting()).toEqual([]);
      await send("d-1");
      expect(await waiting()).toMatchObject([{ decisionid: "d-1" }]);
    });

    test("a lease is one process's, until it ends or is given back", async () => {
      const { leases } = store.outbox;
      const hold = (holder: string, ms = 60_000): Promise<boolean> => leases.hold({ name: "x", holder, ms });
      expect([await hold("one"), await hold("two"), await hold("one", -1), await hold("two")]).toEqual([
        ...[true, false, true, true],
      ]);
      await leases.release({ name: "x", holder: "one" });
      expect(await hold("one")).toBe(false);
      await leases.release({ name: "x", holder: "two" });
      expect(await hold("one")).toBe(true);
    });
  });
}

onBothDatabases(contract);
