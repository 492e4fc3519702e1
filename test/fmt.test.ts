import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { portcullis } from "./testing/cli.js";

const untidy = "package a\n\n# kept\nallow   if { input.x==1 ; input.y  == 2 }\n";
const tidy = "package a\n\n# kept\nallow if {\n\tinput.x == 1\n\tinput.y == 2\n}\n";

let cwd = "";
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "portcullis-fmt-"));
  mkdirSync(join(cwd, "policy", "deep"), { recursive: true });
  write("policy/one.rego", untidy);
  write("policy/deep/two_test.rego", tidy);
});
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true });
});

const write = (name: string, text: string): void => {
  writeFileSync(join(cwd, name), text);
};
const read = (name: string): string => readFileSync(join(cwd, name), "utf8");
const fmt = (args: readonly string[], input?: string) =>
  portcullis(["fmt", ...args], { cwd, ...(input === undefined ? {} : { input }) });

test.each([[[]], [["-"]], [["policy/one.rego"]]])(
  "the formatted text, from standard input or a file: %j",
  async (args) => {
    expect(await fmt(args, untidy)).toEqual({ code: 0, stdout: tidy, stderr: "" });
    expect(read("policy/one.rego")).toBe(untidy);
  },
);

test("--check lists what differs, --diff shows it, --write changes it, and then nothing differs", async () => {
  expect(await fmt(["--check", "policy"])).toEqual({ code: 1, stdout: "policy/one.rego\n", stderr: "" });
  const { code, stdout } = await fmt(["--diff", "policy"]);
  expect([code, stdout]).toEqual([
    1,
    expect.stringContaining("-allow   if { input.x==1 ; input.y  == 2 }\n+allow if {\n"),
  ]);
  expect(await fmt(["--write", "policy"])).toEqual({ code: 0, stdout: "policy/one.rego\n", stderr: "" });
  expect([read("policy/one.rego"), read("policy/deep/two_test.rego")]).toEqual([tidy, tidy]);
  expect(await fmt(["--check", "policy"])).toEqual({ code: 0, stdout: "", stderr: "" });
});

test("what is no Rego is named with its place and never changed; the rest is done", async () => {
  write("policy/bad.rego", "package b\nallow if {");
  const { code, stdout, stderr } = await fmt(["--write", "policy"]);
  expect([code, stdout]).toEqual([2, "policy/one.rego\n"]);
  expect(stderr).toMatch(/^portcullis: policy\/bad\.rego:2:\d+: /);
  expect(read("policy/bad.rego")).toBe("package b\nallow if {");
});

test("Rego of version 0 stays of version 0", async () => {
  const old = "package a\n\nallow {   input.x }\n";
  expect((await fmt([], old)).stdout).toBe("package a\n\nallow {\n\tinput.x\n}\n");
  expect((await fmt(["--rego-version", "v1"], old)).code).toBe(2);
});

test.each([
  ["two ways at once", ["--check", "--write", "policy"], undefined],
  ["standard input that is to be written", ["--write", "-"], untidy],
  ["standard input among others", ["-", "policy"], untidy],
  ["a path that is not there", ["none"], undefined],
  ["nothing", ["-"], ""],
  ["brackets without end", [], `package a\nx := ${"[".repeat(100_000)}`],
])("%s: 2", async (_, args, input) => {
  const { code, stdout, stderr } = await fmt(args, input);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).not.toContain("defect");
});

test("a link is followed within its folder, and not out of it", async () => {
  symlinkSync(join(cwd, "policy", "one.rego"), join(cwd, "policy", "deep", "linked.rego"));
  expect((await fmt(["--write", "policy"])).code).toBe(0);
  expect(read("policy/one.rego")).toBe(tidy);
  write("outside.rego", untidy);
  symlinkSync(join(cwd, "outside.rego"), join(cwd, "policy", "out.rego"));
  expect((await fmt(["--write", "policy"])).code).toBe(2);
  expect(read("outside.rego")).toBe(untidy);
});
