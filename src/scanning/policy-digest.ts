// What judges, as one name: workers leave a scan alone that was asked for with other policies, parameters or another version.
import { createHash } from "node:crypto";
import { canonicalJson } from "../audit/canonical-json.js";
import { policyVersions } from "../compliance/policy-versions.js";
import type { Run } from "../compose.js";
import type { Config } from "../config.js";
import type { JsonObject } from "../json.js";

export function policyDigest(run: Pick<Run, "policies" | "documentPolicies" | "version">, config: Config): string {
  const policies = policyVersions(run.policies, run.documentPolicies)
    .map(({ id, hash, severity }) => [id, hash, severity] as const)
    .toSorted((a, b) => (a[0] < b[0] ? -1 : 1));
  const { parameters = {}, owners = null, suppressions = null, packs = [] } = config;
  const judged = { version: run.version, policies, parameters, owners, suppressions, packs };
  return createHash("sha256")
    .update(canonicalJson(JSON.parse(JSON.stringify(judged)) as JsonObject))
    .digest("hex");
}
