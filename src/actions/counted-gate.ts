// A gate whose decisions are counted and timed.
import type { Metrics } from "../observability/metrics.js";
import type { Gate } from "./decision.js";

export function countedGate(
  gate: Gate,
  { actionDecisions, actionDecisionSeconds }: Pick<Metrics, "actionDecisions" | "actionDecisionSeconds">,
): Gate {
  return {
    async decide(proposal) {
      const { kind } = proposal;
      const start = performance.now();
      const decision = await gate.decide(proposal);
      actionDecisionSeconds.observe({ kind }, (performance.now() - start) / 1_000);
      actionDecisions.inc({ kind, answer: decision.answer });
      return decision;
    },
    judge: (resources) => gate.judge(resources),
  };
}
