// Plans and proposals for tests, as small as they can be and still be believed.
import type { Resource } from "../../inventory/resource.js";
import type { JsonObject } from "../../json.js";
import type { Change, Plan, PlannedResource, Step } from "../action.js";
import type { Proposal } from "../decision.js";

export const account = "111122223333";
export const region = "eu-west-1";

export function planned(changes: Partial<Resource> & { readonly id: string }): PlannedResource {
  const resource: Resource = {
    ...{ provider: "aws", type: "AWS::S3::Bucket", name: null, account, region, tags: {}, config: {}, unknown: [] },
    ...{ raw: null, source: { scanner: "test", uri: null, line: null, column: null, capturedAt: null } },
    ...changes,
  };
  return { resource, references: [], failures: [] };
}

/** A bucket that passes what buckets are asked about public access; `config` is put over it. */
export function bucket(name: string, config: JsonObject = {}, tags: Resource["tags"] = {}): PlannedResource {
  const blocks = {
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  };
  return planned({
    id: `arn:aws:s3:::${name}`,
    ...{ name, tags, config: { BucketName: name, PublicAccessBlockConfiguration: blocks, ...config } },
  });
}

export function stepFor({ before, after }: Change, at: number): Step {
  const id = (before ?? after)?.resource.id ?? "";
  return { id: `step-${at}`, title: `change ${id}`, resources: [id], wave: 0, apply: {}, rollback: {} };
}

export function planOf(changes: readonly Change[], more: Partial<Plan> = {}): Plan {
  return {
    target: { key: `aws:${account}/${region}`, environment: null, account, region },
    ...{ changes, steps: changes.map(stepFor), problems: [], cost: null },
    group: { name: "buckets", size: Math.max(100, changes.length) },
    ...more,
  };
}

export function proposalOf(plan: Plan, more: Partial<Proposal> = {}): Proposal {
  return {
    ...{ action: "a-1", kind: "remediation.apply", module: "remediation", parameters: {}, reason: "finding 4711" },
    requester: { name: "ada", source: "token", roles: ["operator"] },
    ...{ plan, ...more },
  };
}
