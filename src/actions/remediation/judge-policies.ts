// The verdicts of shipped policies on one resource: what a remediation is for, before and after it.
import { Evaluation } from "../../engine/evaluation.js";
import { jsEngine } from "../../engine/rego/js/js-engine.js";
import { loadShippedPolicies } from "../../engine/rego/load-policies.js";
import type { Verdict } from "../../engine/verdict.js";
import type { JsonObject } from "../../json.js";
import type { PlannedResource } from "../action.js";

export type JudgePolicies = (policies: readonly string[], planned: PlannedResource) => Promise<readonly Verdict[]>;

/** Loads the policies when it is first asked. `parameters` are those of portcullis.yaml. */
export function judgeShipped(parameters: JsonObject): JudgePolicies {
  const evaluations = new Map<string, Promise<Evaluation>>();
  return async (policies, { resource, references, failures }) => {
    const key = policies.join(" ");
    const evaluation = await (evaluations.get(key) ?? remember(evaluations, key, load(policies, parameters)));
    const item = { kind: "resource", resource, locate: () => null, references, failures } as const;
    evaluation.begin([item], []);
    return [...evaluation.judge(item)];
  };
}

function remember<T>(known: Map<string, Promise<T>>, key: string, value: Promise<T>): Promise<T> {
  known.set(key, value);
  value.catch(() => known.delete(key));
  return value;
}

async function load(ids: readonly string[], parameters: JsonObject): Promise<Evaluation> {
  const { policies, documentPolicies, unit } = await loadShippedPolicies();
  const evaluator = await jsEngine.load(unit);
  const wanted = policies.filter(({ id }) => ids.includes(id));
  return new Evaluation([{ policies: wanted, documentPolicies, evaluator }], { parameters, controls: new Map() });
}
