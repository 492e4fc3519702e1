// An action as the examples of policies in policies/actions give it: what they leave out is of no concern to the policy.
import type { Resource } from "../../inventory/resource.js";
import type { ScannedResource } from "../../inventory/scan-item.js";
import type { JsonObject } from "../../json.js";
import type { ActionModule, Plan, PlannedResource, Target } from "../action.js";
import { actionResource, type Circumstances } from "../action-resource.js";
import type { Proposal } from "../decision.js";
import { gateLimits } from "../gate-parameters.js";
import { planFaults } from "../plan-faults.js";
import { planOf, planned, proposalOf, stepFor } from "./proposals.js";

type Given = Partial<Resource> & { readonly id: string };

export interface ActionCase {
  readonly module?: ActionModule;
  readonly reason?: string | null;
  readonly requester?: Proposal["requester"];
  readonly target?: Partial<Target>;
  readonly changes?: readonly { readonly before: Given | null; readonly after: Given | null }[];
  readonly group?: Plan["group"];
  readonly cost?: Plan["cost"];
  /** No step can be rolled back. */
  readonly irreversible?: boolean;
  readonly now?: string;
  readonly recentFailures?: number;
  readonly running?: Circumstances["running"];
  readonly errorBudget?: number | null;
  readonly protectedTags?: readonly string[];
  /** `parameters.actions`. */
  readonly settings?: JsonObject;
}

/** `data.parameters` as the gate has them: an example with a setting that nobody may set is refused. */
export function caseParameters({ settings = {} }: ActionCase): JsonObject {
  const { breaker, ...limits } = (settings["limits"] ?? {}) as { readonly breaker?: number };
  const own = "limits" in settings ? { ...settings, limits } : settings;
  return gateLimits(breaker === undefined ? {} : { limits: { breaker } }, { actions: own }).parameters;
}

/** By the gate's own road. Throws where the gate would not believe the plan. */
export function caseAction(one: ActionCase): ScannedResource {
  const plan = casePlan(one);
  const faults = planFaults(plan);
  if (faults.length > 0) throw new Error(`the plan of the example is not to be believed: ${faults.join("; ")}`);
  const { module = "provisioning", reason = "a reason that will do" } = one;
  const requester = one.requester === undefined ? {} : { requester: one.requester };
  return actionResource(proposalOf(plan, { module, reason, ...requester }), {
    now: new Date(one.now ?? "2026-03-03T10:00:00Z"),
    ...{ recentFailures: one.recentFailures ?? 0, running: one.running ?? [], errorBudget: one.errorBudget ?? null },
    protectedTags: one.protectedTags ?? gateLimits({}, {}).protectedTags,
  });
}

function casePlan({ changes = [], target, group, cost, irreversible }: ActionCase): Plan {
  const side = (given: Given | null): PlannedResource | null => (given === null ? null : planned(given));
  const made = changes.map(({ before, after }) => ({ before: side(before), after: side(after) }));
  const base = planOf(made);
  return {
    ...base,
    target: { ...base.target, key: "test", ...target },
    steps: made.map((change, at) => ({ ...stepFor(change, at), rollback: irreversible === true ? null : {} })),
    ...(group === undefined ? {} : { group }),
    ...(cost === undefined ? {} : { cost }),
  };
}
