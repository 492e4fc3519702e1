#!/usr/bin/env node
// Compiles the shipped policies (policies/**/*.rego, not their tests) into dist/policies.* (a program for each engine, and what they are), when
// they, the compiler or this program changed. Runs after tsc: it uses the program's own loader, so that shipped policies
// keep the same rules as everybody's.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadBaselines } from "../dist/src/compliance/load-baselines.js";
import { readRegoFiles } from "../dist/src/engine/rego/rego-files.js";
import { translate } from "../dist/src/engine/rego/js/translate.js";
import { compilePolicies } from "../dist/src/engine/rego/load-policies.js";
import { compilerStamp } from "../dist/src/engine/rego/rego-compiler.js";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const outputs = {
  wasm: join("dist", "policies.wasm"),
  plan: join("dist", "policies.plan.json"),
  program: join("dist", "policies.program.json"),
  json: join("dist", "policies.json"),
  baselines: join("dist", "baselines.json"),
  stamp: join("dist", "policies.sha256"),
};
const program = [
  "scripts/build-policies.mjs",
  "dist/src/engine/rego/load-policies.js",
  "dist/src/engine/rego/metadata.js",
  ...readdirSync("dist/src/engine/rego/js")
    .filter((name) => name.endsWith(".js"))
    .map((name) => join("dist/src/engine/rego/js", name)),
  "dist/src/compliance/load-baselines.js",
  "dist/src/compliance/baseline-file.js",
  ...readdirSync("baselines").map((name) => join("baselines", name)),
];

function hashOf(files) {
  const hash = createHash("sha256").update(compilerStamp());
  for (const path of program) hash.update(readFileSync(path)).update("\0");
  for (const { path, text } of files) hash.update(path).update("\0").update(text).update("\0");
  return hash.digest("hex");
}

/** What is asked of shipped policies beyond what is asked of everybody's. */
function shortcomings({ id, path, source, description, fix }) {
  const problems = [];
  const expected = `policies/${path}/policy.rego`;
  if (source.file !== expected) problems.push(`the package ${path.replaceAll("/", ".")} belongs in ${expected}`);
  if (description === "") problems.push("description: expected a text");
  if (fix === "") problems.push("custom.fix: expected a text");
  return problems.map((problem) => `${source.file}:${source.line}: ${id}: ${problem}`);
}

function write(file, content) {
  const unfinished = `${file}.${process.pid}.tmp`;
  writeFileSync(unfinished, content);
  renameSync(unfinished, file);
}

async function build(files, hash) {
  process.stderr.write(`policies: compiling ${files.length} files\n`);
  const { policies, unit } = await compilePolicies(files, { regoVersion: "v1", namespaces: [], cache: null });
  const wrong = policies.flatMap(shortcomings);
  if (wrong.length > 0) throw new Error(`shipped policies are not valid:\n  ${wrong.join("\n  ")}`);
  write(outputs.wasm, await unit.wasm());
  const plan = unit.plan();
  write(outputs.plan, JSON.stringify(plan));
  write(outputs.program, JSON.stringify(translate(plan)));
  // A baseline that names a policy that does not exist ends the build here.
  const knownPolicies = new Set(policies.map(({ id }) => id));
  write(
    outputs.baselines,
    JSON.stringify(await loadBaselines({ ids: [], all: true, folder: "baselines", knownPolicies })),
  );
  write(outputs.json, JSON.stringify({ policies, entrypoints: unit.entrypoints }));
  write(outputs.stamp, hash);
}

try {
  const files = readRegoFiles(["policies"]);
  const hash = hashOf(files);
  const isThere = Object.values(outputs).every((file) => existsSync(file));
  if (!isThere || readFileSync(outputs.stamp, "utf8") !== hash) await build(files, hash);
} catch (error) {
  process.stderr.write(`policies: ${error.message}\n`);
  process.exit(1);
}
