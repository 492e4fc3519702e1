// Runs an action of a kind as the runner does, without a journal: for tests of the kind alone.
import type { JsonObject } from "../../../json.js";
import type { ActionContext, ActionKind, Plan, Step } from "../../action.js";

export interface Driven {
  readonly state: "succeeded" | "rolled-back" | "failed";
  readonly message: string | null;
  readonly plan: Plan;
  readonly outputs: readonly (JsonObject | null)[];
}

export const quietContext = (action: string): ActionContext => ({
  action,
  say: () => undefined,
  signal: new AbortController().signal,
});

export async function drive(kind: ActionKind, parameters: JsonObject, context: ActionContext): Promise<Driven> {
  const plan = await kind.plan(parameters, context);
  if (plan.problems.length > 0) return { state: "failed", message: plan.problems.join("; "), plan, outputs: [] };
  return finish(kind, plan, context);
}

export async function finish(kind: ActionKind, plan: Plan, context: ActionContext): Promise<Driven> {
  const done: Step[] = [];
  const outputs: (JsonObject | null)[] = [];
  for (const wave of new Set(plan.steps.map((step) => step.wave))) {
    for (const step of plan.steps.filter((one) => one.wave === wave)) {
      const seen = await kind.inspect(step, context);
      if (seen === "other") return { state: "failed", message: `${step.id} is another`, plan, outputs };
      done.push(step);
      if (seen === "after") continue;
      try {
        outputs.push(await kind.apply(step, context));
        const is = await kind.inspect(step, context);
        if (is !== "after") throw new Error(`${step.id} is ${is} after it was applied`);
      } catch (error) {
        return undo(kind, { plan, outputs, done, why: (error as Error).message }, context);
      }
    }
    const { verified, reasons } = await kind.verify(plan, done, context);
    if (!verified) return undo(kind, { plan, outputs, done, why: reasons.join("; ") }, context);
  }
  return { state: "succeeded", message: null, plan, outputs };
}

interface Undoing extends Pick<Driven, "plan" | "outputs"> {
  readonly done: readonly Step[];
  readonly why: string;
}

export async function undo(
  kind: ActionKind,
  { plan, outputs, done, why }: Undoing,
  context: ActionContext,
): Promise<Driven> {
  for (const step of [...done].reverse()) {
    const seen = await kind.inspect(step, context);
    if (seen === "before") continue;
    if (seen === "other" || step.rollback === null)
      return { state: "failed", message: `${step.id}: ${seen}; ${why}`, plan, outputs };
    await kind.rollback(step, context);
    const is = await kind.inspect(step, context);
    if (is !== "before")
      return { state: "failed", message: `${step.id} is ${is} after its rollback; ${why}`, plan, outputs };
  }
  return { state: "rolled-back", message: why, plan, outputs };
}
