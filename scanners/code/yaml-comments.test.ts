import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readCloudFormation } from "../cloudformation/index.js";
import { readKubernetes } from "../kubernetes/index.js";
import type { ScanItem } from "../../src/inventory/scan-item.js";
import { parseDocuments } from "./document.js";

/** `# @a` in the text is a suppression of the policy `a`. */
const written = (text: string) => text.replace(/@(\w+)/g, 'portcullis:ignore $1 reason="why"');

const parse = (text: string) => parseDocuments("t.yaml", written(text));

/** The policies that are excused, by resource. */
function excused(items: readonly ScanItem[]): Record<string, string[]> {
  return Object.fromEntries(
    items.flatMap((item) =>
      item.kind === "resource" && item.suppressions !== undefined
        ? [[item.resource.id, item.suppressions.map(({ policy }) => policy)]]
        : [],
    ),
  );
}

describe("the document that a comment belongs to", () => {
  test.each([
    { name: "no mark, no suppression", text: "# a\nx: 1\n", found: [[]] },
    {
      name: "above, inside and at the end",
      text: "# @a\nx: 1 # @b\ny:\n  # @c\n  - 1\n# @d\n",
      found: [["a", "b", "c", "d"]],
    },
    { name: "above the first marker", text: "# @a\n\n# @b\n---\nx: 1\n", found: [["a", "b"]] },
    { name: "at the marker", text: "--- # @a\nx: 1\n", found: [["a"]] },
    { name: "of several", text: "x: 1\n# @a\n\n---\n# @b\ny: 1\n# @c\n", found: [["a"], ["b", "c"]] },
    { name: "directly above a marker", text: "x: 1\n\n# @a\n# b\n---\ny: 1\n", found: [[], ["a"]] },
    { name: "directly above a marker, but indented", text: "x:\n  y: 1\n  # @a\n---\ny: 1\n", found: [["a"], []] },
    { name: "behind a value above a marker", text: "x: 1 # @a\n---\ny: 1\n", found: [["a"], []] },
    { name: "after the end of a document", text: "x: 1\n...\n# @a\n---\ny: 1\n...\n# @b\n", found: [[], ["a"]] },
    { name: "around an empty document", text: "x: 1\n---\n# @a\n---\ny: 1\n", found: [[], ["a"]] },
    { name: "CRLF", text: "# @a\r\nx: 1 # @b\r\n---\r\ny: 1\r\n# @c\r\n", found: [["a", "b"], ["c"]] },
    {
      name: "text that only looks like one",
      text: "a: |\n  # @a\n  x\nb: >-\n  y\n\n  # @b\nc: '\n  # @c'\nd: '# @d'\ne: x#@e\ng: plain\n  #@g\n",
      found: [["g"]],
    },
    { name: "the head of a block scalar", text: "a: | # @a\n  # @b\n", found: [["a"]] },
    { name: "flow style", text: "{a: 1, # @a\n b: [ # @b\n 1]}\n", found: [["a", "b"]] },
  ])("$name", ({ text, found }) => {
    expect(parse(text).map(({ suppressions }) => suppressions("").map(({ policy }) => policy))).toEqual(found);
  });

  test("its place", () => {
    expect(parse("x: 1\ny:\n  - 1 # @a\n")[0]?.suppressions("")).toEqual([
      { policy: "a", reason: "why", until: null, location: { file: "t.yaml", line: 3, column: 7 } },
    ]);
  });

  test("JSON has none", () => {
    const text = JSON.stringify({ a: '# portcullis:ignore a reason="why"' });
    expect(parseDocuments("t.json", text)[0]?.suppressions("")).toEqual([]);
  });
});

