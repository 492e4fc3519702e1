// OPA itself, on the shipped policies: their unit tests pass under it, and it judges the sample estate as we do.
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scanSample } from "../../scanners/sample/index.js";
import { toolPath } from "../../scripts/setup-tools.mjs";
import { systemClock } from "../../src/clock.js";
import { evaluationOf, loadPolicies } from "../../src/compose.js";
import type { ScannedResource } from "../../src/inventory/scan-item.js";
import { defaultSettings } from "../../src/settings.js";

const opa = (args: readonly string[]): string =>
  execFileSync(toolPath("opa"), args, { encoding: "utf8", maxBuffer: 2 ** 28 });

test("the policies' unit tests pass under OPA", () => {
  const results = JSON.parse(opa(["test", "--ignore", "*.yaml", "--format", "json", "policies"])) as { fail?: boolean; error?: unknown }[];
  expect(results.filter(({ fail, error }) => fail === true || error !== undefined)).toEqual([]);
  expect(results.length).toBeGreaterThan(100);
});

test("the policies are strict and formatted", () => {
  opa(["check", "--strict", "policies"]);
  expect(opa(["fmt", "--list", "policies"])).toBe("");
});

test("OPA and our engine judge the sample estate alike", async () => {
  const { sets } = await loadPolicies(defaultSettings);
  const policies = sets.flatMap((set) => set.policies);
  const items: ScannedResource[] = [];
  for await (const item of scanSample(systemClock)) if (item.kind === "resource") items.push(item);
  const evaluation = evaluationOf(sets, defaultSettings, new Map());
  evaluation.begin(items, []);
  const ours = items
    .flatMap((item) => [...evaluation.judge(item)])
    .filter(({ verdict }) => verdict === "fail")
    .map(({ policy, resource, reasons }) => ({
      policy,
      resource: resource.id,
      messages: reasons.map(({ message }) => message).sort(),
    }));

  const folder = mkdtempSync(join(tmpdir(), "portcullis-opa-"));
  const jobs = items.flatMap(({ resource }) =>
    policies
      .filter(({ types, reads }) => types.includes(resource.type) && reads.inventory === null)
      .map((policy) => ({ policy: policy.id, path: policy.path.split("/"), resource })),
  );
  writeFileSync(join(folder, "jobs.json"), JSON.stringify({ jobs }));
  const branches = policies.map(({ id, path, hasApplies }) => {
    const name = `data.${path.replaceAll("/", ".")}`;
    const applies = hasApplies ? `${name}.applies with input as job.resource\n` : "";
    return `results contains {"policy": "${id}", "resource": job.resource.id, "messages": messages} if {
  some job in data.jobs
  job.policy == "${id}"
  ${applies}
  messages := sort([message | some found in ${name}.deny with input as job.resource; message := object.get(found, "message", found)])
  count(messages) > 0
}`;
  });
  writeFileSync(join(folder, "compare.rego"), `package compare\n\n${branches.join("\n\n")}\n`);
  const answer = JSON.parse(opa(["eval", "--ignore", "*.yaml", "-d", "policies", "-d", folder, "data.compare.results"])) as {
    result: [{ expressions: [{ value: { policy: string; resource: string; messages: string[] }[] }] }];
  };
  const order = (a: { policy: string; resource: string }, b: { policy: string; resource: string }): number =>
    `${a.policy} ${a.resource}` < `${b.policy} ${b.resource}` ? -1 : 1;
  expect(ours.toSorted(order)).toEqual(answer.result[0].expressions[0].value.toSorted(order));
  expect(ours.length).toBeGreaterThan(30);
});
