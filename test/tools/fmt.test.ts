// What `portcullis fmt` writes is what `opa fmt` writes.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { toolPath } from "../../scripts/setup-tools.mjs";
import { formatRego } from "../../src/engine/rego/format.js";
import { readRegoFiles } from "../../src/engine/rego/rego-files.js";

const folder = mkdtempSync(join(tmpdir(), "portcullis-opa-fmt-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** As somebody writes who does not care. */
const untidied = (text: string): string =>
  text.replaceAll("\t", "  ").replaceAll(" := ", ":=").replace(/\n\n/g, "\n\n\n");

test("every shipped policy, untidied", async () => {
  const files = readRegoFiles(["policies"], { tests: true });
  expect(files.length).toBeGreaterThan(200);
  const modules = files.map(({ text }, at) => ({ path: `${at}.rego`, text: untidied(text), version: "v1" as const }));
  for (const { path, text } of modules) writeFileSync(join(folder, path), text);
  execFileSync(toolPath("opa"), ["fmt", "--write", folder]);
  const { texts, errors } = await formatRego(modules);
  expect(errors).toEqual([]);
  expect(modules.filter(({ path }, at) => readFileSync(join(folder, path), "utf8") !== texts[at])).toEqual([]);
  expect(modules.filter(({ text }, at) => text !== texts[at]).length).toBeGreaterThan(200);
});
