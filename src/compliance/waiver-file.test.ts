import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readWaiverFiles } from "./waiver-file.js";

const folder = mkdtempSync(join(tmpdir(), "portcullis-waiver-file-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const file = join(folder, "waivers.yaml");
const read = (text: string): ReturnType<typeof readWaiverFiles> => {
  writeFileSync(file, text);
  return readWaiverFiles([file]);
};

const good = `waivers:
  - id: W-1
    policy: aws-s3-block-public-access
    resource: aws_s3_bucket.site
    reason: the public site
    ticket: SEC-1
    requester: ada
    approver: ben
    start: 2026-01-01
    expires: 2026-12-31T18:00:00+02:00
  - id: W-2
    control: [soc2/CC6.1, pci-dss-4.0.1/1.4.4]
    tag: env=dev
    account: "111122223333"
    reason: only tests
    requester: ada
    approver: ben
    start: 2026-01-01T10:30:00Z
    expires: 2026-02-01
    configHash: ${"a".repeat(64)}
`;

test("a file", async () => {
  expect(await read(good)).toEqual([
    {
      ...{ id: "W-1", reason: "the public site", ticket: "SEC-1", requester: "ada", approver: "ben" },
      scope: {
        ...{ policies: ["aws-s3-block-public-access"], controls: [], resources: ["aws_s3_bucket.site"] },
        ...{ tags: [], accounts: [] },
      },
      ...{ start: "2026-01-01T00:00:00.000Z", expires: "2026-12-31T16:00:00.000Z", status: "approved" },
      ...{ endsOnChange: false, configHash: null, file: `${file}:2`, bound: new Map() },
    },
    {
      ...{ id: "W-2", reason: "only tests", ticket: null, requester: "ada", approver: "ben" },
      scope: {
        ...{ policies: [], controls: ["soc2/CC6.1", "pci-dss-4.0.1/1.4.4"], resources: [] },
        ...{ tags: ["env=dev"], accounts: ["111122223333"] },
      },
      ...{ start: "2026-01-01T10:30:00.000Z", expires: "2026-02-01T00:00:00.000Z", status: "approved" },
      ...{ endsOnChange: true, configHash: "a".repeat(64), file: `${file}:11`, bound: new Map() },
    },
  ]);
});

test("no waivers", async () => {
  expect(await read("waivers: []")).toEqual([]);
  expect(await readWaiverFiles([])).toEqual([]);
});

describe("faults are told with their line", () => {
  const first = good.slice(0, good.indexOf("  - id: W-2"));
  const changed = (from: RegExp, to: string): string => first.replace(from, to);

  test.each([
    ["no YAML", "waivers: [", /waivers.yaml:1: /],
    ["another shape", "- a", /waivers.yaml:1: .*expected/i],
    ["an unknown name", changed(/ticket:/, "tickets:"), /waivers.yaml:2: .*tickets/],
    ["no approver", changed(/ {4}approver.*\n/, ""), /waivers.yaml:2: approver: expected some text/],
    ["the requester as approver", changed(/approver: ben/, "approver: ' Ada'"), /waivers.yaml:8: .*another person/],
    ["no reason", changed(/the public site/, "'  '"), /waivers.yaml:5: expected some text/],
    [
      "control characters",
      changed(/the public site/, '"a\\u001b[31m"'),
      /waivers.yaml:5: expected text without control/,
    ],
    ["no end", changed(/ {4}expires.*\n/, ""), /waivers.yaml:2: expires: expected a day/],
    ["a day that is none", changed(/2026-12-31T.*/, "2026-02-30"), /waivers.yaml:10: expected a day such as/],
    [
      "a time without a zone",
      changed(/2026-12-31T.*/, "2026-12-31T10:00:00"),
      /waivers.yaml:10: expected a day such as/,
    ],
    ["an end before the start", changed(/2026-12-31T.*/, "2025-12-31"), /waivers.yaml:10: .*before it starts/],
    ["more than a year", changed(/2026-12-31T.*/, "2027-01-03"), /waivers.yaml:10: .*366 days/],
    ["no policy", changed(/ {4}policy.*\n/, ""), /waivers.yaml:2: .*no policy and no control/],
    ["no limit", changed(/ {4}resource.*\n/, ""), /waivers.yaml:2: .*limits no resources/],
    [
      "everything",
      changed(/policy:.*/, "policy: '*'").replace(/resource:.*/, "resource: '*'"),
      /every policy on every/,
    ],
    ["a number as an account", changed(/resource:.*/, "account: 111122223333"), /waivers.yaml:4: .*quote numbers/],
    ["a tag without a value", changed(/resource:.*/, "tag: env"), /waivers.yaml:4: expected key=value/],
    [
      "too many stars",
      changed(/resource:.*/, `resource: "${"*a".repeat(17)}"`),
      /waivers.yaml:4: expected at most 16 stars/,
    ],
    ["a strange id", changed(/id: W-1/, "id: 'W 1'"), /waivers.yaml:2: expected letters/],
    ["an id that is there twice", first + first.replace("waivers:\n", ""), /waivers.yaml:11: .*W-1 is there twice/],
    ["a hash that is none", `${first}    configHash: abc\n`, /waivers.yaml:11: expected 64 hexadecimal/],
    [
      "an end on change without a hash",
      `${first}    endsOnChange: true\n`,
      /waivers.yaml:11: .*expected configHash too/,
    ],
    [
      "aliases without end",
      `a: &a [x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nwaivers: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]`,
      /alias/i,
    ],
  ])("%s", async (_name, text, message) => {
    await expect(read(text)).rejects.toMatchObject({
      code: "config-invalid",
      message: expect.stringMatching(message) as string,
    });
  });

  test("a file that is not there", async () => {
    await expect(readWaiverFiles([join(folder, "none.yaml")])).rejects.toMatchObject({ code: "config-invalid" });
  });

  test("one id in two files; the same file twice is one", async () => {
    await read(first);
    const other = join(folder, "other.yaml");
    writeFileSync(other, first);
    expect(await readWaiverFiles([file, file])).toHaveLength(1);
    await expect(readWaiverFiles([file, other])).rejects.toThrow(
      /W-1 is there twice: at .*waivers.yaml:2 and at .*other.yaml:2/,
    );
  });
});
