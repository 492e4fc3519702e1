// A rollback as the gate sees it: the plan the other way round.
import type { Verdict } from "../engine/verdict.js";
import type { Plan, Step } from "./action.js";
import type { StoredAction } from "./actions.js";
import type { Decision } from "./decision.js";

/** Of what was done. What was not is no part of it. */
export function rollbackPlan({ plan, steps }: Pick<StoredAction, "plan" | "steps">): Plan {
  const done = steps.filter(({ startedAt, state }) => startedAt !== null && state !== "rolled-back");
  const touched = new Set(done.flatMap(({ step }) => step.resources));
  const changes = plan.changes.filter(({ before, after }) => touched.has((before ?? after)?.resource.id ?? ""));
  const problems = done
    .filter(({ step }) => step.rollback === null)
    .map(({ step }) => `nothing can undo: ${step.title}`);
  const last = Math.max(0, ...done.map(({ step }) => step.wave));
  return {
    ...{ target: plan.target, group: plan.group, problems },
    changes: changes.map(({ before, after }) => ({ before: after, after: before })),
    steps: done.map(({ step }) => reversed(step, last)).toReversed(),
    cost: plan.cost === null ? null : { ...plan.cost, before: plan.cost.after, after: plan.cost.before },
  };
}

function reversed(step: Step, last: number): Step {
  return { ...step, wave: last - step.wave, apply: step.rollback ?? {}, rollback: step.apply };
}

const named = ({ policy, resource }: Verdict): string => `${policy} ${resource.id}`;

/**
 * Undoing a repair brings back what it ended: the gate denies that, and yet an outage may need it. Where nothing else speaks
 * against it, it is for a second person to say.
 */
export function rollbackDecision(decision: Decision, { decision: original }: Pick<StoredAction, "decision">): Decision {
  const ended = new Set(original.resolved.map(named));
  const { answer, violations, undecided, actionVerdicts } = decision;
  const onlyBringsBack = violations.length > 0 && violations.every((verdict) => ended.has(named(verdict)));
  const speaksAgainst = undecided.length > 0 || actionVerdicts.some(({ verdict }) => verdict !== "waived");
  if (answer !== "deny" || !onlyBringsBack || speaksAgainst) return decision;
  const reason = "the rollback brings back what the action had ended: somebody else has to approve it";
  const approval = { roles: ["approver", "admin"], count: 1 };
  return { ...decision, answer: "needs-approval", approval, reasons: [reason, ...decision.reasons] };
}
