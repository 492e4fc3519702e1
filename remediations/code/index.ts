// The fixes of infrastructure code, by the policy that they put right.
import { awsFixes } from "./aws-fixes.js";
import type { CodeFix } from "./code-fix.js";
import { kubernetesFixes } from "./kubernetes-fixes.js";

export const codeFixes: ReadonlyMap<string, CodeFix> = new Map(
  [...awsFixes, ...kubernetesFixes].map((fix) => [fix.policy, fix]),
);
