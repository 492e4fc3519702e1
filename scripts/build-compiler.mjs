#!/usr/bin/env node
// Builds dist/compiler.wasm from compiler/ when its sources changed. The hash of the sources is stamped beside it.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "compiler");
const output = join(root, "dist", "compiler.wasm");
const stampFile = `${output}.sha256`;

function* sourcesBelow(path) {
  const entries = readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) yield* sourcesBelow(child);
    else if (isSource(entry.name)) yield child;
  }
}

/** Go's own tests are not part of the module. */
function isSource(name) {
  return (name.endsWith(".go") && !name.endsWith("_test.go")) || name === "go.mod" || name === "go.sum";
}

function hashOfSources() {
  const hash = createHash("sha256");
  for (const file of sourcesBelow(folder)) {
    const path = relative(folder, file).replaceAll("\\", "/");
    hash.update(path).update("\0").update(readFileSync(file)).update("\0");
  }
  return hash.digest("hex");
}

function fail(message) {
  process.stderr.write(`compiler: ${message}\n`);
  process.exit(1);
}

function build(file) {
  const wanted = /^go (\S+)$/m.exec(readFileSync(join(folder, "go.mod"), "utf8"))?.[1] ?? "1.26";
  const found = spawnSync("go", ["version"], { cwd: folder, encoding: "utf8" });
  if (found.error)
    fail(`Go is not on the PATH: install Go ${wanted} or newer from https://go.dev/dl/ and run this again`);
  process.stderr.write(
    "compiler: building OPA's compiler and HCL to WebAssembly (minutes the first time, while Go's build cache is cold)\n",
  );
  const flags = ["build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-o", file, "."];
  const { status } = spawnSync("go", flags, {
    cwd: folder,
    env: { ...process.env, GOOS: "wasip1", GOARCH: "wasm" },
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0)
    fail(`go build failed in ${folder} (Go ${wanted} or newer is needed; ${(found.stdout ?? "").trim()} was found)`);
}

const hash = hashOfSources();
if (!existsSync(output) || !existsSync(stampFile) || readFileSync(stampFile, "utf8") !== hash) {
  mkdirSync(join(root, "dist"), { recursive: true });
  const unfinished = `${output}.${process.pid}.tmp`;
  build(unfinished);
  renameSync(unfinished, output);
  writeFileSync(stampFile, hash);
}
