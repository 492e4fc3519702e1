// Every policy's cases.yaml, by every road that the policy claims: Terraform folders, CloudFormation templates, Kubernetes
// manifests, live resources and actions go through the same readers and the same evaluation as the program's own.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readCode } from "../scanners/code/index.js";
import { readTerraformFolder } from "../scanners/terraform/hcl.js";
import { loadPolicies, evaluationOf } from "../src/compose.js";
import { caseAction, caseParameters, type ActionCase } from "../src/actions/testing/action-case.js";
import type { Verdict } from "../src/engine/verdict.js";
import type { ScanItem, ScannedResource } from "../src/inventory/scan-item.js";
import { defaultSettings } from "../src/settings.js";
import { filesNamed } from "./testing/files.js";
import { planOf } from "./testing/plan-of.js";

const roads = ["terraform", "terraform-plan", "cloudformation", "kubernetes", "live", "action"] as const;
type Road = (typeof roads)[number];

/** Cases in HCL go by the road of plans too, but for data sources, which Terraform would have read. */
function goes(one: Case, road: Road): boolean {
  if (road !== "terraform-plan") return one[road] !== undefined;
  return one.terraform !== undefined && !/^\s*(data|module) "/m.test(one.terraform);
}

interface Case {
  readonly name: string;
  readonly verdict: "pass" | "fail" | "unknown" | "not-applicable";
  readonly path?: string;
  readonly resource?: string;
  /** The region that a CloudFormation template is meant for. */
  readonly region?: string;
  readonly terraform?: string;
  readonly cloudformation?: string;
  readonly kubernetes?: string;
  readonly action?: ActionCase;
  readonly live?: { type?: string; id?: string; config: object; tags?: object; region?: string | null };
}

const files = filesNamed("policies", "cases.yaml");
const { policies, sets } = await loadPolicies(defaultSettings);
const scratch = mkdtempSync(join(tmpdir(), "portcullis-cases-"));
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

test("every policy has its cases, and every folder its policy", () => {
  const ids = files.map(idOf).sort();
  expect(ids).toEqual(policies.map(({ id }) => id).sort());
});

describe.each(files.map((file) => ({ id: idOf(file), file })))("$id", ({ id, file }) => {
  const cases = parse(readFileSync(file, "utf8")) as Case[];
  const claimed = roads.filter((road) => cases.some((one) => goes(one, road)));

  test.each(claimed)("has a passing and a failing case by %s", (road) => {
    const verdicts = new Set(cases.filter((one) => goes(one, road)).map((one) => one.verdict));
    expect([...verdicts]).toEqual(expect.arrayContaining(["pass", "fail"]));
  });

  const runs = cases.flatMap((one) => roads.filter((road) => goes(one, road)).map((road) => ({ ...one, road })));
  test.each(runs)("$name, by $road: $verdict", async (one) => {
    const items = await itemsOf(one, one.road, id);
    expect(items.filter((item) => item.kind === "problem")).toEqual([]);
    const verdicts = judge(id, items, one.action).filter(
      (verdict) => one.resource === undefined || verdict.resource.id === one.resource,
    );
    expect(
      verdicts.map(({ verdict }) => verdict),
      JSON.stringify(verdicts, null, 1),
    ).toEqual([one.verdict]);
    if (one.path !== undefined) expect(verdicts[0]?.reasons[0]?.path).toBe(one.path);
    if (one.verdict === "fail" && one.road !== "live" && one.road !== "action")
      expect(verdicts[0]?.reasons[0]?.location).not.toBeNull();
  });
});

function idOf(file: string): string {
  return relative("policies", dirname(file)).split(sep).join("-").replaceAll("_", "-");
}

/** The evaluators are shared, but not the parameters: the data is set for each case. */
function judge(policy: string, items: readonly ScanItem[], action?: ActionCase): Verdict[] {
  const resources = items.filter((item): item is ScannedResource => item.kind === "resource");
  const parameters = action === undefined ? {} : caseParameters(action);
  const evaluation = evaluationOf(sets, { ...defaultSettings, parameters }, new Map());
  evaluation.begin(resources, []);
  return resources.flatMap((item) => [...evaluation.judge(item)].filter((verdict) => verdict.policy === policy));
}

async function itemsOf(one: Case, road: Road, policyId: string): Promise<ScanItem[]> {
  if (road === "live") return [liveItem(one, policyId)];
  if (road === "action") return [caseAction(one.action ?? {})];
  const folder = mkdtempSync(join(scratch, `${road}-`));
  if (road === "terraform-plan") return planItems(one, folder);
  const name = { terraform: "main.tf", cloudformation: "template.yaml", kubernetes: "manifest.yaml" }[road];
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), one[road] ?? "");
  const options = { documents: false, varFiles: [], variables: {}, parameters: {}, region: one.region ?? null };
  const items: ScanItem[] = [];
  for await (const item of readCode([folder], options)) items.push(item);
  return items;
}

async function planItems(one: Case, folder: string): Promise<ScanItem[]> {
  writeFileSync(join(folder, "main.tf"), one.terraform ?? "");
  const { resources } = await readTerraformFolder(folder, { varFiles: [], variables: {} });
  const file = join(folder, "plan.json");
  writeFileSync(file, JSON.stringify(planOf(resources)));
  const items: ScanItem[] = [];
  for await (const item of readCode([file], {
    documents: false,
    varFiles: [],
    variables: {},
    parameters: {},
    region: null,
  }))
    items.push(item);
  return items;
}

function liveItem(one: Case, policyId: string): ScannedResource {
  const { type, id, config, tags, region } = one.live ?? { config: {} };
  const policy = policies.find((candidate) => candidate.id === policyId);
  const resource = {
    id: id ?? "live",
    provider: policy?.provider ?? "aws",
    type: type ?? policy?.types[0] ?? "",
    name: "live",
    account: "123456789012",
    region: region === undefined ? "us-east-1" : region,
    tags: (tags ?? {}) as Record<string, string>,
    config: config as ScannedResource["resource"]["config"],
    unknown: [],
    raw: config as ScannedResource["resource"]["config"],
    source: { scanner: "test", uri: null, line: null, column: null, capturedAt: null },
  };
  return { kind: "resource", resource, locate: () => null, references: [], failures: [] };
}
