import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createOutput } from "./output.js";

const folder = mkdtempSync(join(tmpdir(), "portcullis-output-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
const output = createOutput({ color: false, progress: false, quiet: true });

test("a file is replaced in one piece, its folder made", async () => {
  const file = join(folder, "new", "report.txt");
  await output.result("one", file);
  writeFileSync(file, "two");
  await output.result("three", file);
  expect(readFileSync(file, "utf8")).toBe("three\n");
});

test("a pipe is written to, and stays a pipe", async () => {
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  // Opening it to write waits for a reader.
  const reading = readFile(pipe, "utf8");
  await output.result("through", pipe);
  expect(await reading).toBe("through\n");
  expect(statSync(pipe).isFIFO()).toBe(true);
});

test("a folder is no file", async () => {
  await expect(output.result("x", folder)).rejects.toMatchObject({
    code: "usage",
    message: expect.stringContaining(`cannot write ${folder}`) as string,
  });
});
