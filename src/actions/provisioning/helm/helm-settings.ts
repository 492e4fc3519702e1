// `provisioning.helm` of portcullis.yaml: which cluster, and as whom.
import { z } from "zod";

export const helmSettings = z.strictObject({
  /** Default: what the environment variable KUBECONFIG names, where `environment` lists it. */
  kubeconfig: z.string().min(1).max(1_000).optional(),
  /** Default: the current one of the kubeconfig. */
  context: z.string().min(1).max(200).optional(),
});
export type HelmSettings = z.infer<typeof helmSettings>;
