#!/usr/bin/env node
// Builds the tools that `npm run test:tools` compares us with, once, into a cache outside of the work tree. OpenTofu needs a
// module of its own around it, because it replaces one of its dependencies.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const versions = { opa: "v1.22.2", conftest: "v0.71.1", tofu: "v1.12.6" };
const cache = process.env.PORTCULLIS_TOOLS_DIR ?? join(homedir(), ".cache", "portcullis-tools");

/** Path of a tool; it is there after the set-up. */
export function toolPath(name) {
  return join(cache, `${name}-${versions[name]}`, name);
}

function build(name, args, options) {
  if (existsSync(toolPath(name))) return;
  process.stderr.write(`setup: building ${name} ${versions[name]} (some minutes, once)\n`);
  const folder = join(toolPath(name), "..");
  mkdirSync(folder, { recursive: true });
  const env = { ...process.env, GOBIN: folder, GOFLAGS: "-mod=mod", ...options?.env };
  const { status, error } = spawnSync("go", args(folder), { cwd: options?.cwd, env, stdio: ["ignore", 2, 2] });
  if (status === 0) return;
  process.stderr.write(`setup: building ${name} failed${error ? `: ${error.message}` : ""}\n`);
  process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  build("opa", () => ["install", `github.com/open-policy-agent/opa@${versions.opa}`]);
  build("conftest", () => ["install", `github.com/open-policy-agent/conftest@${versions.conftest}`]);
  build(
    "tofu",
    (folder) => [
      "build",
      "-trimpath",
      "-ldflags",
      "-s -w",
      "-o",
      join(folder, "tofu"),
      "github.com/opentofu/opentofu/cmd/tofu",
    ],
    {
      cwd: fileURLToPath(new URL("tools/tofu", import.meta.url)),
    },
  );
}
