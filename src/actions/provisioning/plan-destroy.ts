// The plan that destroys an environment, or the colour that it does not use any more: what needs others goes before them.
import { inOrder } from "../../concurrency.js";
import type { Change, Plan, Step } from "../action.js";
import {
  canaryFirst,
  environmentResource,
  idOf,
  planStack,
  problemsOf,
  recordStepOf,
  stackStepOf,
  targetOf,
  type Planning,
} from "./planning.js";
import type { EnvironmentBody, EnvironmentRecord, RecordedStack } from "./environments.js";
import { outputsOf } from "./stacks.js";

export type What = "environment" | "former-colour";

export async function planDestroy(record: EnvironmentRecord, what: What, planning: Planning): Promise<Plan> {
  const { environment } = planning;
  const { definition, colour, stacks, retired, outputs } = record;
  const going = what === "environment" ? [...stacks, ...retired] : retired;
  const steps: Step[] = [];
  const changes: Change[] = [];
  const problems: string[] = [];
  let wave = 0;
  for (const group of groupsOf(going, what === "environment" ? retired : [])) {
    const known = await outputsOf(environment, group.all, planning.places, planning.context);
    for (const level of backwards(group.all)) {
      const planned = inOrder(level, planning.places.parallel, (stack) => planStack(stack, "destroy", known, planning));
      for await (const one of planned) {
        problems.push(...problemsOf(one));
        if (!one.plan.differs) continue;
        changes.push(...one.plan.changes);
        steps.push(stackStepOf(one, { planning, wave, sources: group.all, rollback: null }));
      }
      wave++;
    }
  }
  const body: EnvironmentBody =
    what === "environment"
      ? { definition, colour, stacks: [], retired: [], outputs: {} }
      : { definition, colour, stacks, retired: [], outputs };
  const before = environmentResource(environment, record);
  changes.push({ before, after: what === "environment" ? null : environmentResource(environment, body) });
  const state = what === "environment" ? ("destroyed" as const) : ("ready" as const);
  const title =
    what === "environment"
      ? `record environment ${environment} as destroyed`
      : `record that the former colour of ${environment} is gone`;
  steps.push(
    recordStepOf(
      {
        previous: record.version,
        state,
        timeToLive: null,
        expiresAt: what === "environment" ? null : record.expiresAt,
        keepFormer: null,
        body,
        gate: null,
      },
      { environment, wave, title },
    ),
  );
  return {
    ...{
      target: targetOf(environment),
      changes: changes.sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1)),
      steps: canaryFirst(steps),
      problems,
    },
    ...{ group: null, cost: null },
  };
}

/** The colours do not need each other, and have stacks of the same names. */
function groupsOf(
  going: readonly RecordedStack[],
  retired: readonly RecordedStack[],
): readonly { readonly all: readonly RecordedStack[] }[] {
  const current = going.filter((stack) => !retired.includes(stack));
  return [{ all: current }, { all: retired }].filter(({ all }) => all.length > 0);
}

/** Those that no other needs first. */
export function backwards(stacks: readonly RecordedStack[]): readonly (readonly RecordedStack[])[] {
  const levels: RecordedStack[][] = [];
  let left = [...stacks];
  while (left.length > 0) {
    const needed = new Set(left.flatMap(({ needs }) => needs));
    const free = left.filter(({ name }) => !needed.has(name));
    const level = free.length > 0 ? free : left;
    levels.push(level);
    left = left.filter((stack) => !level.includes(stack));
  }
  return levels;
}
