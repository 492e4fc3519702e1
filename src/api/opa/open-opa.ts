// Puts OPA's API together from the configuration: policies, bundles, decision log, and the parts that keep them going.
import type { Clock } from "../../clock.js";
import type { Config } from "../../config.js";
import { defaultBudget } from "../../engine/rego/js/runtime.js";
import type { Opa } from "./opa.js";
import { ServedPolicies, type OwnPolicies } from "./served-policies.js";
import type { OpaSettings } from "./opa-settings.js";

export interface OpenOpa {
  readonly config: Pick<Config, "opa">;
  readonly own: OwnPolicies;
  readonly clock: Clock;
}

export function budgetOf({ limits }: OpaSettings) {
  const { steps = 10_000_000, memory } = limits ?? {};
  return { steps, bytes: memory === undefined ? defaultBudget.bytes : memory * 1024 * 1024 };
}

/** Compiles the service's own policies. Throws PortcullisError where they cannot be served. */
export async function openOpa({ config: { opa = {} }, own, clock }: OpenOpa): Promise<Opa> {
  const policies = new ServedPolicies(
    { ...own, data: [...own.data, ...(opa.data ?? [])] },
    { budget: budgetOf(opa), clock },
  );
  await policies.start();
  return {
    now: () => policies.now(),
    recorder: null,
    defaultDecision: opa.decision ?? "system/main",
    missing: () => [],
  };
}
