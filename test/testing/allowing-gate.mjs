// A gate for tests of the journal: it allows everything, with decisions that are bound to their plans as the real one's are.
import { planHash } from "../../dist/src/actions/plan-hash.js";

export function allowingGate() {
  return {
    async decide({ kind, parameters, plan }) {
      const now = Date.now();
      return {
        ...{
          id: globalThis.crypto.randomUUID(),
          answer: "allow",
          reasons: [],
          planHash: planHash(kind, parameters, plan),
        },
        ...{ violations: [], existing: [], resolved: [], undecided: [], actionVerdicts: [], approval: null },
        decidedAt: new Date(now - 1_000).toISOString(),
        expiresAt: new Date(now + 3_600_000).toISOString(),
        policies: "0".repeat(64),
      };
    },
    judge: async () => [],
  };
}
