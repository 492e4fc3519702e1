// `actions.remediate` of portcullis.yaml.
import { z } from "zod";

export const remediationSettings = z.strictObject({
  /** The role to assume in accounts that are not the caller's. */
  roleName: z
    .string()
    .regex(/^[\w+=,.@/-]{1,512}$/, "expected the name of an IAM role")
    .optional(),
});
