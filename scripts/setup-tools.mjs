#!/usr/bin/env node
// Builds the tools that `npm run test:tools` compares us with and runs, once, into a cache outside of the work tree. OpenTofu,
// Pulumi and Kubernetes need modules of their own around them, because they replace some of their dependencies.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setupEtcd } from "./setup-etcd.mjs";
import { setupOscalChecker } from "./setup-oscal.mjs";
import { setupTrestle } from "./setup-python.mjs";

const versions = {
  opa: "v1.22.2",
  conftest: "v0.71.1",
  tofu: "v1.12.6",
  "terraform-provider-local": "v1.4.0",
  pulumi: "v3.250.0",
  helm: "v3.21.4",
  "kube-apiserver": "v1.36.3",
};
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

const programs = fileURLToPath(new URL("../test/tools/pulumi/", import.meta.url));
const lock = createHash("sha256")
  .update(readFileSync(join(programs, "package-lock.json")))
  .digest("hex")
  .slice(0, 12);
/** The folder in which Node finds Pulumi's packages, for programs and packs of the tests. */
export const pulumiPackages = join(cache, `pulumi-packages-${lock}`);

/** Their own scripts would download provider plugins: they are left out. */
function installPulumiPackages() {
  if (existsSync(pulumiPackages)) return;
  process.stderr.write("setup: installing Pulumi's packages for the tests (npm ci)\n");
  const making = `${pulumiPackages}.${process.pid}`;
  mkdirSync(making, { recursive: true });
  for (const file of ["package.json", "package-lock.json"]) copyFileSync(join(programs, file), join(making, file));
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
  const { status, error } = spawnSync("npm", args, { cwd: making, stdio: ["ignore", 2, 2] });
  if (status === 0) {
    renameSync(making, pulumiPackages);
    return;
  }
  rmSync(making, { recursive: true, force: true });
  process.stderr.write(`setup: installing Pulumi's packages failed${error ? `: ${error.message}` : ""}\n`);
  process.exit(1);
}

/** Builds a command of a Go module that stands in scripts/tools/NAME. */
function buildFromModule(name, command, ldflags, module = name) {
  build(name, (folder) => ["build", "-trimpath", "-ldflags", ldflags, "-o", join(folder, name), command], {
    cwd: fileURLToPath(new URL(`tools/${module}`, import.meta.url)),
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  build("opa", () => ["install", `github.com/open-policy-agent/opa@${versions.opa}`]);
  build("conftest", () => ["install", `github.com/open-policy-agent/conftest@${versions.conftest}`]);
  buildFromModule("tofu", "github.com/opentofu/opentofu/cmd/tofu", "-s -w");
  buildFromModule("terraform-provider-local", "github.com/terraform-providers/terraform-provider-local", "-s -w");
  const version = `github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${versions.pulumi}`;
  buildFromModule("pulumi", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", `-s -w -X ${version}`);
  installPulumiPackages();
  const helm = `helm.sh/helm/v3/internal/version.version=${versions.helm}`;
  buildFromModule("helm", "helm.sh/helm/v3/cmd/helm", `-s -w -X ${helm}`, "kube");
  const [major, minor] = versions["kube-apiserver"].slice(1).split(".");
  const kube = { gitVersion: versions["kube-apiserver"], gitMajor: major, gitMinor: minor };
  const stamps = Object.entries(kube).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
  buildFromModule("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver", ["-s -w", ...stamps].join(" "), "kube");
  setupEtcd();
  setupOscalChecker();
  setupTrestle();
}
