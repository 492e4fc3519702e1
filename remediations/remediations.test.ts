// Policies and live remediations name each other; docs/remediations.md is made of them. After a change:
// npx vitest run remediations/remediations.test.ts -u
import { expect, test } from "vitest";
import { loadShippedPolicies } from "../src/engine/rego/load-policies.js";
import { packageFile } from "../src/package-root.js";
import { liveRemediations } from "./index.js";

test("each remediation that a policy names is there, and is for it; each policy of a remediation names it", async () => {
  const { policies } = await loadShippedPolicies();
  const live = policies.filter(({ provider, remediation }) => provider === "aws" && remediation !== null);
  const named = live.map(({ id, remediation }) => `${id}: ${remediation ?? ""}`);
  const offered = liveRemediations.flatMap(({ id, policies: own }) => own.map((policy) => `${policy}: ${id}`));
  expect(named.toSorted()).toEqual(offered.toSorted());
  const types = new Map(policies.map((policy) => [policy.id, policy.types]));
  for (const { policies: own, types: mine } of liveRemediations)
    for (const policy of own) expect(types.get(policy), policy).toEqual(mine);
});

test("each id is there once", () => {
  const ids = liveRemediations.map(({ id }) => id);
  expect(ids.length).toBe(new Set(ids).size);
});

test("the page of remediations is what there is", async () => {
  const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");
  const parts = liveRemediations.flatMap(({ id, title, policies, permissions, undo, caution }) => [
    `## ${id}`,
    "",
    `${title}.`,
    "",
    `- Policies: ${code(policies)}`,
    `- Reads: ${code(permissions.read)}`,
    `- Writes: ${code(permissions.write)}`,
    `- Rollback: ${undo}`,
    ...(caution === null ? [] : [`- Before: ${caution}`]),
    "",
  ]);
  const intro =
    "Made from `remediations/aws`. Reads are what a scan asks for the resource; a fix itself needs the writes.";
  const page = ["# Live remediations", "", intro, "", ...parts].join("\n");
  await expect(page).toMatchFileSnapshot(packageFile("docs", "remediations.md"));
});
