// The examples of trivy-checks (MIT, see fixtures/trivy-checks): what they call bad fails here, what they call good passes.
// Where we differ, the reason stands in the list; an entry that is no longer true fails the test, so the list can only shrink.
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readCode } from "../scanners/code/index.js";
import { evaluationOf, loadPolicies } from "../src/compose.js";
import type { ScannedResource } from "../src/inventory/scan-item.js";
import { defaultSettings } from "../src/settings.js";
import differences from "./fixtures/trivy-checks/differences.json" with { type: "json" };
import checksOf from "./fixtures/trivy-checks/policies.json" with { type: "json" };

interface Example {
  readonly check: string;
  readonly kind: "terraform" | "cloudformation" | "kubernetes";
  readonly label: "good" | "bad";
  readonly n: number;
  readonly text: string;
}

const examples = readFileSync("test/fixtures/trivy-checks/examples.jsonl", "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Example);
const { sets } = await loadPolicies(defaultSettings);
const evaluation = evaluationOf(sets, defaultSettings, new Map());
const reasons: Readonly<Record<string, string>> = differences;

describe.each(Object.entries(checksOf))("%s", (policy, checks) => {
  const own = examples.filter(({ check }) => checks.includes(check));
  test.each(own)("$check $kind $label $n", async (example) => {
    const found = await verdictsOf(policy, example);
    const agrees =
      example.label === "bad"
        ? found.includes("fail")
        : found.length > 0 && found.every((verdict) => verdict === "pass" || verdict === "not-applicable");
    const key = `${policy} ${example.check} ${example.kind} ${example.label} ${example.n}`;
    expect({ key, found, agrees, reason: reasons[key] }).toEqual({
      key,
      found,
      agrees: reasons[key] === undefined,
      reason: reasons[key],
    });
  });
});

async function verdictsOf(policy: string, { kind, text }: Example): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-trivy-"));
  const name = { terraform: "main.tf", cloudformation: "template.yaml", kubernetes: "manifest.yaml" }[kind];
  writeFileSync(join(folder, name), text);
  const resources: ScannedResource[] = [];
  for await (const item of readCode([folder], {
    documents: false,
    varFiles: [],
    variables: {},
    parameters: {},
    region: null,
  })) {
    if (item.kind === "resource") resources.push(item);
  }
  evaluation.begin(resources, []);
  return resources
    .flatMap((item) => [...evaluation.judge(item)])
    .filter((verdict) => verdict.policy === policy)
    .map(({ verdict }) => verdict);
}
