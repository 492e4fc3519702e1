#!/usr/bin/env node
// Brings a fresh clone to where it can run: dependencies, the compiler, the program, the shipped policies and, with
// --test, the servers that the tests need. Each step says what it does and is skipped when nothing changed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = [
  "src",
  "scanners",
  "reports",
  "remediations",
  "tsconfig.json",
  "tsconfig.build.json",
  "package-lock.json",
];

function say(message) {
  process.stderr.write(`setup: ${message}\n`);
}

function run(command, args, what) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (status === 0) return;
  if (what !== null) say(`${what} failed${error ? `: ${error.message}` : ""}; see the messages above`);
  process.exit(1);
}

function* filesBelow(path) {
  if (!existsSync(path)) return;
  const entries = readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) yield* filesBelow(child);
    else yield child;
  }
}

function hashOf(paths) {
  const hash = createHash("sha256");
  for (const path of paths) {
    const full = join(root, path);
    const files = path.includes(".") ? [full] : filesBelow(full);
    for (const file of files) hash.update(file.slice(root.length)).update("\0").update(readFileSync(file)).update("\0");
  }
  return hash.digest("hex");
}

/** Runs the step unless the stamp file holds the hash already. */
function step(stampFile, hash, message, work) {
  const stamp = join(root, stampFile);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return;
  say(message);
  work();
  mkdirSync(join(stamp, ".."), { recursive: true });
  writeFileSync(stamp, hash);
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  say(`Node ${process.versions.node} is too old: install Node 20.19 or newer`);
  process.exit(1);
}

checkNode();
// First, for it says in one line when Go is missing.
run(process.execPath, ["scripts/build-compiler.mjs"], null);
step(
  "node_modules/.setup-stamp",
  hashOf(["package.json", "package-lock.json"]),
  "installing the dependencies (npm ci)",
  () => run("npm", ["ci", "--no-audit", "--no-fund"], "npm ci"),
);
step("dist/.build-stamp", hashOf(sources), "building the program (tsc)", () => {
  for (const folder of ["src", "scanners", "reports", "remediations"])
    rmSync(join(root, "dist", folder), { recursive: true, force: true });
  run(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], "tsc");
});
run(process.execPath, ["scripts/build-policies.mjs"], "compiling the shipped policies");
step(
  "dist/.embedded-store-stamp",
  hashOf(["scripts/build-embedded-store.mjs", "src/store", "package-lock.json"]),
  "making the empty embedded store",
  () => run(process.execPath, ["scripts/build-embedded-store.mjs"], "making the empty embedded store"),
);
if (process.argv.includes("--test")) {
  run(process.execPath, ["scripts/setup-python.mjs"], "installing what tests need of Python");
  run(process.execPath, ["scripts/setup-postgres.mjs"], "installing PostgreSQL");
  run(process.execPath, ["scripts/setup-prometheus.mjs"], "installing Prometheus");
  run(process.execPath, ["scripts/setup-pulsar.mjs"], "installing Apache Pulsar");
  run(process.execPath, ["scripts/setup-alertmanager.mjs"], "installing Alertmanager");
  run(process.execPath, ["scripts/setup-browser.mjs"], "installing Chromium");
}
