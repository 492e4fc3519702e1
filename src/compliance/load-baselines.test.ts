import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { PortcullisError } from "../errors.js";
import { loadBaselines, type LoadBaselinesOptions } from "./load-baselines.js";

const folder = mkdtempSync(join(tmpdir(), "portcullis-baselines-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const knownPolicies = new Set(["aws-s3-tls", "aws-s3-kms"]);
const head = (id: string): string => `id: ${id}\ntitle: Mine\nversion: "1"\nsource: https://example.com/\ncontrols:\n`;

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function faultOf(
  options: Partial<LoadBaselinesOptions>,
): Promise<{ code: string; message: string; lines: (number | undefined)[] }> {
  const thrown: unknown = await loadBaselines({ ids: [], folder, knownPolicies, ...options }).catch(
    (error: unknown) => error,
  );
  if (!(thrown instanceof PortcullisError)) throw new Error(`expected a fault, found ${JSON.stringify(thrown)}`);
  return {
    code: thrown.code,
    message: thrown.message.replaceAll(`${folder}/`, ""),
    lines: thrown.places.map(({ line }) => line),
  };
}

const good = file(
  "good.yaml",
  `${head("good")}- {id: "1", title: One, policies: [aws-s3-tls]}\n- {id: "2", title: Two, manual: Minutes}\n`,
);
const goodBaseline = {
  id: "good",
  title: "Mine",
  version: "1",
  source: "https://example.com/",
  controls: [
    { id: "1", title: "One", policies: ["aws-s3-tls"], manual: null },
    { id: "2", title: "Two", policies: [], manual: "Minutes" },
  ],
};

test.each<{ name: string; options: Partial<LoadBaselinesOptions> }>([
  { name: "by id", options: { ids: ["good"] } },
  { name: "once, when asked for twice", options: { ids: ["good", "good"] } },
  { name: "by path", options: { ids: [good] } },
  { name: "all", options: { all: true } },
])("reads a baseline $name", async ({ options }) => {
  expect(await loadBaselines({ ids: [], folder, knownPolicies, ...options })).toEqual([goodBaseline]);
});

test("reads extra files besides the folder's", async () => {
  const other = mkdtempSync(join(folder, "other-"));
  const extra = join(other, "extra.yaml");
  writeFileSync(extra, `${head("extra")}- {id: a, title: A, manual: Minutes}\n`);
  const baselines = await loadBaselines({ ids: ["extra", "good"], folder, extraFiles: [extra], knownPolicies });
  expect(baselines.map(({ id }) => id)).toEqual(["extra", "good"]);
});

test("an unknown id is a wrong usage, and says what there is", async () => {
  expect(await faultOf({ ids: ["soc3"] })).toEqual({
    code: "usage",
    message: 'there is no baseline "soc3"; there are: good. A path of a .yaml file does too.',
    lines: [],
  });
});

describe("a bad file", () => {
  const cases: { name: string; text: string; message: string; lines: number[] }[] = [
    {
      name: "dangling",
      text: `${head("dangling")}- id: "1"\n  title: One\n  policies:\n  - aws-s3-tls\n  - aws-s3-tsl\n`,
      message:
        "dangling.yaml:10: the control 1 names the policy aws-s3-tsl, which does not exist; see: portcullis policies list",
      lines: [10],
    },
    {
      name: "duplicate",
      text: `${head("duplicate")}- {id: "1", title: One, manual: Minutes}\n- {id: "1", title: Uno, manual: Minutes}\n`,
      message: "duplicate.yaml:7: the control 1 is there twice; expected each id once",
      lines: [7],
    },
    {
      name: "silent",
      text: `${head("silent")}- {id: "1", title: One}\n- {id: "2", title: Two, policies: []}\n`,
      message: [
        'silent.yaml:6: the control 1 is silent; expected "policies", or in "manual" what a person must show',
        '  silent.yaml:7: the control 2 is silent; expected "policies", or in "manual" what a person must show',
      ].join("\n"),
      lines: [6, 7],
    },
    {
      name: "named-twice",
      text: `${head("named-twice")}- {id: "1", title: One, policies: [aws-s3-tls, aws-s3-tls]}\n`,
      message: "named-twice.yaml:6: the control 1 names the policy aws-s3-tls twice",
      lines: [6],
    },
    {
      name: "misspelt",
      text: `${head("misspelt")}- {id: "1", title: One, policy: [aws-s3-tls]}\n`,
      message: 'misspelt.yaml:6: Unrecognized key: "policy"',
      lines: [6],
    },
    {
      name: "number",
      text: `${head("number")}- {id: 1.1, title: One, manual: Minutes}\n`,
      message: "number.yaml:6: Invalid input: expected string, received number",
      lines: [6],
    },
    { name: "empty", text: "", message: "empty.yaml:1: Invalid input: expected object, received null", lines: [1] },
    {
      name: "other",
      text: `${head("another")}- {id: a, title: A, manual: B}\n`,
      message: "other.yaml:1: the baseline is called another in a file called other; expected the same name",
      lines: [1],
    },
  ];

  test.each(cases)("$name", async ({ name, text, message, lines }) => {
    const id = file(`${name}.yaml`, text);
    const fault = await faultOf({ ids: [id] });
    expect(fault).toEqual({
      code: "baseline-invalid",
      message: `the baseline ${name}.yaml is not valid:\n  ${message}`,
      lines,
    });
  });

  test.each([
    { name: "truncated", text: `${head("truncated")}- {id: "1", title: One`, expected: /truncated\.yaml:6: / },
    {
      name: "aliases",
      text: `a: &a [x, x]\nb: &b [${"*a,".repeat(200)}]\nc: [${"*b,".repeat(200)}]`,
      expected: /aliases\.yaml:1: Excessive alias count/,
    },
    { name: "deep", text: "[".repeat(200_000), expected: /the baseline deep\.yaml (cannot be parsed|is not valid)/ },
    {
      name: "proto",
      text: `__proto__: {id: x}\n${head("proto")}- {id: a, title: A, manual: B}\n`,
      expected: /__proto__/,
    },
  ])("$name", async ({ name, text, expected }) => {
    const fault = await faultOf({ ids: [file(`${name}.yaml`, text)] });
    expect(fault).toMatchObject({ code: "baseline-invalid", message: expect.stringMatching(expected) as string });
  });

  test("a file that is not there", async () => {
    expect(await faultOf({ ids: [join(folder, "gone.yaml")] })).toMatchObject({
      code: "baseline-invalid",
      message: expect.stringMatching(/^the baseline gone\.yaml cannot be read: ENOENT/) as string,
    });
  });
});
