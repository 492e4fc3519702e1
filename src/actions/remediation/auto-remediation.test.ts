import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { onBothDatabases } from "../../../test/testing/both-databases.js";
import { forgetScans, recordScan, resource as resourceOf, verdict } from "../../../test/testing/store.js";
import type { AuditEntry, Caller } from "../../audit/trail.js";
import type { Clock } from "../../clock.js";
import { dataFault } from "../../events/event-schemas.js";
import type { Json } from "../../json.js";
import { createLogger } from "../../observability/log.js";
import type { Database } from "../../store/database.js";
import { createStore, type Store } from "../../store/store.js";
import { createActions, type OpenedActions } from "../create-actions.js";
import type { Answer, Gate } from "../decision.js";
import { planHash } from "../plan-hash.js";
import { checkPolicies } from "./auto-part.js";
import { remediateDue } from "./auto-remediation.js";
import type { LiveCloud, Remediation } from "./remediation.js";
import { createRemediationKind } from "./remediation-kind.js";
import { autoSettings, remediationSettings } from "./remediation-settings.js";

const account = "123456789012";
const type = "AWS::S3::Bucket";
const minute = 60_000;
const listed = "aws-s3-listed";
const unlisted = "aws-s3-unlisted";
const log = createLogger({ level: "silent", version: "0.0.0" });
const signal = new AbortController().signal;
const person: Caller = { actor: { name: "ann", source: "token" }, origin: "here" };

/** Buckets that are right or wrong, by name. */
class World {
  readonly right = new Map<string, boolean>();
  writes = 0;
  resource(id: string) {
    return resourceOf(id, { type, account, config: { Right: this.right.get(id) ?? false } });
  }
  readonly cloud: LiveCloud = {
    read: ({ id }) => Promise.resolve({ resource: this.resource(id), references: [], failures: [] } as never),
    write: (_, { id }, value) => {
      this.writes++;
      this.right.set(id, value["Right"] === true);
      return Promise.resolve();
    },
    close: () => undefined,
  };
}

const remediation: Remediation = {
  ...{ id: "make-right", title: "Make it right", policies: [listed, unlisted], types: [type], undo: "", caution: null },
  ...{ permissions: { read: [], write: [] }, touches: ["/config/Right"] },
  plan: (before) =>
    before.config["Right"] === true
      ? null
      : { after: { ...before, config: { Right: true } }, value: { Right: true }, former: { Right: false } },
  property: (one) => one.config["Right"] ?? null,
};

function gateOf(answer: () => Answer): Gate {
  return {
    decide: ({ kind, parameters, plan }) =>
      Promise.resolve({
        ...{ id: globalThis.crypto.randomUUID(), answer: answer(), reasons: ["the test says so"] },
        planHash: planHash(kind, parameters as Json, plan),
        ...{ violations: [], existing: [], resolved: [], undecided: [], actionVerdicts: [] },
        approval: answer() === "needs-approval" ? { roles: ["approver"], count: 1 } : null,
        decidedAt: new Date(Date.now() - 1_000).toISOString(),
        expiresAt: new Date(Date.now() + 600_000).toISOString(),
        policies: "0".repeat(64),
      }),
    judge: () => Promise.resolve([]),
  };
}

