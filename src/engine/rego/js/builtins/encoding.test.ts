import fc from "fast-check";
import { describe, test } from "vitest";
import { RegoObject, RegoSet, type Value } from "../values.js";
import { encodingBuiltins } from "./encoding.js";
import { anyText, anyValue, checkAsOpa, context, expectAsOpa } from "./testing/against-opa.js";

const own = encodingBuiltins(context);

const texts: Readonly<Record<string, readonly string[]>> = {
  base64: [
    "",
    "Zm9v",
    "Zm9vYg==",
    "Zm9vYg=",
    "Zm9vYg",
    "Zm9vYh==",
    "Zm9\nv",
    "Zm9vYg=\r\n=",
    "Zm9vYg==\n",
    "\n",
    "====",
    "=",
    "A===",
    "Z m8",
    "Zm8=Zm8=",
    "-_8=",
    "+/8=",
    "/w==",
    "4oI=",
    "77u/YQ==",
    "é",
    "AAAA\u0000",
  ],
  base64url: [
    "",
    "Zm9v",
    "Zm9vYg==",
    "Zm9vYg=",
    "Zm9vYg",
    "Zm9vYgo",
    "Z",
    "Zm9\nv",
    "Zm9vY\ng",
    "-_8=",
    "-_8",
    "+/8=",
    "_w",
    "=",
    "Zm9vYg=a",
    "é",
    "éé",
    "\n",
  ],
  hex: ["", "666f6f", "666F6f", "6", "6g", "ff", "c3a9", "efbbbf61", "é", " 66"],
  urlquery: [
    "",
    "a b",
    "a+b",
    "a%20b",
    "%",
    "%4",
    "%zz",
    "%C3%A9",
    "%c3",
    "%ED%A0%80",
    "a=b&c=d",
    "a=1&a=2&b",
    "&&a&=x",
    "a;b",
    "a=%zz",
    "=",
    "a==b",
    "%3D=%26",
    "é=😀",
    "__proto__=1&constructor=2",
    "!'()*-._~/:@$,;?#[]",
  ],
};

test.each(Object.entries(texts).flatMap(([family, list]) => list.map((text) => [family, text] as const)))(
  "%s %j",
  (family, text) => {
    for (const name of Object.keys(own)) if (name.startsWith(`${family}.`)) expectAsOpa(own, name, [text]);
  },
);

const encoded: readonly Value[] = [
  {},
  { a: "b" },
  { b: ["x", "y"], a: "1 2", "é&": "=" },
  { a: [] },
  { a: 1 },
  { a: ["x", 1] },
  { a: RegoSet.of(["y", "x"]) },
  RegoObject.of([[1, "x"]]),
  RegoObject.of([[["k"], "x"]]),
  { __proto__x: "1", constructor: "2" },
  [],
];

test.each(encoded)("urlquery.encode_object of %j", (object) => {
  expectAsOpa(own, "urlquery.encode_object", [object]);
});

const pieces = (parts: readonly string[]): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...parts), { maxLength: 8 }).map((list) => list.join(""));
const operands: Readonly<Record<string, fc.Arbitrary<Value>>> = {
  base64: fc.oneof(
    anyText,
    pieces(["Zm9v", "YQ==", "YWI=", "\n", "=", "w6k=", "/", "-"]),
    fc.base64String({ maxLength: 12 }),
  ),
  base64url: fc.oneof(anyText, pieces(["Zm9v", "YQ", "YWI=", "\n", "=", "_", "-", "+"])),
  hex: fc.oneof(anyText, pieces(["66", "c3a9", "F0", "6", "g"])),
  urlquery: fc.oneof(anyText, pieces(["a", "b", "=", "&", "%20", "%C3%A9", "+", "%", "%ff", ";", "é", "__proto__"])),
};
const lists = fc.array(anyText, { maxLength: 3 });
const values = fc.oneof<fc.Arbitrary<Value>[]>(
  anyText,
  lists,
  lists.map((items) => RegoSet.of(items)),
);
const objects = fc.oneof(anyValue, fc.dictionary(anyText, values, { maxKeys: 4 }) as fc.Arbitrary<Value>);

describe("as OPA", () => {
  test.each(Object.keys(own))("%s", (name) => {
    const operand = name === "urlquery.encode_object" ? objects : (operands[name.split(".")[0] ?? ""] ?? anyText);
    checkAsOpa(own, name, [operand], 300);
  });
});
