// Auto-remediation as a part of the service: one process of several looks at a time.
import { PortcullisError } from "../../errors.js";
import { LeaseHolder } from "../../events/lease-holder.js";
import type { Part } from "../../service/part.js";
import { PollLoop } from "../../service/poll-loop.js";
import type { Store } from "../../store/store.js";
import { remediateDue, type AutoRemediationOptions } from "./auto-remediation.js";
import type { Remediation } from "./remediation.js";
import { autoSettings, type AutoSettings, type RemediationSettings } from "./remediation-settings.js";

export interface AutoPartOptions extends AutoRemediationOptions {
  readonly store: Pick<Store, "autoRemediations" | "outbox">;
  readonly pollMs?: number;
}

export type OpenAutoPart = Omit<AutoPartOptions, "settings" | "remediations"> & {
  readonly settings: RemediationSettings | undefined;
};

/** None where no policy is listed. Throws `config-invalid` for a policy that no live remediation is for. */
export async function openAutoParts({ settings: given = {}, ...options }: OpenAutoPart): Promise<Part[]> {
  const settings = autoSettings(given);
  if (settings.policies.length === 0) return [];
  const { liveRemediations: remediations } = await import("../../../remediations/index.js");
  checkPolicies(settings, remediations);
  return [createAutoPart({ ...options, settings, remediations })];
}

export function checkPolicies({ policies }: AutoSettings, remediations: readonly Remediation[]): void {
  const known = new Set(remediations.flatMap((one) => one.policies));
  const unknown = policies.find((policy) => !known.has(policy));
  if (unknown === undefined) return;
  throw new PortcullisError(
    "config-invalid",
    `actions.remediate.policies: no live remediation is for ${unknown}; see docs/remediations.md`,
  );
}

const leaseMs = 30_000;

export function createAutoPart(options: AutoPartOptions): Part {
  const { store, log, origin, pollMs = 10_000 } = options;
  const lease = new LeaseHolder(store.outbox.leases, { name: "auto-remediation", holder: origin, ms: leaseMs });
  const loop = new PollLoop({
    pollMs,
    look: async (signal) => {
      if (await lease.isHeld()) await remediateDue(options, signal);
    },
    failed: (error) => {
      log.warn({ err: error }, "auto-remediation could not look at the findings; trying again");
      return "what may be put right cannot be read from the database";
    },
    ended: () => lease.release(),
  });
  return {
    name: "auto-remediation",
    start: () => loop.start(),
    trouble: () => loop.trouble(),
    stop: (graceMs) => loop.stop(graceMs),
  };
}
