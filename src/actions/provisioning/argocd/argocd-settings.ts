// `provisioning.argocd` of portcullis.yaml: which Argo CD, and where the token for it is.
import { z } from "zod";

export const argocdSettings = z.strictObject({
  /** `https://argocd.example.com`, with the path that it is served under. */
  server: z
    .string()
    .max(1_000)
    .regex(/^https?:\/\/[^\s?#@]+$/, "expected an address that begins with https://, without a user"),
  /** The environment variable that holds the token of an account that may get, sync and roll back. Default: ARGOCD_AUTH_TOKEN. */
  tokenFrom: z
    .string()
    .regex(/^[A-Z_][A-Z0-9_]{0,99}$/, "expected the name of an environment variable")
    .optional(),
  /** Of the applications, where they are not in Argo CD's own namespace. */
  namespace: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "expected a namespace")
    .optional(),
  /** Of the applications: Argo CD then refuses those of other projects. */
  project: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,252}$/, "expected a project of Argo CD")
    .optional(),
  /** For an address that begins with http://: the token is sent in the clear. Default: false, but for this machine itself. */
  insecureHttp: z.boolean().optional(),
});
export type ArgocdSettings = z.infer<typeof argocdSettings>;
