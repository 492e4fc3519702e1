import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pointer } from "../../src/inventory/pointer.js";
import { isObject, type Json } from "../../src/json.js";
import { decodeText, parseDocuments, TextError } from "./document.js";

describe("text that is not JSON or YAML", () => {
  test.each([
    { name: "a.json", text: "", message: "it is empty; expected JSON or YAML" },
    {
      name: "a.json",
      text: '{"a": [1, 2',
      message: "it is not JSON: line 1, column 12: the end of the file came too early: is it truncated?",
    },
    { name: "a.json", text: '{\n  "a": 1,\n  b: 2}', message: "it is not JSON: line 3, column 3: invalid symbol" },
    { name: "a.json", text: "[".repeat(501) + "]".repeat(501), message: "it is nested more than 500 deep" },
    { name: "a.yaml", text: "[".repeat(10_000), message: "it is nested more than 500 deep" },
    { name: "a.yaml", text: "- ".repeat(10_000) + "x", message: "it is nested more than 500 deep" },
    { name: "a.yaml", text: "a: &a [*a]", message: "it is nested more than 500 deep" },
    { name: "a.yaml", text: "a: 1\na: 2\n", message: 'it is not YAML as expected: the key "a" is there twice' },
    { name: "a.yaml", text: "? [1]\n: 2\n", message: "it has a key that is a list or a map; expected text" },
  ])("$name $message", ({ name, text, message }) => {
    expect(() => parseDocuments(name, text)).toThrow(message);
  });

  test("aliases that expand without end", () => {
    const levels = Array.from(
      { length: 9 },
      (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level}, `.repeat(9)}]`,
    );
    const text = ["a0: &a0 [x, x, x, x, x, x, x, x, x]", ...levels].join("\n");
    expect(() => parseDocuments("a.yaml", text)).toThrow(/aliases/);
  });
});

test.each([
  { bytes: [0x61, 0x0a, 0xff], message: "it is not UTF-8 text", line: 2 },
  { bytes: [0xff, 0xfe, 0x61, 0x00], message: /UTF-16/, line: null },
  { bytes: [0x7b, 0x00, 0x7d], message: /binary/, line: 1 },
])("bytes $bytes are not text", ({ bytes, message, line }) => {
  expect(() => decodeText(Uint8Array.from(bytes))).toThrow(message);
  try {
    decodeText(Uint8Array.from(bytes));
  } catch (error) {
    expect((error as TextError).line).toBe(line);
  }
});

describe("values", () => {
  test.each([
    { text: "a: {__proto__: {b: 1}}", value: JSON.parse('{"a": {"__proto__": {"b": 1}}}') as Json },
    { text: "base: &b {x: 1, y: 2}\nown: {<<: *b, y: 3}", value: { base: { x: 1, y: 2 }, own: { y: 3, x: 1 } } },
    {
      text: "a: yes\nb: 'on'\nc: 012\nd: 1e3\ne: ~\nf: 2026-11-23\ng: off",
      value: { a: true, b: "on", c: 10, d: 1000, e: null, f: "2026-11-23", g: false },
    },
    {
      text: "a: !Ref X\nb: !GetAtt X.Y.Z\nc: !Sub 'a-${B}'\nd: !If [C, 1, !Ref 'AWS::NoValue']",
      value: {
        a: { Ref: "X" },
        b: { "Fn::GetAtt": ["X", "Y.Z"] },
        c: { "Fn::Sub": "a-${B}" },
        d: { "Fn::If": ["C", 1, { Ref: "AWS::NoValue" }] },
      },
    },
    { text: "a: &x 1\nb: *x\nc: &x 2\nd: *x", value: { a: 1, b: 1, c: 2, d: 2 } },
    { text: "a: !vault secret", value: { a: "secret" } },
    { text: "1: a\ntrue: b", value: { "1": "a", true: "b" } },
  ])("$text", ({ text, value }) => {
    expect(parseDocuments("a.yaml", text)[0]?.value).toEqual(value);
    expect(({} as { b?: number }).b).toBeUndefined();
  });

  test("as conftest reads them, tags say nothing", () => {
    expect(parseDocuments("a.yaml", "a: !Ref X\nb: !Join ['', [x]]")[0]?.untagged()).toEqual({
      a: "X",
      b: ["", ["x"]],
    });
  });

  test("a large map and many aliases take no more than their size", () => {
    const keys = Array.from({ length: 50_000 }, (_, at) => `k${at}: *a`).join("\n");
    expect(Object.keys(parseDocuments("a.yaml", `a: &a 1\n${keys}`)[0]?.value as object).length).toBe(50_001);
  });

  test("several documents, empty ones left out, each with its own place", () => {
    const documents = parseDocuments("a.yaml", "a: 1\n---\n---\nb:\n  - c: 2\n");
    expect(documents.map(({ index, value }) => ({ index, value }))).toEqual([
      { index: 0, value: { a: 1 } },
      { index: 2, value: { b: [{ c: 2 }] } },
    ]);
    expect(documents[1]?.locate("/b/0/c")).toEqual({ file: "a.yaml", line: 5, column: 5 });
    expect(documents[1]?.locate("/b/7/x")).toEqual({ file: "a.yaml", line: 4, column: 1 });
  });
});

test("a place in JSON is where its key or element stands", () => {
  const any = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.jsonValue({ maxDepth: 1 }),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(fc.string(), tie("value"), { maxKeys: 4 }),
    ),
  })).value as fc.Arbitrary<Json>;
  fc.assert(
    fc.property(any, fc.constantFrom(undefined, 1, "\t"), (value, indent) => {
      const text = JSON.stringify({ top: value }, null, indent);
      const [document] = parseDocuments("a.json", text);
      const lines = text.split("\n");
      for (const { path, key } of paths(JSON.parse(text) as Json, [])) {
        const place = document?.locate(pointer(path));
        const rest = lines[(place?.line ?? 0) - 1]?.slice((place?.column ?? 0) - 1) ?? "";
        expect(rest.startsWith(key)).toBe(true);
      }
    }),
  );
});

/** Every pointer with the text that stands at its place: the quoted key, or the start of the element. */
function paths(value: Json, path: readonly string[]): { path: string[]; key: string }[] {
  if (Array.isArray(value)) {
    return (value as readonly Json[]).flatMap((item, at) => [
      { path: [...path, String(at)], key: JSON.stringify(item).slice(0, 1) },
      ...paths(item, [...path, String(at)]),
    ]);
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => [
    { path: [...path, key], key: JSON.stringify(key) },
    ...paths(item, [...path, key]),
  ]);
}
