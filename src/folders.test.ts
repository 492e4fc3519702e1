import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { makeFolder } from "./folders.js";

const folder = mkdtempSync(join(tmpdir(), "portcullis-folders-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test("a folder and those above it, with the mode; twice is once", () => {
  const deep = join(folder, "a", "b", "c");
  makeFolder(deep, 0o700);
  makeFolder(deep, 0o700);
  expect(statSync(deep).mode & 0o777).toBe(0o700);
  makeFolder(".");
});

test("below a file there is no folder", () => {
  writeFileSync(join(folder, "file"), "");
  expect(() => {
    makeFolder(join(folder, "file", "x"));
  }).toThrow("ENOTDIR");
});

test.runIf(existsSync("/proc/self"))("a place that refuses folders is an error, not a wait without end", () => {
  expect(() => {
    makeFolder("/proc/portcullis/x/y");
  }).toThrow("ENOENT");
});
