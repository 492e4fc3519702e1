import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { estateKind, type EstateOptions } from "../../test/testing/estate-kind.mjs";
import { onBothDatabases } from "../../test/testing/both-databases.js";
import { systemClock } from "../clock.js";
import type { Database } from "../store/database.js";
import { createStore, type Store } from "../store/store.js";
import { messageOf } from "../errors.js";
import type { StoredAction } from "./actions.js";
import { createActions, type OpenedActions } from "./create-actions.js";
import type { Verdict } from "../engine/verdict.js";
import type { Requester } from "./decision.js";
import { by, testGate, token, type TestGate } from "./testing/test-gate.js";

const alice = token("alice0000000");
const bob = token("bob000000000", ["approver"]);
const carol = token("carol0000000", ["approver"]);

onBothDatabases((name, open) => {
  describe(`actions on ${name}`, () => {
    let database: Database;
    let store: Store;
    let gate: TestGate;
    let folder: string;
    const root = mkdtempSync(join(tmpdir(), "portcullis-actions-"));
    let number = 0;
    const opened: OpenedActions[] = [];

    beforeAll(async () => {
      database = await open();
      store = await createStore(database, systemClock);
      // As a service has it that authenticates people itself.
      if (!database.exclusive) await database.query("insert into waiver_delegates values (session_user)");
    });
    afterAll(async () => {
      for (const one of opened) await one.close();
      await store.close();
      rmSync(root, { recursive: true });
    });
    beforeEach(() => {
      gate = testGate();
      folder = join(root, String(number++));
      mkdirSync(folder);
      for (const one of ["a", "b", "c"]) writeFileSync(join(folder, `${one}.json`), '{"value":"old"}');
    });

    const make = (options: EstateOptions & { lease?: number; breaker?: number } = {}): OpenedActions => {
      const kind = estateKind(folder, { kind: `remediation.estate-${number}`, ...options });
      const settings = { lease: options.lease ?? 30, limits: { breaker: options.breaker ?? 3 } };
      const actions = createActions({
        ...{ journal: store.actions, gate, kinds: new Map([[kind.kind, kind]]), settings, clock: systemClock },
        eventsOf: () => [],
      });
      opened.push(actions);
      return actions;
    };
    const ask = (actions: OpenedActions, requester = alice): Promise<StoredAction> => {
      const [kind = ""] = actions.kinds.keys();
      const parameters = { names: ["a", "b", "c"], value: "new" };
      return actions.request({ kind, parameters, reason: "a test" }, requester, by(requester));
    };
    const values = (): (string | null)[] =>
      ["a", "b", "c"].map((one) => {
        const file = join(folder, `${one}.json`);
        return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as { value: string }).value : null;
      });
    const write = (one: string, value: string): void => {
      writeFileSync(join(folder, `${one}.json`), JSON.stringify({ value }));
    };
    const trail = async (id: string): Promise<{ kind: string; decision: string | null }[]> => {
      const entries = [];
      for await (const { event } of store.audit.entries({ from: null, to: null, kinds: ["action."] }))
        if (event.subject === id) entries.push({ kind: event.kind.replace("action.", ""), decision: event.decision });
      return entries;
    };
    const shown = ({ decision }: StoredAction) => ({ decision: decision.id, planHash: decision.planHash });

    test("what is allowed runs wave by wave to its end; the trail tells each step, with the decision", async () => {
      const actions = make();
      const asked = await ask(actions);
      expect([asked.state, values()]).toEqual(["ready", ["old", "old", "old"]]);
      const done = await actions.run(asked.id, by(alice));
      expect([done.state, values()]).toEqual(["succeeded", ["new", "new", "new"]]);
      expect(done.steps.map(({ state, output }) => [state, output])).toEqual(
        ["a", "b", "c"].map((one) => ["verified", { wrote: one }]),
      );
      const entries = await trail(asked.id);
      expect(entries.map(({ kind }) => kind)).toEqual([
        ...["requested", "decided", "started", "step-applying", "step-applied", "step-verified"],
        ...[
          "step-applying",
          "step-applied",
          "step-applying",
          "step-applied",
          "step-verified",
          "step-verified",
          "succeeded",
        ],
      ]);
      expect(new Set(entries.map(({ decision }) => decision))).toEqual(new Set([asked.decision.id]));
      await expect(actions.run(asked.id, by(alice))).rejects.toMatchObject({ code: "usage" });
    });

    test("a decision alone keeps nothing but its entry in the trail", async () => {
      const actions = make();
      const [kind = ""] = actions.kinds.keys();
      const { plan, decision } = await actions.decide(
        { kind, parameters: { names: ["a"], value: "new" }, reason: null },
        alice,
        by(alice),
      );
      expect([plan.steps.length, decision.answer, values()[0]]).toEqual([1, "allow", "old"]);
      expect((await actions.list({ state: "all", kind, limit: 10 })).actions).toEqual([]);
    });

    test("what is denied stays so, and bad parameters and unknown kinds are refused", async () => {
      const actions = make();
      gate.answer = "deny";
      const asked = await ask(actions);
      expect([asked.state, asked.message]).toEqual(["denied", "the test says deny"]);
      await expect(actions.run(asked.id, by(alice))).rejects.toThrow("is denied");
      await expect(actions.approve(asked.id, shown(asked), bob, by(bob))).rejects.toThrow("nothing to approve");
      await expect(actions.request({ kind: "x", parameters: {}, reason: null }, alice, by(alice))).rejects.toThrow(
        "there is no kind of action x",
      );
      const [kind = ""] = actions.kinds.keys();
      const bad = { kind, parameters: { names: ["a"], value: "x", more: 1 }, reason: null };
      await expect(actions.request(bad, alice, by(alice))).rejects.toThrow("more");
    });

    test("a request that is repeated under its id is the same; another one under it is refused", async () => {
      const actions = make();
      const [kind = ""] = actions.kinds.keys();
      const request = { kind, parameters: { names: ["a"], value: "new" }, reason: null };
      const id = `same-${number}-${name}`;
      const first = await actions.request(request, alice, by(alice), id);
      expect((await actions.request(request, alice, by(alice), id)).decision.id).toBe(first.decision.id);
      await expect(actions.request(request, bob, by(bob), id)).rejects.toThrow("something else");
      for (const bad of [
        "../x",
        "",
        "a".repeat(101),
        "expire-dev-3-environment",
        "auto-1",
        "event-1",
        "G-1",
        "EXPIRE-x",
      ])
        await expect(actions.request(request, bob, by(bob), bad)).rejects.toMatchObject({ code: "usage" });
      const service: Requester = { name: "expiry", source: "schedule", roles: [] };
      const own = await actions.request(request, service, by(service), `expire-${number}-${name}`);
      expect(own.requester.name).toBe("expiry");
    });

    test("an approval is somebody else's, by role, once, of this decision and plan, and of no other", async () => {
      const actions = make();
      [gate.answer, gate.count] = ["needs-approval", 2];
      const asked = await ask(actions);
      await expect(actions.run(asked.id, by(alice))).rejects.toThrow("needs approval: 2 of approver");
      const self = { ...alice, roles: ["approver"] };
      await expect(actions.approve(asked.id, shown(asked), self, by(self))).rejects.toThrow(
        "somebody else has to approve it",
      );
      const noRole = token("dave00000000");
      await expect(actions.approve(asked.id, shown(asked), noRole, by(noRole))).rejects.toThrow(
        "one of the roles approver",
      );
      const wrong = { ...shown(asked), planHash: "0".repeat(64) };
      await expect(actions.approve(asked.id, wrong, bob, by(bob))).rejects.toThrow("look at it once more");
      expect((await actions.approve(asked.id, shown(asked), bob, by(bob))).state).toBe("needs-approval");
      await expect(actions.approve(asked.id, shown(asked), bob, by(bob))).rejects.toThrow("already");
      const other = await ask(actions, bob);
      await expect(actions.approve(other.id, shown(asked), carol, by(carol))).rejects.toThrow("not one about action");
      const approved = await actions.approve(asked.id, shown(asked), carol, by(carol));
      expect([approved.state, approved.approvals.map(({ approver }) => approver)]).toEqual([
        "ready",
        [bob.name, carol.name],
      ]);
      expect((await actions.run(asked.id, by(alice))).state).toBe("succeeded");
    });

    test("approvals do not count for another plan: it is decided again, and needs new ones", async () => {
      const actions = make();
      gate.answer = "needs-approval";
      const asked = await ask(actions);
      await actions.approve(asked.id, shown(asked), bob, by(bob));
      write("b", "changed by another");
      const again = await actions.run(asked.id, by(alice));
      expect([again.state, again.approvals, values()]).toEqual([
        "needs-approval",
        [],
        ["old", "changed by another", "old"],
      ]);
      expect(again.decision.id).not.toBe(asked.decision.id);
      await expect(actions.approve(asked.id, shown(asked), carol, by(carol))).rejects.toThrow("look at it once more");
      await actions.approve(asked.id, shown(again), carol, by(carol));
      expect((await actions.run(asked.id, by(alice))).state).toBe("succeeded");
    });

    test("an approval does not count for when more people have to approve: it is asked for again", async () => {
      const actions = make();
      gate.answer = "needs-approval";
      const asked = await ask(actions);
      expect((await actions.approve(asked.id, shown(asked), bob, by(bob))).state).toBe("ready");
      gate.count = 2;
      const again = await actions.run(asked.id, by(alice));
      expect([again.state, again.approvals, values()]).toEqual(["needs-approval", [], ["old", "old", "old"]]);
      gate.count = 1;
      await actions.approve(asked.id, shown(again), bob, by(bob));
      await actions.approve(asked.id, shown(again), carol, by(carol));
      expect((await actions.run(asked.id, by(alice))).state).toBe("succeeded");
    });

    test("a changed world that is allowed runs by its new plan; one that is denied now is over", async () => {
      const actions = make();
      const asked = await ask(actions);
      write("a", "new");
      const done = await actions.run(asked.id, by(alice));
      expect([done.state, done.steps.map(({ step }) => step.id)]).toEqual(["succeeded", ["write-b", "write-c"]]);
      for (const one of ["a", "b", "c"]) write(one, "old");
      const next = await ask(actions);
      gate.answer = "deny";
      expect((await actions.run(next.id, by(alice))).state).toBe("expired");
      expect(values()).toEqual(["old", "old", "old"]);
      await expect(actions.run(next.id, by(alice))).rejects.toThrow("is expired");
    });

    test("a decision that expired is made again, and its approvals with it", async () => {
      const actions = make();
      [gate.answer, gate.lastsMs] = ["needs-approval", 1_000];
      const asked = await ask(actions);
      await expect(actions.approve(asked.id, shown(asked), bob, by(bob))).rejects.toThrow("expired");
      [gate.answer, gate.lastsMs] = ["allow", 1_000];
      const ready = await ask(actions);
      [gate.answer, gate.lastsMs] = ["needs-approval", 600_000];
      expect((await actions.run(ready.id, by(alice))).state).toBe("needs-approval");
    });

    test("a failure rolls all back in reverse; what it is and was is in the trail", async () => {
      const actions = make({
        at: (point, id) =>
          point === "after-apply" && id === "write-c" ? Promise.reject(new Error("no power")) : Promise.resolve(),
      });
      const done = await actions.run((await ask(actions)).id, by(alice));
      expect([done.state, values()]).toEqual(["rolled-back", ["old", "old", "old"]]);
      expect(done.message).toContain("write c: no power");
      const undone = (await trail(done.id)).filter(({ kind }) => kind === "step-rolled-back").length;
      expect(undone).toBe(3);
    });

    test("a canary that is not verified stops the rest, by its own code or by the policies", async () => {
      const actions = make();
      const asked = await ask(actions);
      gate.judged.push({ policy: "p", verdict: "fail", resource: { id: "file:a" } } as Verdict);
      const done = await actions.run(asked.id, by(alice));
      expect([done.state, values()]).toEqual(["rolled-back", ["old", "old", "old"]]);
      expect(done.steps.map(({ state }) => state)).toEqual(["rolled-back", "waiting", "waiting"]);
      expect(done.message).toContain("file:a is now fail of p");
    });

    test("where a kind pauses on failure, the failed step is undone and the rest waits; it is resumed, or rolled back", async () => {
      let broken = true;
      const at = (point: string, id: string): Promise<void> =>
        broken && point === "before-apply" && id === "write-b"
          ? Promise.reject(new Error("refused"))
          : Promise.resolve();
      const actions = make({ onFailure: "pause", at });
      const paused = await actions.run((await ask(actions)).id, by(alice));
      expect([paused.state, values()]).toEqual(["paused", ["new", "old", "old"]]);
      broken = false;
      const resumed = await actions.run(paused.id, by(alice));
      expect([resumed.state, values()]).toEqual(["succeeded", ["new", "new", "new"]]);
      const back = await actions.rollback(resumed.id, "it was a mistake", by(alice));
      expect([back.state, values()]).toEqual(["rolled-back", ["old", "old", "old"]]);
    });

    test("what somebody else changed in the middle is never overwritten, forward or back", async () => {
      const actions = make({
        at: (point, id) => {
          if (point === "after-apply" && id === "write-a") write("b", "by another");
          return Promise.resolve();
        },
      });
      const paused = await actions.run((await ask(actions)).id, by(alice));
      expect([paused.state, values()]).toEqual(["paused", ["new", "by another", "old"]]);
      write("a", "by a third");
      const failed = await actions.rollback(paused.id, "give up", by(alice));
      expect([failed.state, values()]).toEqual(["failed", ["by a third", "by another", "old"]]);
      expect(failed.message).toContain("NOT ROLLED BACK");
      write("a", "new");
      const back = await actions.rollback(paused.id, "once more", by(alice));
      expect([back.state, values()]).toEqual(["rolled-back", ["old", "by another", "old"]]);
    });

    test("a rollback that fails ends as failed, loudly", async () => {
      const actions = make({
        at: (point, id) => {
          if (point === "after-apply" && id === "write-b") return Promise.reject(new Error("first"));
          if (point === "before-rollback" && id === "write-a") return Promise.reject(new Error("second"));
          return Promise.resolve();
        },
      });
      const done = await actions.run((await ask(actions)).id, by(alice));
      expect([done.state, values()]).toEqual(["failed", ["new", "old", "old"]]);
      expect(done.message).toMatch(/NOT ROLLED BACK: write a: second/);
    });

    test("two runners never run one action, and two actions never one target", async () => {
      let arrived: () => void = () => undefined;
      let goOn: () => void = () => undefined;
      const isThere = new Promise<void>((resolve) => (arrived = resolve));
      const wait = new Promise<void>((resolve) => (goOn = resolve));
      const at = async (point: string): Promise<void> => {
        if (point !== "before-apply") return;
        arrived();
        await wait;
      };
      const actions = make({ at });
      const [one, other] = [await ask(actions), await ask(actions)];
      const running = actions.run(one.id, by(alice));
      await isThere;
      await expect(make().run(one.id, by(alice))).rejects.toMatchObject({ code: "usage" });
      await expect(actions.run(other.id, by(alice))).rejects.toThrow("another action runs on the same target");
      const elsewhere = make({ kind: `remediation.elsewhere-${number}`, target: `elsewhere:${number}` });
      const same = await ask(elsewhere);
      const refused = await elsewhere.run(same.id, by(alice)).then(({ state }) => state, messageOf);
      goOn();
      expect(refused).toContain(`action ${one.id}, which runs, changes file:a too`);
      expect((await running).state).toBe("succeeded");
    });

    test("five that start at once on one target: what is done is done once", async () => {
      const actions = make();
      const asked = await Promise.all(Array.from({ length: 5 }, () => ask(actions)));
      const results = await Promise.allSettled(asked.map(({ id }) => actions.run(id, by(alice))));
      const succeeded = results.filter((one) => one.status === "fulfilled" && one.value.state === "succeeded");
      expect(succeeded.length).toBeGreaterThan(0);
      expect(readFileSync(join(folder, "effects.log"), "utf8").trim().split("\n")).toHaveLength(3);
    });

    test("the stop button stops between steps, nothing starts, and after the release it is resumed", async () => {
      const at = async (point: string, id: string): Promise<void> => {
        if (point === "after-apply" && id === "write-a") await store.actions.stop("look first", by(bob));
      };
      const actions = make({ at });
      const asked = await ask(actions);
      const paused = await actions.run(asked.id, by(alice));
      expect([paused.state, paused.message, values()]).toEqual([
        "paused",
        "all actions were stopped",
        ["new", "old", "old"],
      ]);
      expect(await actions.stopped()).toMatchObject({ by: bob.name, reason: "look first" });
      await expect(actions.run(asked.id, by(alice))).rejects.toThrow("all actions are stopped");
      await actions.release(by(bob));
      expect(await actions.stopped()).toBeNull();
      expect((await actions.run(asked.id, by(alice))).state).toBe("succeeded");
    });

    test("after too many failures of a kind none of it runs", async () => {
      const at = (point: string): Promise<void> =>
        point === "before-apply" ? Promise.reject(new Error("no")) : Promise.resolve();
      const actions = make({ at, breaker: 2 });
      for (let n = 0; n < 2; n++)
        expect((await actions.run((await ask(actions)).id, by(alice))).state).toBe("rolled-back");
      await expect(actions.run((await ask(actions)).id, by(alice))).rejects.toThrow("actions.limits.breaker");
    });

    test("a runner that lost its lease writes nothing more, and what another recovers ends once", async () => {
      let goOn: () => void = () => undefined;
      let arrived: () => void = () => undefined;
      const isThere = new Promise<void>((resolve) => (arrived = resolve));
      const wait = new Promise<void>((resolve) => (goOn = resolve));
      const at = async (point: string, id: string): Promise<void> => {
        if (point !== "after-apply" || id !== "write-b") return;
        arrived();
        await wait;
      };
      const kind = `remediation.lost-${number}`;
      const slow = make({ at, kind });
      const asked = await ask(slow);
      const running = slow.run(asked.id, by(alice));
      await isThere;
      // As if the process had been stopped for longer than its lease.
      await database.query("update actions set lease = clock_timestamp() - interval '1 second' where id = $1", [
        asked.id,
      ]);
      const [one, two] = [make({ kind }), make({ kind })];
      const counts = await Promise.all([one.recover(), two.recover()]);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1);
      expect((await one.get(asked.id))?.state).toBe("succeeded");
      goOn();
      await expect(running).rejects.toMatchObject({ name: "LostAction" });
      expect((await one.get(asked.id))?.state).toBe("succeeded");
      expect(readFileSync(join(folder, "effects.log"), "utf8")).toBe("a new\nb new\nc new\n");
    });

    test("a long step keeps its lease", async () => {
      const at = async (point: string, id: string): Promise<void> => {
        if (point === "before-apply" && id === "write-a") await new Promise((resolve) => setTimeout(resolve, 2_000));
      };
      const kind = `remediation.long-${number}`;
      const actions = make({ at, kind, lease: 1.5 });
      const running = actions.run((await ask(actions)).id, by(alice));
      const other = make({ kind });
      let recovered = 0;
      const looking = vi.waitFor(async () => {
        recovered += await other.recover();
        expect((await store.actions.list({ state: "succeeded", kind, limit: 1 })).actions).toHaveLength(1);
      }, 60_000);
      expect((await running).state).toBe("succeeded");
      await looking;
      expect(recovered).toBe(0);
    });

    test("a process that stops leaves its action to the next, at once", async () => {
      let arrived: () => void = () => undefined;
      const isThere = new Promise<void>((resolve) => (arrived = resolve));
      const at = async (point: string, id: string): Promise<void> => {
        if (point !== "before-apply" || id !== "write-b") return;
        arrived();
        await new Promise((resolve) => setTimeout(resolve, 200));
      };
      const kind = `remediation.stops-${number}`;
      const actions = make({ at, kind });
      const asked = await ask(actions);
      const running = actions.run(asked.id, by(alice)).catch((error: unknown) => error);
      await isThere;
      await actions.close();
      expect(await running).toMatchObject({ code: "store-unavailable" });
      const next = make({ kind });
      await vi.waitFor(async () => {
        expect(await next.recover()).toBe(1);
      }, 60_000);
      expect((await next.get(asked.id))?.state).toBe("succeeded");
      expect(readFileSync(join(folder, "effects.log"), "utf8")).toBe("a new\nb new\nc new\n");
    });

    test.each([
      [
        "a state that does not follow",
        "update actions set state = 'succeeded', lease = null, holder = null where id = $1",
      ],
      ["another requester", "update actions set requester = 'x' where id = $1"],
      ["another plan", "update actions set plan = '{}' where id = $1"],
      ["a lower fence", "update actions set fence = -1 where id = $1"],
      ["a step of what does not run", "update action_steps set state = 'applying' where action = $1"],
      ["a changed decision", "update action_decisions set answer = 'allow' where action = $1"],
      ["a removed decision", "delete from action_decisions where action = $1"],
      ["a removed action", "delete from actions where id = $1"],
      ["a step that is another", "update action_steps set body = '{}' where action = $1"],
    ])("the database refuses %s", async (_, sql) => {
      const actions = make();
      gate.answer = "needs-approval";
      const { id } = await ask(actions);
      await expect(database.query(sql, [id])).rejects.toThrow();
      expect((await actions.get(id))?.state).toBe("needs-approval");
    });

    test("lists page by the latest", async () => {
      const actions = make();
      const [kind = ""] = actions.kinds.keys();
      const ids: string[] = [];
      for (let n = 0; n < 5; n++) ids.unshift((await ask(actions)).id);
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await actions.list({ state: "all", kind, limit: 2, ...(after === undefined ? {} : { after }) });
        seen.push(...page.actions.map(({ id }) => id));
        after = page.next ?? undefined;
      } while (after !== undefined);
      expect(seen.toSorted()).toEqual(ids.toSorted());
    });
  });
});
