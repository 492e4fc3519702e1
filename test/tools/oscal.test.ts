// Our OSCAL documents under two other programs: liboscal-java, which checks the constraints that no JSON Schema can state, and
// compliance-trestle.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { oscal } from "../../reports/oscal.js";
import { clean, hostile, sample } from "../../reports/testing/sample.js";
import { setupOscalChecker } from "../../scripts/setup-oscal.mjs";
import { setupTrestle } from "../../scripts/setup-python.mjs";
import { componentDefinition } from "../../src/audit/evidence/oscal-component.js";
import type { OscalBaseline, OscalInput, OscalPolicy } from "../../src/audit/evidence/oscal-input.js";
import { assessmentResults } from "../../src/audit/evidence/oscal-results.js";
import { control, failure, quarter, waiver } from "../../src/audit/evidence/testing/oscal-sample.js";
import { controlKind } from "../../src/compliance/controls.js";
import { loadBaselines } from "../../src/compliance/load-baselines.js";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "portcullis-oscal-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Documents as a package holds them, side by side. */
function write(name: string, input: OscalInput): readonly string[] {
  const texts = {
    "assessment-results": JSON.stringify(assessmentResults(input)),
    "component-definition": JSON.stringify(componentDefinition(input)),
  };
  return Object.entries(texts).map(([kind, text]) => writeDocument(name, kind, text));
}

function writeDocument(name: string, kind: string, text: string): string {
  mkdirSync(join(folder, name), { recursive: true });
  const file = join(folder, name, `${kind}.json`);
  writeFileSync(file, text);
  return file;
}

function constraints(files: readonly string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync("java", [...setupOscalChecker(), ...files], { encoding: "utf8" });
  return { status, output: stdout || (status === 0 ? "" : stderr) };
}

const hostileWaiver = {
  ...waiver,
  id: hostile,
  scope: hostile,
  reason: hostile,
  requester: hostile,
  approver: `${hostile}!`,
};
const strange: OscalInput = {
  ...quarter,
  id: hostile,
  title: hostile,
  targets: [hostile],
  baselines: [
    { id: hostile, title: hostile, source: hostile, controls: [control(hostile, "fail", { policies: [hostile] })] },
  ],
  policies: quarter.policies.map((policy) => ({
    ...policy,
    id: hostile,
    title: hostile,
    provider: hostile,
    population: hostile,
  })),
  exceptions: [
    { ...failure, policy: hostile, message: hostile, resolvedAt: null },
    { ...failure, policy: hostile, verdict: "waived", waiver: hostile, resolvedAt: null },
  ],
  waivers: [hostileWaiver],
  files: quarter.files.map((file) => ({ ...file, path: hostile, title: hostile })),
};

/** Every control of the shipped baselines, with every policy that they name. */
async function shipped(): Promise<OscalInput> {
  const loaded = await loadBaselines({ ids: [], all: true, knownPolicies: new Set() });
  const baselines: OscalBaseline[] = loaded.map(({ id, title, source, controls }) => ({
    id,
    title,
    source,
    controls: controls.map(({ id: name, title: words, policies, manual }) => {
      const kind = controlKind({ id: name, title: words, policies, manual }) ?? "manual";
      return control(name, "not-assessed", { baseline: id, title: words, policies, manual, kind });
    }),
  }));
  const ids = new Set(loaded.flatMap(({ controls }) => controls.flatMap(({ policies }) => policies)));
  const like = quarter.policies[0]!;
  const policies: OscalPolicy[] = [...ids].map((id) => ({
    ...like,
    id,
    provider: id.split("-")[0] ?? "",
    population: null,
  }));
  return { ...quarter, baselines, policies };
}

test("documents keep OSCAL's constraints", async () => {
  const files = [...write("quarter", quarter), ...write("strange", strange), ...write("shipped", await shipped())];
  const reports = [sample, clean].map((report, at) =>
    writeDocument("report", String(at), oscal.render(report, { color: false, width: 80, explain: false })),
  );
  expect(constraints([...files, ...reports])).toEqual({ status: 0, output: "" });
});

test("a document that breaks one is found out", () => {
  const document = JSON.stringify(assessmentResults(quarter));
  const party = /"responsible-parties":\[\{"role-id":"assessor","party-uuids":\["([^"]+)"/.exec(document)?.[1] ?? "";
  const broken = document.replace(`"party-uuids":["${party}"`, `"party-uuids":["${party.replace(/^./, "f")}"`);
  write("broken", quarter);
  const { status, output } = constraints([writeDocument("broken", "assessment-results", broken)]);
  expect(status).toBe(1);
  expect(output).toContain("responsible-party");
});

test("compliance-trestle finds them valid", () => {
  const workspace = join(folder, "workspace");
  const trestle = (...args: readonly string[]) => spawnSync(setupTrestle(), args, { cwd: workspace, encoding: "utf8" });
  mkdirSync(workspace, { recursive: true });
  expect(trestle("init").status).toBe(0);
  for (const [name, input] of Object.entries({ quarter, strange })) {
    writeDocument(
      `workspace/assessment-results/${name}`,
      "assessment-results",
      JSON.stringify(assessmentResults(input)),
    );
    writeDocument(
      `workspace/component-definitions/${name}`,
      "component-definition",
      JSON.stringify(componentDefinition(input)),
    );
  }
  const { status, stdout } = trestle("validate", "-a");
  expect({ status, valid: stdout.match(/^VALID/gm)?.length }).toEqual({ status: 0, valid: 4 });
});
