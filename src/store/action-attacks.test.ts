// What an attacker tried at the journal: who counts as another person, how long what they approved counts, and what is kept.
import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { onBothDatabases } from "../../test/testing/both-databases.js";
import { systemClock } from "../clock.js";
import type { Requester } from "../actions/decision.js";
import type { NewAction } from "../actions/journal.js";
import { planHash } from "../actions/plan-hash.js";
import { bucket, planOf } from "../actions/testing/proposals.js";
import type { Database } from "./database.js";
import { createStore, type Store } from "./store.js";

const by = ({ name, source }: Requester) => ({ actor: { name, source }, origin: "test" });
const person = (name: string, roles: readonly string[] = ["approver"]): Requester => ({ name, source: "token", roles });

onBothDatabases((kind, open) => {
  describe(`people on ${kind}`, () => {
    let database: Database;
    let store: Store;
    let count = 0;

    beforeAll(async () => {
      database = await open();
      store = await createStore(database, systemClock);
      if (!database.exclusive) await database.query("insert into waiver_delegates values (session_user)");
    });

    function actionBy(requester: Requester, { ahead = 0, approvals = 1, config = {} } = {}): NewAction {
      const plan = planOf([{ before: bucket("a"), after: bucket("a", config, { a: "b" }) }]);
      const decidedAt = Date.now() + ahead;
      return {
        ...{ id: `people-${++count}`, kind: "test.do", module: "remediation", parameters: {}, reason: null },
        ...{ requester, plan },
        decision: {
          ...{
            id: systemClock.newId(),
            answer: "needs-approval",
            reasons: [],
            planHash: planHash("test.do", {}, plan),
          },
          ...{ violations: [], existing: [], resolved: [], undecided: [], actionVerdicts: [], policies: "0" },
          approval: { roles: ["approver"], count: approvals },
          decidedAt: new Date(decidedAt).toISOString(),
          expiresAt: new Date(decidedAt + 3_600_000).toISOString(),
        },
      };
    }
    const approve = (action: NewAction, approver: Requester) =>
      store.actions.approve(
        action.id,
        { decision: action.decision.id, planHash: action.decision.planHash },
        { requester: approver, caller: by(approver) },
      );
    const requested = async (action: NewAction): Promise<NewAction> => {
      await store.actions.keep(action, by(action.requester));
      return action;
    };
    const token = async (): Promise<Requester> => {
      const id = randomBytes(6).toString("hex");
      const expires = new Date(Date.now() + 3_600_000);
      const admin = { actor: { name: "corp:admin", source: "token" as const }, origin: "test" };
      await store.tokens.create({ id, hash: randomBytes(32), name: null, roles: ["approver"], expires }, admin);
      return person(`token:${id}`);
    };

    test.each<[string, string]>([
      ["corp:ann", "corp:ANN"],
      ["corp:ann", "corp:ann "],
      ["corp:jos\u00e9", "corp:jose\u0301"],
      ["corp:ann", "corp:\uff41nn"],
    ])("%j is %j", async (requester, approver) => {
      const action = await requested(actionBy(person(requester)));
      await expect(approve(action, person(approver))).rejects.toThrow("somebody else has to approve it");
    });

    test("one person is not two, however the name is written", async () => {
      const action = await requested(actionBy(person("corp:ann"), { approvals: 2 }));
      await approve(action, person("corp:jos\u00e9"));
      await expect(approve(action, person("corp:JOSE\u0301"))).rejects.toThrow("already");
    });

    test("two tokens that one person made are one person", async () => {
      const action = await requested(actionBy(person("corp:ann"), { approvals: 2 }));
      await approve(action, await token());
      await expect(approve(action, await token())).rejects.toThrow("already");
    });

    test("what was approved with a token that is revoked does not count any more", async () => {
      const action = await requested(actionBy(person("corp:ann")));
      const approver = await token();
      expect((await approve(action, approver)).state).toBe("ready");
      expect(await store.actions.mayDo(action.id, "run")).toBe(true);
      await store.tokens.revoke(approver.name.slice("token:".length), by(person("corp:admin")));
      expect(await store.actions.mayDo(action.id, "run")).toBe(false);
      const start = { state: "running", holder: "h", leaseMs: 1_000, breaker: { failures: 3, minutes: 60 } } as const;
      await expect(store.actions.begin(action.id, start, by(approver))).rejects.toThrow("no decision that lets it run");
    });

    test.each<[string, number]>([
      ["a day ahead", 86_400_000],
      ["a day behind", -86_400_000],
    ])("a decision by a clock that is %s is not kept", async (_, ahead) => {
      const action = actionBy(person("corp:ann"), { ahead });
      await expect(store.actions.keep(action, by(action.requester))).rejects.toThrow("put the clock");
      expect(await store.actions.get(action.id)).toBeNull();
    });

    test("secrets of resources are in no table, and the plan keeps its name without them", async () => {
      const secret = "hunter2-hunter2-hunter2";
      const config = { MasterUserPassword: secret, Environment: { DB_URL: `postgres://app:${secret}@host/db` } };
      const action = await requested(actionBy(person("corp:ann"), { config }));
      const again = { ...action.decision, id: systemClock.newId() };
      const asked = { purpose: "run", decision: again, plan: action.plan, state: null, message: null } as const;
      await store.actions.decideAgain(action.id, asked, by(action.requester));
      for (const table of ["actions", "action_decisions", "action_steps", "audit_entries"]) {
        const rows = await database.query(`select to_jsonb(t)::text as text from ${table} t`);
        expect(rows.map(({ text }) => String(text)).filter((text) => text.includes(secret))).toEqual([]);
      }
      const kept = await store.actions.get(action.id);
      expect(JSON.stringify(kept?.plan)).toContain("<redacted>");
      expect(kept?.decision.planHash).toBe(planHash("test.do", {}, action.plan));
      const resumed = { ...again, id: systemClock.newId(), planHash: "1".repeat(64) };
      const same = { ...asked, decision: resumed, plan: null };
      const { decision } = await store.actions.decideAgain(action.id, same, by(action.requester));
      expect(decision).toMatchObject({ id: resumed.id, planHash: action.decision.planHash });
    });
  });
});
