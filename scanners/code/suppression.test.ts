import { describe, expect, test } from "vitest";
import { suppressionReader } from "./suppression.js";

const location = { file: "a.tf", line: 7, column: 3 };
const read = (text: string) => suppressionReader()({ text, location });

describe("what a comment says", () => {
  const good = { policy: "aws-a", reason: "why", until: null, location };
  test.each([
    { text: '# portcullis:ignore aws-a reason="why"', found: [good] },
    { text: '#portcullis:ignore aws-a reason="why"\r\n', found: [good] },
    { text: '## portcullis:ignore  aws-a  reason="  why "', found: [good] },
    { text: '// portcullis:ignore aws-a reason="why"', found: [good] },
    { text: '/* portcullis:ignore aws-a reason="why" */', found: [good] },
    { text: '/** portcullis:ignore aws-a reason="why" **/', found: [good] },
    {
      text: '/*\n * portcullis:ignore aws-a reason="why"\n   portcullis:ignore aws-b reason="x"\n */',
      found: [
        { ...good, location: { file: "a.tf", line: 8, column: 2 } },
        { ...good, policy: "aws-b", reason: "x", location: { file: "a.tf", line: 9, column: 4 } },
      ],
    },
    {
      text: '# portcullis:ignore aws-a,main.deny , pack:x until=2028-02-29 reason="a \\"b\\" \\\\ c"',
      found: ["aws-a", "main.deny", "pack:x"].map((policy) => ({
        ...good,
        policy,
        reason: 'a "b" \\ c',
        until: "2028-02-29",
      })),
    },
    { text: '# portcullis:ignore aws-a reason="why" until=2026-12-31', found: [{ ...good, until: "2026-12-31" }] },
    { text: '# portcullis:ignore * reason="why"', found: [{ ...good, policy: "*" }] },
    { text: '# see portcullis:ignore aws-a reason="why"', found: [] },
    { text: '# portcullis:ignored aws-a reason="why"', found: [] },
    { text: '# portcullis:ignore-all reason="why"', found: [] },
    { text: "# Portcullis:Ignore aws-a", found: [] },
  ])("$text", ({ text, found }) => {
    expect(read(text)).toEqual(found);
  });

  const noReason = 'it gives no reason; expected reason="why"';
  test.each([
    { text: "# portcullis:ignore aws-a", problem: noReason },
    { text: '# portcullis:ignore aws-a reason=""', problem: noReason },
    { text: '# portcullis:ignore aws-a reason="  "', problem: noReason },
    { text: "# portcullis:ignore aws-a reason=why", problem: noReason },
    { text: "# portcullis:ignore aws-a reason=", problem: noReason },
    {
      text: '# portcullis:ignore aws-a reason="why',
      problem: 'expected until=YEAR-MONTH-DAY or reason="why", found "reason=\\"why"',
    },
    {
      text: '# portcullis:ignore aws-a because="x" reason="why"',
      problem: '"because" is not known; expected until or reason',
    },
    {
      text: '# portcullis:ignore aws-a __proto__="x" reason="why"',
      problem: 'expected until=YEAR-MONTH-DAY or reason="why", found "__proto__=\\"x\\" reason=\\"why\\""',
    },
    { text: '# portcullis:ignore aws-a reason="a" reason="b"', problem: "it says reason twice" },
    {
      text: '# portcullis:ignore aws-a until=2026-02-30 reason="why"',
      problem: 'until="2026-02-30" is not a day such as 2026-12-31',
    },
    {
      text: '# portcullis:ignore aws-a until=tomorrow reason="why"',
      problem: 'until="tomorrow" is not a day such as 2026-12-31',
    },
    {
      text: '# portcullis:ignore aws-a until=+020260-01-01 reason="why"',
      problem: 'until="+020260-01-01" is not a day such as 2026-12-31',
    },
    {
      text: '# portcullis:ignore aws-a aws-b reason="why"',
      problem: 'expected until=YEAR-MONTH-DAY or reason="why", found "aws-b reason=\\"why\\""',
    },
    { text: '# portcullis:ignore aws-a reason="a\u001b[2J"', problem: "its reason has control characters in it" },
    {
      text: `# portcullis:ignore aws-a reason="${"x".repeat(501)}"`,
      problem: "its reason is longer than 500 characters",
    },
  ])("$text does not count", ({ text, problem }) => {
    expect(read(text)).toEqual([{ policy: "aws-a", reason: "", until: null, location, problem }]);
  });

  test.each(['# portcullis:ignore reason="why"', "# portcullis:ignore", '# portcullis:ignore: aws-a, reason="why"'])(
    "%s names no policy",
    (text) => {
      expect(read(text)).toMatchObject([{ policy: "", reason: "" }]);
    },
  );

  test("bounds", () => {
    const long = read(`# portcullis:ignore aws-a reason="${"x".repeat(3_000)}"`);
    expect(long).toMatchObject([{ reason: "", problem: "it is longer than 2,000 characters" }]);
    expect(read(`# ${"x".repeat(3_000)} portcullis:ignore`)).toEqual([]);
    const many = Array.from({ length: 51 }, (_, at) => `p${at}`).join(",");
    expect(read(`# portcullis:ignore ${many} reason="why"`)[49]).toMatchObject({ policy: "p49", reason: "" });
    for (const hostile of [
      " ".repeat(1_900),
      ",".repeat(1_900),
      "a,".repeat(900),
      '"'.repeat(1_900),
      "\\".repeat(1_900),
    ]) {
      expect(read(`# portcullis:ignore${hostile}`).every(({ reason }) => reason === "")).toBe(true);
      expect(read(`# portcullis:ignore a reason="${hostile}x`).every(({ reason }) => reason === "")).toBe(true);
    }
  });

  test("after the thousandth none counts, and that is said once", () => {
    const reader = suppressionReader();
    const found = Array.from({ length: 1_003 }, () =>
      reader({ text: '# portcullis:ignore a reason="why"', location }),
    ).flat();
    expect(found.filter(({ reason }) => reason !== "")).toHaveLength(1_000);
    expect(found.slice(1_000)).toEqual([
      {
        policy: "a",
        reason: "",
        until: null,
        location,
        problem: "there are more than 1,000 suppressions in this file; this one and those after it do not count",
      },
    ]);
  });
});
