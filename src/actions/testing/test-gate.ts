// A gate that answers what a test says, and people who ask it.
import type { Caller } from "../../audit/trail.js";
import { systemClock } from "../../clock.js";
import type { Verdict } from "../../engine/verdict.js";
import type { Json } from "../../json.js";
import type { Answer, Decision, Gate, Requester } from "../decision.js";
import { planHash } from "../plan-hash.js";

export interface TestGate extends Gate {
  answer: Answer;
  count: number;
  lastsMs: number;
  readonly judged: Verdict[];
}

/** What it answers is bound to the plan as the real gate binds it. */
export function testGate(): TestGate {
  const gate: TestGate = {
    ...{ answer: "allow", count: 1, lastsMs: 600_000, judged: [] },
    decide({ kind, parameters, plan }): Promise<Decision> {
      const now = Date.now();
      return Promise.resolve({
        ...{ id: systemClock.newId(), answer: gate.answer, reasons: [`the test says ${gate.answer}`] },
        planHash: planHash(kind, parameters as Json, plan),
        ...{ violations: [], existing: [], resolved: [], undecided: [], actionVerdicts: [] },
        approval: gate.answer === "needs-approval" ? { roles: ["approver"], count: gate.count } : null,
        decidedAt: new Date(now - 1_000).toISOString(),
        expiresAt: new Date(now - 1_000 + gate.lastsMs).toISOString(),
        policies: "0".repeat(64),
      });
    },
    judge: () => Promise.resolve(gate.judged),
  };
  return gate;
}

export const token = (id: string, roles: readonly string[] = ["operator"]): Requester => ({
  ...{ name: `token:${id}`, source: "token", roles },
});

export const by = ({ name, source }: Requester): Caller => ({ actor: { name, source }, origin: "test" });
