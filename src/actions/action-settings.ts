// `actions:` of portcullis.yaml. The limits are on when nothing is configured.
import { z } from "zod";
import { remediationSettings } from "./remediation/remediation-settings.js";
import { eventMappings } from "./event-mapping.js";

const share = z.number().gt(0).max(1);

export const actionSettings = z.strictObject({
  limits: z
    .strictObject({
      /** Resources that one action may change; default 25. */
      resources: z.number().int().min(1).max(100_000).optional(),
      /** Of the group that they are in; default 0.25, and one resource always may. */
      share: share.optional(),
      /** Resources of the first wave; default 1. */
      canary: z.number().int().min(1).max(1_000).optional(),
      /** Failures of a kind within `breakerMinutes` after which it is not run any more; default 3. */
      breaker: z.number().int().min(1).max(1_000).optional(),
      /** Default 60. */
      breakerMinutes: z.number().int().min(1).max(10_080).optional(),
    })
    .optional(),
  /** Tags, `key=value` or `key`, of what is never changed; default `portcullis:protected=true`. */
  protected: z.array(z.string().min(1).max(256)).max(100).optional(),
  /** How long a decision counts, in minutes; default 60. */
  decisionMinutes: z.number().int().min(1).max(10_080).optional(),
  /** How long a runner may be silent before another takes its action over, in seconds; default 30. */
  lease: z.number().positive().max(3_600).optional(),
  /** How live resources are put right. */
  remediate: remediationSettings.optional(),
  /** What is asked for when an event comes. */
  onEvents: eventMappings.optional(),
});
export type ActionSettings = z.infer<typeof actionSettings>;
