import { z } from "zod";
import { severities } from "../../engine/policy.js";

const severity = z.enum(severities);
/** Names of the cluster, in which `*` is any text. */
const patterns = z.array(z.string().min(1).max(253)).max(1_000);

/** Kubernetes asks before it changes something. */
const admission = z.strictObject({
  /** From which severity up a violation denies; below it is a warning. Default: the configuration's own `failOn`. */
  failOn: severity.optional(),
  /** What an error of ours, or a policy that could not be decided, means: `Fail` denies (default), `Ignore` allows with a warning. */
  failurePolicy: z.enum(["Fail", "Ignore"]).optional(),
  /** `new`: an update is denied only for what the object did not violate before. Default: `all`. */
  onUpdate: z.enum(["all", "new"]).optional(),
  exclude: z
    .strictObject({
      namespaces: patterns.optional(),
      /** As types are written: `apps/v1/Deployment`, `coordination.k8s.io/*`. */
      kinds: patterns.optional(),
      /** Ids of policies: those that look at other resources cannot be decided from one object. */
      policies: patterns.optional(),
    })
    .optional(),
  /** In seconds, where the API server names no time-out. Default: 9, below the API server's own of 10. */
  deadline: z.number().min(0.1).max(29).optional(),
});

const key = z.union(
  [z.strictObject({ env: z.string().min(1).max(200) }), z.strictObject({ file: z.string().min(1).max(4_096) })],
  "expected env: NAME, or file: PATH",
);
const host = z
  .string()
  .max(260)
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/, "expected a host such as app.terraform.io, in small letters");
const seconds = (most: number) => z.number().positive().max(most);

/** HCP Terraform asks before it applies a plan. */
const runTask = z.strictObject({
  /** Where the HMAC keys are; any of them may have signed, so that a key can be changed without a gap. */
  keys: z.array(key).min(1).max(5),
  /** Where plans come from and results go to, besides HCP Terraform's own hosts; of Terraform Enterprise, its name. */
  hosts: z.array(host).max(100).optional(),
  /** Terraform Enterprise in a private network. Default: addresses that are not public are refused. */
  privateAddresses: z.boolean().optional(),
  /** http:// too: for tests on one machine. */
  insecureHttp: z.boolean().optional(),
  failOn: severity.optional(),
  failOnUnknown: z.boolean().optional(),
  /** Plans judged at once, and tasks that wait; more are refused, and HCP Terraform asks again. */
  concurrency: z.number().int().min(1).max(32).optional(),
  queue: z.number().int().min(1).max(10_000).optional(),
  maxPlanMiB: z.number().int().min(1).max(1_024).optional(),
  downloadSeconds: seconds(600).optional(),
  judgeSeconds: seconds(1_800).optional(),
  /** Memory of what judges one plan. */
  judgeMiB: z.number().int().min(128).max(65_536).optional(),
  /** Shown beside the result in HCP Terraform. */
  url: z
    .string()
    .max(2_000)
    .regex(/^https:\/\/[^\s]+$/, "expected an address that begins with https://")
    .optional(),
});

/** `hooks:` of the configuration: checks before something is applied. */
export const hookSettings = z.strictObject({ admission: admission.optional(), runTask: runTask.optional() });

export type AdmissionSettings = z.infer<typeof admission>;
export type RunTaskSettings = z.infer<typeof runTask>;
