// An action as others are shown it: all that is kept of it, without what could be a secret.
import type { Json } from "../json.js";
import { redactJson } from "../redact.js";
import type { ActionKind, Plan } from "./action.js";
import type { StoredAction } from "./actions.js";

export function shownAction(action: StoredAction): StoredAction {
  return redacted(action);
}

export function shownPlan(plan: Plan): Plan {
  return redacted(plan);
}

/** In a list: what tells one from another. Plans can be large. */
export interface ListedAction extends Omit<StoredAction, "plan" | "decision" | "steps" | "approvals" | "parameters"> {
  readonly target: string;
  readonly resources: number;
  readonly decision: { readonly id: string; readonly answer: string; readonly planHash: string };
}

export function listedAction({
  plan,
  decision,
  steps: _,
  approvals: __,
  parameters: ___,
  ...rest
}: StoredAction): ListedAction {
  const { id, answer, planHash } = decision;
  const listed = {
    ...rest,
    target: plan.target.key,
    resources: plan.changes.length,
    decision: { id, answer, planHash },
  };
  return redacted(listed);
}

export interface ShownKind extends Pick<ActionKind, "kind" | "module" | "title" | "permissions" | "onFailure"> {
  /** JSON Schema. */
  readonly parameters: object;
}

export function shownKind({ kind, module, title, permissions, onFailure, parameters }: ActionKind): ShownKind {
  const schema = JSON.parse(JSON.stringify(parameters)) as object; // without the symbols of TypeBox
  return { kind, module, title, permissions: [...permissions], onFailure, parameters: schema };
}

/** Hashes and ids stay as they are: people give them back. */
function redacted<T extends object>(value: T): T {
  return redactJson(value as unknown as Json).value as unknown as T;
}
