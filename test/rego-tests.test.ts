// The unit tests of the shipped policies, on the engine that judges, through the command that users have.
import { expect, test } from "vitest";
import { portcullis } from "./testing/cli.js";

test("portcullis test policies", async () => {
  const { code, stdout, stderr } = await portcullis(["test", "policies", "--format", "json"]);
  const results = JSON.parse(stdout) as { name: string; package: string; pass: boolean }[];
  expect(results.filter(({ pass }) => !pass)).toEqual([]);
  expect(code, stderr).toBe(0);
  const packages = new Set(results.map((result) => result.package));
  const { stdout: listed } = await portcullis(["policies", "list", "--format", "json"]);
  const untested = (JSON.parse(listed) as { id: string }[]).filter(
    ({ id }) => ![...packages].some((name) => name.replace(/^data\.|_test$/g, "").replaceAll(/[._]/g, "-") === id),
  );
  expect(untested).toEqual([]);
});
