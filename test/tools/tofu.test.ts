// The same folder evaluated by OpenTofu and by our reader gives the same values, and the same values are not known.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { EvaluatedResource } from "../../scanners/terraform/evaluated.js";
import { readTerraformFolder } from "../../scanners/terraform/hcl.js";
import { readTerraformPlan } from "../../scanners/terraform/plan.js";
import { toolPath } from "../../scripts/setup-tools.mjs";
import type { JsonObject } from "../../src/json.js";

test("functions, for_each, count, optional attributes and modules", async () => {
  const folder = join(mkdtempSync(join(tmpdir(), "portcullis-tofu-")), "functions");
  cpSync("test/tools/fixtures/functions", folder, { recursive: true });
  const { TF_CLI_CONFIG_FILE: _, ...env } = process.env;
  const tofu = (...args: string[]): string =>
    execFileSync(toolPath("tofu"), args, { cwd: folder, env, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  tofu("init", "-no-color");
  tofu("plan", "-no-color", "-out=plan.out");
  const shown = tofu("show", "-json", "plan.out");
  writeFileSync(join(folder, "plan.json"), shown);
  expect(readFileSync(join(folder, "plan.json"), "utf8").length).toBeGreaterThan(1000);

  const plan = readTerraformPlan(JSON.parse(shown) as JsonObject, "plan.json", () => null);
  const code = await readTerraformFolder(folder, { varFiles: [], variables: {} });
  expect(plan.problems).toEqual([]);
  expect(code.problems).toEqual([]);
  expect(inputs(code.resources)).toEqual(inputs(plan.resources));
  expect(Object.keys(inputs(plan.resources)).length).toBe(20);
});

/** What both must agree on: the argument `input`. Computed attributes are only in the plan. */
function inputs(resources: readonly EvaluatedResource[]): Record<string, unknown> {
  const about = (pointer: string): boolean => pointer === "/input" || pointer.startsWith("/input/");
  return Object.fromEntries(
    resources.map(({ address, values, unknown }) => [
      address,
      { input: values["input"], unknown: unknown.filter(about).sort() },
    ]),
  );
}
