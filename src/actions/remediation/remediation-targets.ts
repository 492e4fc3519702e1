// What is to be put right, as requests for actions: one for each remediation, account and region.
import { PortcullisError } from "../../errors.js";
import type { Finding } from "../../store/findings.js";
import type { ActionRequest } from "../action.js";
import type { Remediation } from "./remediation.js";
import { remediationKind } from "./remediation-kind.js";

export interface TargetResource {
  readonly id: string;
  readonly type: string;
  readonly account: string | null;
  readonly region: string | null;
}

export interface Wanted {
  readonly policy: string;
  readonly resource: TargetResource;
}

export function wantedOf({ policy, resource }: Finding): Wanted {
  return { policy, resource };
}

/** The kind takes at most so many. */
const mostResources = 1_000;

/** What no remediation is for is left out. */
export function remediationRequests(
  wanted: readonly Wanted[],
  remediations: readonly Remediation[],
  reason: string,
): ActionRequest[] {
  const groups = new Map<string, { remediation: string; first: TargetResource; resources: Map<string, string> }>();
  for (const { policy, resource } of wanted) {
    const remediation = remediationFor(policy, resource.type, remediations);
    if (remediation === null || resource.account === null || !/^\d{12}$/.test(resource.account)) continue;
    const key = JSON.stringify([remediation.id, resource.account, resource.region]);
    const group = groups.get(key) ?? { remediation: remediation.id, first: resource, resources: new Map() };
    group.resources.set(resource.id, resource.type);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ remediation, first: { account, region }, resources }) => {
    if (resources.size > mostResources)
      throw new PortcullisError(
        "usage",
        `${remediation} is wanted for ${resources.size} resources at once: at most ${mostResources}`,
      );
    const named = [...resources].map(([id, type]) => ({ id, type })).toSorted((a, b) => (a.id < b.id ? -1 : 1));
    return { kind: remediationKind, reason, parameters: { remediation, account, region, resources: named } };
  });
}

export function remediationFor(policy: string, type: string, remediations: readonly Remediation[]): Remediation | null {
  return remediations.find(({ policies, types }) => policies.includes(policy) && types.includes(type)) ?? null;
}