describe("the resource of a template", () => {
  const read = (text: string) => excused(readCloudFormation(parse(text)[0]!, { parameters: {}, region: null }));
  test.each([
    {
      name: "above and inside",
      text: "Resources:\n  # @a\n  # b\n  A:\n    Type: X::Y # @c\n    # @d\n  B: # @e\n    Type: X::Y\n",
      found: { A: ["a", "c", "d"], B: ["e"] },
    },
    { name: "a blank line between", text: "Resources:\n  # @a\n\n  A:\n    Type: X::Y\n", found: {} },
    {
      name: "at the margin, but in the middle",
      text: "Resources:\n  A:\n# @a\n    Type: X::Y\n  B:\n    Type: X::Y\n",
      found: { A: ["a"] },
    },
    {
      name: "below the last line, by its column",
      text: "Resources:\n  A:\n    Type: X::Y\n\n    # @a\n  # @b\n  B:\n    Type: X::Y\n",
      found: { A: ["a"], B: ["b"] },
    },
    {
      name: "after the last one",
      text: "Resources:\n  A:\n    Type: X::Y\n    # @a\n  # @b\n# @c\n",
      found: { A: ["a"] },
    },
    {
      name: "of the template, or of another part of it",
      text: "# @a\nMetadata: {} # @b\nResources:\n  A:\n    Type: X::Y\nOutputs:\n    # @c\n    O: # @d\n      Value: 1\n      # @e\n",
      found: {},
    },
    {
      name: "block scalars",
      text: "Resources:\n  A:\n    Type: X::Y\n    Description: |\n      # @a\n    Metadata: | # @b\n      # @c\n",
      found: { A: ["b"] },
    },
    {
      name: "flow style",
      text: "Resources: {A: {Type: X::Y, # @a\n Metadata: {}}, # @b\n # @c\n B: {Type: X::Y}} # @d\n",
      found: { A: ["a"], B: ["c"] },
    },
    {
      name: "flow style in block style",
      text: "Resources:\n  A: {Type: X::Y} # @a\n  B: {Type: X::Y} # @b\n",
      found: { A: ["a"], B: ["b"] },
    },
    {
      name: "CRLF",
      text: "Resources:\r\n  # @a\r\n  A:\r\n    Type: X::Y # @b\r\n  # @c\r\n  B:\r\n    Type: X::Y\r\n",
      found: { A: ["a", "b"], B: ["c"] },
    },
    {
      name: "names of objects",
      text: "Resources:\n  # @a\n  __proto__:\n    Type: X::Y\n  constructor:\n    Type: X::Y\n",
      found: { ["__proto__"]: ["a"] },
    },
    {
      name: "what is folded in, where it surely belongs",
      text: "Resources:\n  B:\n    Type: AWS::S3::Bucket\n  # @a\n  P:\n    Type: AWS::S3::BucketPolicy\n    Properties: {Bucket: !Ref B, PolicyDocument: {}}\n  # @b\n  Q:\n    Type: AWS::S3::BucketPolicy\n    Properties: {Bucket: !ImportValue x, PolicyDocument: {}}\n",
      found: { B: ["a"], P: ["a"], Q: ["b"] },
    },
  ])("$name", ({ text, found }) => {
    const expected = Object.entries(found).map(([id, policies]) => [id, policies]);
    expect(Object.entries(read(text)).sort()).toEqual(expected.sort());
  });
});

test("Kubernetes: the document, and the item of a List", () => {
  const pod = (name: string) => `{apiVersion: v1, kind: Pod, metadata: {name: ${name}}}`;
  const text = `# @a\n${pod("one")}\n---\n# @b\napiVersion: v1\nkind: List\nitems:\n# @c\n- ${pod("two")}\n- apiVersion: v1\n  kind: Pod # @d\n  metadata:\n    name: three\n`;
  expect(excused(parse(text).flatMap(readKubernetes))).toEqual({
    "v1/Pod/default/one": ["a"],
    "v1/Pod/default/two": ["b", "c"],
    "v1/Pod/default/three": ["b", "d"],
  });
});

test("bounds: many comments, and the same objects for each question", () => {
  const text = written("# @a\n".repeat(2_000) + "x: 1\n");
  const [document] = parseDocuments("t.yaml", text);
  expect(document?.suppressions("")).toHaveLength(1_001);
  expect(document?.suppressions("").at(-1)).toMatchObject({ reason: "" });
  expect(document?.suppressions("/x")[3]).toBe(document?.suppressions("")[3]);
  const [deep] = parse(`${"- ".repeat(499)}x # @a\n`);
  expect(deep?.suppressions("/0")).toHaveLength(1);
});

/** Templates whose every line has a place for a comment; where it belongs is known from how the text was made. */
const template = fc.array(
  fc.record({
    above: fc.constantFrom("none", "blank", "direct"),
    inside: fc.constantFrom("none", "key", "type", "deep", "margin", "end"),
    filler: fc.constantFrom(
      "",
      '    Metadata: {a: "# x"}\n',
      "    Metadata: |\n      # @scalar\n",
      "    Metadata: [1, 2]\n",
    ),
    newline: fc.boolean(),
  }),
  { minLength: 1, maxLength: 6 },
);

test("property: a comment belongs to exactly the entry that it is in or directly above", () => {
  fc.assert(
    fc.property(template, fc.constantFrom("\n", "\r\n"), (parts, end) => {
      const expected: Record<string, string[]> = {};
      const lines = parts.map(({ above, inside, filler, newline }, at) => {
        const comment = (where: string, name: string) => (inside === where ? ` # @in${name}` : "");
        const own = [above === "direct" ? `above${at}` : "", inside === "none" ? "" : `in${at}`].filter(
          (each) => each !== "",
        );
        if (own.length > 0) expected[`R${at}`] = own;
        const head = above === "none" ? "" : `  # @above${at}\n${above === "blank" ? "\n" : ""}`;
        const middle = inside === "margin" ? `# @in${at}\n` : inside === "deep" ? `        # @in${at}\n` : "";
        const tail = inside === "end" ? `    # @in${at}\n` : "";
        const key = `  R${at}:${comment("key", String(at))}\n`;
        return `${head}${key}${middle}    Type: X::Y${comment("type", String(at))}\n${filler}${tail}${newline ? "\n" : ""}`;
      });
      const text = `Resources:\n${lines.join("")}Outputs: {}\n`.replaceAll("\n", end);
      expect(excused(readCloudFormation(parse(text)[0]!, { parameters: {}, region: null }))).toEqual(expected);
    }),
  );
});
