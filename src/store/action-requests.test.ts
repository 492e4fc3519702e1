import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { onBothDatabases } from "../../test/testing/both-databases.js";
import { stepClock } from "../../test/testing/store.js";
import type { Caller } from "../audit/trail.js";
import type { CloudEvent } from "../events/cloud-event.js";
import { migrate } from "./migrate.js";
import type { Database } from "./database.js";
import { receiveEvent } from "./inbox-received.js";
import { createStore, type Store } from "./store.js";

const caller: Caller = { actor: { name: "ann", source: "token" }, origin: "here" };
const hash = "a".repeat(64);

/** An action without steps, in the journal's own tables. */
async function putAction(
  database: Database,
  id: string,
  { kind = "test.do", module = "provisioning", target = id } = {},
): Promise<void> {
  await database.transaction(async (session) => {
    await session.query(
      `insert into action_decisions (id, action, purpose, answer, plan_hash, approvals, roles, decided_at, expires_at, decided_by_role, body)
       values ($1, $2, 'run', 'allow', $3, 0, '{}', now(), now() + interval '1 hour', '', '{}')`,
      [`d-${id}`, id, hash],
    );
    await session.query(
      `insert into actions (id, kind, module, parameters, requester, requester_source, requester_role, requester_roles, requested_at, state,
         target, plan, plan_hash, decision)
       values ($1, $2, $3, '{}', 'ann', 'token', '', '{}', now(), 'ready', $4, '{}', $5, $6)`,
      [id, kind, module, target, hash, `d-${id}`],
    );
  });
}

async function endAction(
  database: Database,
  id: string,
  { state = "succeeded", seconds = 1, ago = 86_400 } = {},
): Promise<void> {
  const started = `clock_timestamp() - make_interval(secs => ${ago})`;
  await database.query(
    `update actions set state = 'running', holder = 'h', lease = now(), started_at = ${started} where id = $1`,
    [id],
  );
  if (state === "running") return;
  const ended = state === "paused" ? "null" : `started_at + make_interval(secs => ${seconds})`;
  await database.query(
    `update actions set state = $2, holder = null, lease = null, ended_at = ${ended} where id = $1`,
    [id, state],
  );
}

const scaling = (id: string, source = "/ci"): CloudEvent => ({
  ...{ specversion: "1.0", id, source, type: "ScalingRequestEvent", time: "2026-01-01T00:00:00Z" },
  ...{ datacontenttype: "application/json", data: { request: id } },
});

