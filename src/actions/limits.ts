// Limits of how actions run: canary first, and none after too many failures. How much one action may change is for the policies
// about actions to judge, which are given the same settings.
import type { ActionSettings } from "./action-settings.js";
import type { Plan, Step } from "./action.js";
import type { Breaker } from "./journal.js";

export interface RunLimits {
  readonly canary: number;
  readonly breaker: Breaker;
  readonly leaseMs: number;
}

export function runLimits({ limits = {}, lease = 30 }: ActionSettings = {}): RunLimits {
  const breaker = { failures: limits.breaker ?? 3, minutes: limits.breakerMinutes ?? 60 };
  return { canary: limits.canary ?? 1, breaker, leaseMs: lease * 1_000 };
}

/** The wave of each: the first ones are the canary (0), all others come after it (1). */
export function inWaves<T>(items: readonly T[], canary: number): (readonly [T, number])[] {
  return items.map((item, index) => [item, index < canary ? 0 : 1]);
}

/** Why a plan does not go canary first; null where it does. What is one step cannot be done in parts. */
export function canaryFault({ steps }: Plan, canary: number): string | null {
  if (steps.length < 2) return null;
  const first = Math.min(...steps.map(({ wave }) => wave));
  const inFirst = steps.filter(({ wave }) => wave === first);
  const changed = new Set(inFirst.flatMap(({ resources }) => resources)).size;
  if (inFirst.length < 2 || changed <= canary) return null;
  return `the first wave changes ${changed} resources: at most ${canary} are changed before what they became is verified (actions.limits.canary)`;
}

/** In the order in which they are done. */
export function wavesOf<T extends { readonly step: Step }>(steps: readonly T[]): (readonly T[])[] {
  const numbers = [...new Set(steps.map(({ step }) => step.wave))].sort((one, other) => one - other);
  return numbers.map((number) => steps.filter(({ step }) => step.wave === number));
}
