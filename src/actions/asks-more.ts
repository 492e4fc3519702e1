// Whether a decision that is made again before an action runs asks for more than the one that it was approved by.
import type { Verdict } from "../engine/verdict.js";
import type { Decision } from "./decision.js";

const rank = { allow: 0, "needs-approval": 1, deny: 2 } as const;

/**
 * A stricter answer, other people or more of them, or a doubt that nobody was shown: whoever approved before the market opened did not
 * approve for when it is open. What is asked for no more is no reason to ask again.
 */
export function asksMore(now: Decision, before: Decision): boolean {
  if (rank[now.answer] !== rank[before.answer]) return rank[now.answer] > rank[before.answer];
  if (now.answer !== "needs-approval") return false;
  return isHeldBy(now, before) || concernsOf(now).some((concern) => !concernsOf(before).includes(concern));
}

/** By others than those who may have approved, or by more. */
function isHeldBy({ approval: now }: Decision, { approval: before }: Decision): boolean {
  if (now === null || before === null) return now !== before;
  return now.count > before.count || before.roles.some((role) => !now.roles.includes(role));
}

function concernsOf({ undecided, actionVerdicts }: Decision): string[] {
  const named = ({ policy, verdict, resource }: Verdict): string => JSON.stringify([policy, verdict, resource.id]);
  return [...undecided, ...actionVerdicts].map(named);
}
