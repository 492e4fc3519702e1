// The package as a user gets it: installed from its tarball, on a machine without Go.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

test("the tarball holds the compiler and the policies, and works where there is no Go", () => {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-package-"));
  const npm = (args: readonly string[], cwd: string): string =>
    execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  npm(["pack", "--ignore-scripts", "--pack-destination", folder], process.cwd());
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "";
  const user = join(folder, "user");
  mkdirSync(join(user, "policy"), { recursive: true });
  writeFileSync(join(user, "package.json"), '{"private": true}');
  npm(["install", "--no-audit", "--no-fund", "--prefer-offline", join(folder, tarball)], user);

  // Nothing but Node on the path.
  const bin = join(folder, "bin");
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, "node"));
  const env = { PATH: bin, HOME: user, NO_COLOR: "1" };
  const run = (args: readonly string[]): { code: number; stdout: string } => {
    try {
      const stdout = execFileSync(
        process.execPath,
        [join(user, "node_modules", "portcullis", "dist", "src", "cli", "main.js"), ...args],
        { cwd: user, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] },
      );
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
  expect(pack.code).toBe(1);
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
});