onBothDatabases((name, open) => {
  describe(`auto-remediation on ${name}`, () => {
    let database: Database;
    let store: Store;
    let world: World;
    let actions: OpenedActions;
    let answer: Answer;
    let time = Date.parse("2026-01-01T00:00:00.000Z");
    let ids = 0;
    const clock: Clock = { now: () => new Date((time += 1)), newId: () => `${name}-${++ids}` };
    const settings = autoSettings({ policies: [listed], coolDown: "10m", maxFlaps: 2, window: "1d" });

    beforeAll(async () => {
      database = await open();
      const announcing = { broker: true, alerts: true, source: "/portcullis", links: {} };
      store = await createStore(database, clock, undefined, announcing);
      if (!database.exclusive) await database.query("insert into waiver_delegates values (session_user)");
      return () => store.close();
    });
    beforeEach(async () => {
      await database.script(`${forgetScans}; truncate remediation_touches, remediation_flaps`);
      time += 365 * 24 * 60 * minute;
      answer = "allow";
      world = new World();
      const kind = createRemediationKind({
        ...{ remediations: [remediation], cloud: () => Promise.resolve(world.cloud), canary: 1 },
        judge: (policies, { resource }) =>
          Promise.resolve(
            policies.map((policy) => ({
              ...verdict(resource, resource.config["Right"] === true ? "pass" : "fail"),
              policy,
            })),
          ),
        countOf: () => Promise.resolve(null),
        waiting: { firstPauseMs: 1, longestPauseMs: 10, longestMs: 2_000 },
      });
      actions = createActions({
        ...{ journal: store.actions, gate: gateOf(() => answer), kinds: new Map([[kind.kind, kind]]), clock },
        ...{ settings: { limits: { canary: 100, breaker: 1_000 } }, eventsOf: () => [] },
      });
      return () => actions.close();
    });

    const isRight = (id: string) => (world.right.get(id) === true ? "pass" : "fail");
    const scan = async (names: readonly string[], policy = listed) => {
      time += minute;
      const resources = names.map((one) => world.resource(one));
      const verdicts = resources.map((one) => verdict(one, isRight(one.id), "/config/Right", { policy }));
      await recordScan(store, { resources, verdicts, problems: [], complete: true });
    };
    const look = () => {
      const options = { actions, store, settings, remediations: [remediation], log, origin: "test" };
      return remediateDue(options, signal);
    };
    /** As the part of actions does; gives how many were run. */
    const runAsked = async (): Promise<number> => {
      for (let count = 0; ; count++) {
        const wish = await store.actionRuns.take("test", minute);
        if (wish === null) return count;
        await actions.run(wish.action, wish.caller);
        await store.actionRuns.end(wish.action, "test", null);
      }
    };
    const put = async (): Promise<number> => {
      await look();
      const count = await runAsked();
      await look();
      return count;
    };
    const ownActions = async () => {
      const rows = await database.query("select distinct action from remediation_touches order by 1");
      return rows.map(({ action }) => String(action));
    };
    const entries = async (kind: string): Promise<AuditEntry[]> => {
      const found: AuditEntry[] = [];
      const from = new Date(time - 30 * 24 * 60 * minute).toISOString();
      for await (const one of store.audit.entries({ from, to: null, kinds: [kind] })) found.push(one);
      return found;
    };
    const alerts = async (table: "outbox" | "alert_events") => {
      const column = table === "outbox" ? "body" : "event";
      const rows = await database.query(`select ${column} as event from ${table}`);
      const events = rows.map(({ event }) => (typeof event === "string" ? JSON.parse(event) : event) as never);
      return (events as { data: { message?: string } }[]).filter(({ data }) =>
        data.message?.includes("auto-remediation"),
      );
    };

    test("puts right what a listed policy finds, in one action, and leaves what another finds", async () => {
      await scan(["one", "two"]);
      await scan(["one", "two", "other"], unlisted);
      expect(await put()).toBe(1);
      expect([...world.right]).toEqual([
        ["one", true],
        ["two", true],
      ]);
      const [id] = await ownActions();
      expect(await store.actions.get(id!)).toMatchObject({
        ...{ state: "succeeded", requester: { name: "auto-remediation", source: "schedule" } },
        reason: `actions.remediate: ${listed}`,
      });
      await scan(["one", "two"]);
      expect([await put(), world.writes]).toEqual([0, 2]);
    });

    test("nothing is asked for before a scan that began after the fix, nor before the cool-down is over", async () => {
      await scan(["one"]);
      expect(await put()).toBe(1);
      world.right.set("one", false);
      time += 11 * minute;
      expect(await put(), "no scan has looked since").toBe(0);
      await scan(["one"]);
      expect(await put(), "the cool-down is over, and it is wrong again").toBe(1);
      world.right.set("one", false);
      await scan(["one"]);
      expect(await put(), "within the cool-down").toBe(0);
      expect(world.right.get("one")).toBe(false);
    });

    test.each(["needs-approval", "deny"] as const)(
      "%s is left for people until the cool-down is over",
      async (given) => {
        answer = given;
        await scan(["one"]);
        await put();
        await scan(["one"]);
        await put();
        expect([(await ownActions()).length, world.writes]).toEqual([1, 0]);
        time += 11 * minute;
        await scan(["one"]);
        await put();
        expect([(await ownActions()).length, world.writes]).toEqual([2, 0]);
      },
    );

    test("a second system that undoes it: stopped after so many fixes, told once, and released by a person", async () => {
      const undo = async () => {
        world.right.set("one", false);
        time += 11 * minute;
        await scan(["one"]);
      };
      await database.script("truncate outbox, alert_events");
      await scan(["one"]);
      expect(await put()).toBe(1);
      await undo();
      expect(await put()).toBe(1);
      await undo();
      expect(await put()).toBe(0);
      await undo();
      expect([await put(), world.writes]).toEqual([0, 2]);

      const [flap, ...others] = await store.autoRemediations.flapping();
      expect(others).toEqual([]);
      expect(flap).toMatchObject({ policy: listed, resource: "one", fixes: 2 });
      expect((await entries("remediation.flapping")).map(({ event }) => event)).toMatchObject([
        { subject: flap!.fingerprint, actor: { name: "auto-remediation" }, details: { fixes: 2, resource: "one" } },
      ]);
      for (const table of ["outbox", "alert_events"] as const) {
        const told = await alerts(table);
        expect(told, table).toMatchObject([{ type: "ComplianceAlertEvent", data: { fingerprint: flap!.fingerprint } }]);
        expect(dataFault("ComplianceAlertEvent", told[0]!.data as never)).toBeNull();
      }

      await expect(store.autoRemediations.release("0000", person)).rejects.toThrow(/no finding that begins with 0000/);
      await store.autoRemediations.release(flap!.fingerprint.slice(0, 12), person);
      expect((await entries("remediation.released")).map(({ event }) => event.actor.name)).toEqual(["ann"]);
      expect(await store.autoRemediations.flapping()).toEqual([]);
      expect([await put(), world.right.get("one")]).toEqual([1, true]);
      await undo();
      expect(await put(), "counted from the release on").toBe(1);
    });

    test("what no later look asks for is removed: the last try at what is still wrong stays", async () => {
      const day = 24 * 60 * minute;
      const isoAt = (days: number) => new Date(time - days * day).toISOString();
      await scan(["wrong", "right"]);
      world.right.set("right", true);
      await scan(["wrong", "right"]);
      const touch = (resource: string, attempt: number, days: number, ended = true) =>
        database.query(
          `insert into remediation_touches (resource, policy, attempt, type, account, remediation, action, at, outcome, ended_at)
           values ($1, $2, $3, 'T', '111122223333', 'r', $1 || '-old', $4, 'failed', $5)`,
          [resource, listed, attempt, isoAt(days), ended ? isoAt(days) : null],
        );
      await touch("wrong", 1, 200);
      await touch("wrong", 2, 150);
      await touch("right", 1, 200);
      await touch("right", 2, 30);
      await touch("gone", 1, 200);
      await touch("unended", 1, 200, false);
      const flap = (resource: string, released: string | null) =>
        database.query(
          `insert into remediation_flaps (resource, policy, fingerprint, fixes, action, found_at, released_at, released_by)
           values ($1, $2, $3, 2, 'a', $4, $5, $6)`,
          [resource, listed, resource.padEnd(64, "0"), isoAt(300), released, released === null ? null : "ann"],
        );
      await flap("a", isoAt(200));
      await flap("b", isoAt(20));
      await flap("c", null);
      await store.autoRemediations.prune({ coolDownMs: minute, windowMs: day });
      const left = await database.query("select resource, attempt from remediation_touches order by 1, 2");
      expect(left.map(({ resource, attempt }) => `${resource as string} ${attempt as number}`)).toEqual([
        ...["right 2", "unended 1", "wrong 2"],
      ]);
      const flaps = await database.query("select resource from remediation_flaps order by 1");
      expect(flaps.map(({ resource }) => resource)).toEqual(["b", "c"]);
      await store.autoRemediations.prune({ coolDownMs: minute, windowMs: 9_999 * day });
      expect(await store.autoRemediations.flaps({ after: "", limit: 10 })).toMatchObject([{ resource: "c", fixes: 2 }]);
      expect(await store.autoRemediations.releaseOne("f".repeat(64), person)).toBeNull();
      expect(await store.autoRemediations.releaseOne("c".padEnd(64, "0"), person)).toMatchObject({ resource: "c" });
      expect(await store.autoRemediations.flaps({ after: "", limit: 10 })).toEqual([]);
    });

    test("two that look at once ask once, and what one that died had claimed is asked for by the next", async () => {
      await scan(["one", "two"]);
      await Promise.all([look(), look(), look()]);
      expect(await ownActions()).toHaveLength(1);
      expect([await runAsked(), world.writes]).toEqual([1, 2]);

      await scan(["three"]);
      const [due] = await store.autoRemediations.due({ policies: [listed], coolDownMs: minute, limit: 10 });
      expect(due, "one at a time in an account: the last is not known to be over").toBeUndefined();
      await store.autoRemediations.settle();
      const touch = { resource: "three", type, policy: listed };
      const place = { remediation: "make-right", account, region: "us-east-1" };
      const claim = { action: `auto-died-${name}`, ...place, touches: [touch] };
      expect(await store.autoRemediations.claim(claim, new Map())).toBe(true);
      expect(await store.autoRemediations.claim({ ...claim, action: "auto-late" }, new Map())).toBe(false);
      expect([await put(), world.right.get("three")]).toEqual([1, true]);
      expect((await store.actions.get(claim.action))?.state).toBe("succeeded");
    });

    test("what was put right meanwhile is not touched, and nothing is asked for while everything is stopped", async () => {
      await scan(["one"]);
      await actions.stop("a test", person);
      await look();
      expect(await ownActions()).toEqual([]);
      await actions.release(person);
      world.right.set("one", true);
      expect([await put(), world.writes]).toEqual([0, 0]);
      const [id] = await ownActions();
      expect((await store.actions.get(id!))?.state).toBe("rejected");
    });
  });
});

test.each([
  [{ coolDown: "24h", maxFlaps: 30 }, /window longer than/],
  [{ coolDown: "soon" }, /such as 24h/],
  [{ maxFlaps: 0 }, /./],
  [{ sometimes: true }, /./],
])("settings %j are refused", (given, message) => {
  expect(() => remediationSettings.parse(given)).toThrow(message);
});

test("a policy that no remediation is for is refused", () => {
  expect(() => {
    checkPolicies(autoSettings({ policies: ["aws-no-such"] }), [remediation]);
  }).toThrow(/no live remediation is for aws-no-such/);
});
