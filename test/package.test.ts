// The package as a user gets it: its tarball, beside what it declares that it depends on, on a machine without Go.
import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { packageRoot } from "../src/package-root.js";

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>;
}

/** What npm would install beside it: only what the tests and the build need is not there. */
function installDependencies(nodeModules: string): void {
  const lock = JSON.parse(readFileSync(join(packageRoot, "package-lock.json"), "utf8")) as Lock;
  const byFolder = new Map<string, string[]>();
  for (const [path, { dev, devOptional }] of Object.entries(lock.packages)) {
    const isOurs = /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && dev !== true && devOptional !== true;
    if (!isOurs || !existsSync(join(packageRoot, path))) continue; // of another platform
    byFolder.set(dirname(path), [...(byFolder.get(dirname(path)) ?? []), join(packageRoot, path)]);
  }
  for (const [folder, packages] of byFolder) {
    const to = join(dirname(nodeModules), folder);
    mkdirSync(to, { recursive: true });
    // Links cost nothing, where the two are on one file system.
    if (spawnSync("cp", ["-al", "-t", to, ...packages]).status !== 0)
      execFileSync("cp", ["-a", "-t", to, ...packages], { stdio: "ignore" });
  }
}

test("the tarball holds the compiler and the policies, and works where there is no Go", () => {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-package-"));
  execFileSync("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], { stdio: "ignore" });
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "";
  const user = join(folder, "user");
  mkdirSync(join(user, "policy"), { recursive: true });
  const installed = join(user, "node_modules", "portcullis");
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, tarball), "-C", installed, "--strip-components=1"]);
  installDependencies(join(user, "node_modules"));

  // Nothing but Node on the path.
  const bin = join(folder, "bin");
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, "node"));
  const env = { PATH: bin, HOME: user, NO_COLOR: "1" };
  const run = (args: readonly string[]): { code: number; stdout: string } => {
    try {
      const stdout = execFileSync(process.execPath, [join(installed, "dist", "src", "cli", "main.js"), ...args], {
        cwd: user,
        env,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      });
      return { code: 0, stdout };
    } catch (error) {
      const { status, stdout } = error as { status: number; stdout: string };
      return { code: status, stdout };
    }
  };

  writeFileSync(join(user, "main.tf"), 'resource "aws_s3_bucket" "b" {}\n');
  writeFileSync(join(user, "policy", "own.rego"), 'package main\n\ndeny contains "no" if input.forbidden\n');
  writeFileSync(join(user, "app.json"), '{"forbidden": true}');
  const shipped = run(["check", "--format", "json", "main.tf"]);
  expect(shipped.code).toBe(1);
  expect(shipped.stdout).toContain("aws-s3-block-public-access");
  const pack = run(["check", "--policy", "crossguard/platform", "--all", "--format", "json", "main.tf"]);
  expect(pack.code, pack.stdout).toBe(1);
  expect(pack.stdout).toContain("portcullis-platform:");
  const own = run(["check", "--policy", "policy", "--no-default-policies", "--format", "json", "app.json"]);
  expect(own.code).toBe(1);
  expect(own.stdout).toContain('"message": "no"');
  const scanned = run(["scan", "--provider", "sample", "--data-dir", join(user, "store")]);
  expect(scanned.code).toBe(1);
  const library = `import { compileRego } from "portcullis/rego";
const policy = await compileRego({ modules: { "a.rego": "package a\\nx := count(input)" }, entrypoints: ["a/x"] });
console.log(policy.evaluate("a/x", [1, 2]));`;
  writeFileSync(join(user, "library.mjs"), library);
  expect(execFileSync(process.execPath, ["library.mjs"], { cwd: user, env, encoding: "utf8" })).toBe("2\n");
  const listed = JSON.parse(run(["policies", "list", "--format", "json"]).stdout) as unknown[];
  expect(listed.length).toBeGreaterThan(60);
  rmSync(folder, { recursive: true });
});
