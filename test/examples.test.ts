// The examples are read by what reads a user's own files, so that nobody copies what has stopped working.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hclBlocks, type HclBlock } from "../remediations/code/hcl-blocks.js";
import { codeFixes } from "../remediations/code/index.js";
import { liveRemediations } from "../remediations/index.js";
import { judgeCode } from "../remediations/code/judgement.js";
import { unifiedDiff } from "../remediations/code/patch.js";
import { proposePatches } from "../remediations/code/propose.js";
import { parseDesired } from "../src/actions/gitops/desired-file.js";
import { parameterFault } from "../src/actions/parameters.js";
import type { EnvironmentDefinition } from "../src/actions/provisioning/environment-settings.js";
import { provisioningKinds, type ProvisioningSources } from "../src/actions/provisioning/provisioning-kinds.js";
import { readWaiverFiles } from "../src/compliance/waiver-file.js";
import { prepareRun } from "../src/compose.js";
import { loadConfig, packsOf, type Config } from "../src/config.js";
import { packageFile } from "../src/package-root.js";
import { defaultSettings } from "../src/settings.js";

const folder = packageFile("examples");
const settings = (name: string): Config => loadConfig(join(folder, name, "portcullis.yaml"), true);
const code = { documents: false, varFiles: [], variables: {}, parameters: {}, region: null };
const quiet = { baselines: [], failOn: "low", progress: () => undefined } as const;

test("every example is in the list, and every folder is one", () => {
  const readme = readFileSync(join(folder, "README.md"), "utf8");
  const listed = [...readme.matchAll(/^\| \[`([a-z-]+)`\]\(([a-z-]+)\)/gm)].map(([, name, to]) => [name, to]);
  const there = readdirSync(folder, { withFileTypes: true }).filter((one) => one.isDirectory());
  expect(listed.toSorted()).toEqual(there.map(({ name }) => [name, name]).toSorted());
  for (const { name } of there) expect(settings(name), name).not.toEqual({});
});

const namesOf = (blocks: readonly HclBlock[], type: string): (string | undefined)[] =>
  blocks.filter((one) => one.type === type).map(({ labels }) => labels[0]);

/** Stacks get the variables that they have, and inputs that others put out. */
async function expectWhole({ variables = {}, stacks }: EnvironmentDefinition, template: string): Promise<void> {
  const blocks = new Map<string, readonly HclBlock[]>();
  for (const { name, folder: where = "" } of stacks)
    blocks.set(name, await hclBlocks(readFileSync(join(template, where, "main.tf"), "utf8")));
  for (const { name, inputs = {}, variables: own = {} } of stacks) {
    const given = Object.keys({ ...variables, ...own, ...inputs });
    expect(namesOf(blocks.get(name) ?? [], "variable").toSorted()).toEqual(given.toSorted());
    for (const [stack = "", output] of Object.values(inputs).map((one) => one.split(".")))
      expect(namesOf(blocks.get(stack) ?? [], "output")).toContain(output);
  }
}

test("the environment's stacks fit together, and nothing in them fails", async () => {
  const [environment, ...others] = settings("environment").environments ?? [];
  expect(others).toEqual([]);
  await expectWhole(environment!, join(folder, "environment", environment!.template));
  const run = await prepareRun({ ...defaultSettings });
  const paths = [join(folder, "environment", "infra")];
  const { judged, problems, items } = await judgeCode({ paths, code, run: { ...run, ...quiet } }, new Map());
  expect([problems, judged.filter(({ verdict }) => verdict.verdict === "fail")]).toEqual([[], []]);
  expect(items.map(({ resource }) => resource.id).toSorted()).toEqual(["terraform_data.network", "terraform_data.web"]);
});

test("the desired environment is one that the gate takes, and is destroyed when its file goes", async () => {
  const [repository] = settings("gitops").gitops?.repositories ?? [];
  const file = join(folder, "gitops", repository?.folder ?? "environments", "paper.yaml");
  const { kind, parameters, removal } = parseDesired("paper.yaml", readFileSync(file));
  const kinds = provisioningKinds({
    configured: [],
    templates: [],
    places: { parallel: 1 },
  } as unknown as ProvisioningSources);
  const schemaOf = (name: string): object => kinds.find((one) => one.kind === name)!.parameters;
  expect(parameterFault(schemaOf(kind), parameters)).toBeNull();
  expect(parameterFault(schemaOf(removal!.kind), removal!.parameters)).toBeNull();
  const { environment, definition } = parameters as unknown as {
    environment: string;
    definition: EnvironmentDefinition;
  };
  expect(definition.name).toBe(environment);
  await expectWhole(definition, join(folder, "environment", definition.template));
});

test("what may be put right by itself has a live remediation", () => {
  const { remediate } = settings("auto-remediation").actions ?? {};
  const known = liveRemediations.flatMap(({ policies }) => policies);
  expect(remediate?.policies?.filter((id) => !known.includes(id))).toEqual([]);
  expect(remediate?.policies).not.toEqual([]);
});

test("the waiver excuses what it names while it holds, and nothing after that", async () => {
  const waivers = await readWaiverFiles((settings("waiver").waivers ?? []).map((name) => join(folder, "waiver", name)));
  const run = await prepareRun({ ...defaultSettings });
  const paths = [join(folder, "waiver", "infra")];
  const verdictOn = async (day: string): Promise<string | undefined> => {
    const clock = { ...run.clock, now: () => new Date(day) };
    const { judged } = await judgeCode({ paths, code, run: { ...run, ...quiet, waivers, clock } }, new Map());
    return judged.find(({ verdict }) => verdict.policy === "aws-s3-block-public-access")?.verdict.verdict;
  };
  expect([await verdictOn("2026-12-01"), await verdictOn("2027-07-01")]).toEqual(["waived", "fail"]);
});

test("the policy pack finds, and proposes a patch after which it passes", async () => {
  const packs = packsOf(settings("policy-pack")).map((one) => ({
    ...one,
    path: join(folder, "policy-pack", one.path),
  }));
  const run = await prepareRun({ ...defaultSettings, policyPacks: packs, defaultPolicies: false });
  try {
    const paths = [join(folder, "policy-pack", "infra")];
    const proposal = await proposePatches({ paths, code, policyIds: [], fixes: codeFixes, run: { ...run, ...quiet } });
    expect(proposal.refused).toEqual([]);
    const diff = unifiedDiff(proposal.files, join(folder, "policy-pack"));
    expect(diff.split("\n").filter((line) => /^[-+] /.test(line))).toEqual(['+    owner = "data"']);
  } finally {
    await run.packs?.close();
  }
});