function contract(name: string, open: () => Promise<Database>): void {
  describe(name, () => {
    let database: Database;
    let store: Store;
    let tests = 0;
    beforeAll(async () => {
      database = await open();
      await migrate(database);
      store = await createStore(database, stepClock());
      return () => database.close();
    });
    beforeEach(async () => {
      tests++;
      await database.script("truncate received_events; delete from action_runs");
    });
    const receive = (event: CloudEvent): Promise<void> =>
      database.transaction((session) => receiveEvent(session, event, { topic: "t", at: new Date(), announceAs: null }));
    const waiting = (after = 0) => store.eventRequests.waiting({ types: ["ScalingRequestEvent"], after, limit: 10 });

    test("a wish is taken by one, and by the next when that one died", async () => {
      await putAction(database, `w-${tests}`);
      const wish = { action: `w-${tests}`, verb: "run", reason: null, caller, roles: ["operator"] } as const;
      const { actionRuns } = store;
      expect(await actionRuns.get(wish.action)).toBeNull();
      expect(await actionRuns.ask(wish)).toBe(true);
      expect(await actionRuns.ask(wish)).toBe(false);
      await expect(actionRuns.ask({ ...wish, verb: "rollback" })).rejects.toThrow("somebody asked");
      const taken = await Promise.all([actionRuns.take("a", 60_000), actionRuns.take("b", 60_000)]);
      expect(taken.filter((one) => one !== null)).toEqual([wish]);
      const [holder, other] = taken[0] === null ? ["b", "a"] : ["a", "b"];
      await actionRuns.putBack(wish.action, holder, 0);
      expect(await actionRuns.take(other, 60_000)).toEqual(wish);
      await actionRuns.end(wish.action, holder, "not mine");
      expect((await actionRuns.get(wish.action))?.endedAt).toBeNull();
      await actionRuns.end(wish.action, other, "the stop button");
      expect(await actionRuns.get(wish.action)).toMatchObject({
        refusal: "the stop button",
        askedBy: "ann",
        verb: "run",
      });
      expect(await actionRuns.take(other, 60_000)).toBeNull();
      expect(await actionRuns.ask({ ...wish, verb: "rollback", reason: "r" })).toBe(true);
      expect(await actionRuns.get(wish.action)).toMatchObject({ refusal: null, endedAt: null, verb: "rollback" });
    });

    test("a request is answered once, with its action, the wish and the audit entry", async () => {
      await receive(scaling("1"));
      await receive(scaling("1", "/other"));
      const [first, second] = await waiting();
      expect(first!.action).not.toBe(second!.action);
      expect((await waiting(first!.seq)).map(({ seq }) => seq)).toEqual([second!.seq]);
      await putAction(database, first!.action);
      const decided = { status: "decided", decision: "d-1", action: first!.action, isToRun: true } as const;
      const answers = await Promise.all([1, 2].map(() => store.eventRequests.answer(first!, decided, caller)));
      expect(answers.toSorted()).toEqual([false, true]);
      expect(await store.eventRequests.answer(second!, { status: "refused", message: "no\u0000thing" }, caller)).toBe(
        true,
      );
      expect(await waiting()).toEqual([]);
      expect(await store.actionRuns.take("a", 1_000)).toMatchObject({ action: first!.action, verb: "run" });
      const { events } = await store.inbox.received({ limit: 10 });
      expect(events.map(({ status, decision, action, message }) => [status, decision, action, message])).toEqual([
        ["refused", null, null, expect.stringContaining("thing")],
        ["decided", "d-1", first!.action, null],
      ]);
      const entries = await store.audit.newest({ from: null, to: null, kinds: ["event-request."] }, 2);
      expect(entries.map(({ event }) => [event.kind, event.decision])).toEqual([
        ["event-request.refused", null],
        ["event-request.decided", "d-1"],
      ]);
    });

    test("objectives: what was run in time, what was not, and nothing where nothing was run", async () => {
      const period = { from: "2020-01-01T00:00:00Z", to: "2999-01-01T00:00:00Z" };
      const target = `slo-${tests}`;
      const nothing = { total: 0, good: 0, share: null, isMet: null, errorBudget: null, seconds: null };
      expect(await store.slo({ ...period, target })).toMatchObject([nothing, nothing]);
      expect(await store.errorBudget(target)).toBeNull();
      const runs: readonly { readonly state?: string; readonly seconds?: number; readonly ago?: number }[] = [
        ...Array.from({ length: 17 }, () => ({ seconds: 60 })),
        { seconds: 900 },
        { seconds: 901 },
        { state: "failed" },
        { state: "paused" },
        { state: "running" },
        { state: "running", ago: 60 },
      ];
      for (const [at, run] of runs.entries()) {
        await putAction(database, `${target}-${at}`, { target });
        await endAction(database, `${target}-${at}`, run);
        // Two never run on one target at once.
        if (run.state === "running")
          await database.query("update actions set state = 'paused', holder = null, lease = null where id = $1", [
            `${target}-${at}`,
          ]);
      }
      await putAction(database, `${target}-fix`, { target, module: "remediation" });
      await endAction(database, `${target}-fix`, { seconds: 301 });
      await putAction(database, `${target}-cost`, { target, module: "cost" });
      await endAction(database, `${target}-cost`, { state: "failed" });
      const [provisioning, configuration] = await store.slo({ ...period, target });
      expect(provisioning).toMatchObject({ total: 22, good: 18, isMet: false, seconds: { median: 60, slowest: 901 } });
      expect(provisioning!.share).toBeCloseTo(18 / 22);
      expect(provisioning!.errorBudget).toBeCloseTo(1 - 4 / 1.1);
      expect(configuration).toMatchObject({ total: 1, good: 0, share: 0, isMet: false });
      expect(await store.errorBudget(target)).toBeCloseTo(-9);
      expect((await store.slo({ ...period, to: "2020-01-02T00:00:00Z", target }))[0]).toMatchObject(nothing);
    });

    test("gauges", async () => {
      await putAction(database, `g-${tests}`, { kind: "gauge.kind" });
      await store.actionRuns.ask({ action: `g-${tests}`, verb: "run", reason: null, caller, roles: [] });
      await database.query("insert into action_failures values ($1, 'gauge.kind', clock_timestamp(), 'x')", [
        `g-${tests}`,
      ]);
      const found = await store.actionGauges(60);
      expect(found.actions).toContainEqual({ kind: "gauge.kind", state: "ready", count: 1 });
      expect(found).toMatchObject({ isStopped: false, waitingRuns: 1 });
      expect(found.failures.get("gauge.kind")).toBe(1);
    });
  });
}

onBothDatabases(contract);
