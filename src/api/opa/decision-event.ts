// The record of a decision, in the shape of OPA's decision log.
import { toJson, type Value } from "../../engine/rego/js/values.js";
import type { Json } from "../../json.js";
import type { Decision } from "./decision.js";
import { maskRules, masked, redacted, type DecisionEvent, type MaskRule } from "./mask.js";

export interface EventOptions {
  readonly labels: Readonly<Record<string, string>>;
  /** From the configuration. */
  readonly mask: readonly string[];
  /** `data.system.log.mask` for an event; undefined where there is none. */
  readonly policyMask: (event: Value) => Value | undefined;
}

/** Throws where the policy of masks fails or says what is no mask: an event is never kept with less masked than was wanted. */
export function decisionEvent(decision: Decision, { labels, mask, policyMask }: EventOptions): DecisionEvent {
  const event = plainEvent(decision, labels);
  const said = policyMask(event);
  const rules: MaskRule[] = mask.map((path) => ({ op: "remove", path }));
  if (said !== undefined) rules.push(...maskRules(toJson(said)));
  return redacted(masked(event, rules));
}

function plainEvent(
  { id, path, input, result, error, ...about }: Decision,
  labels: Readonly<Record<string, string>>,
): DecisionEvent {
  const { requestedBy, caller, at, metrics, bundles } = about;
  const failure: Json | null = error === null ? null : { code: error.code, message: error.message };
  return {
    ...{
      labels,
      decision_id: id,
      bundles,
      path,
      requested_by: requestedBy,
      timestamp: at.toISOString(),
      metrics: { ...metrics },
    },
    ...(input === undefined ? {} : { input: toJson(input) }),
    ...(result === undefined ? {} : { result: toJson(result) }),
    ...(failure === null ? {} : { error: failure }),
    ...(caller === null ? {} : { custom: { caller } }),
  };
}
