import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { actionParameters } from "./action-parameters.js";

const folder = mkdtempSync(join(tmpdir(), "portcullis-parameters-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const schema = {
  properties: {
    name: { type: "string" },
    ids: { type: "array", items: { type: "string" } },
    count: { type: "integer" },
    mode: { anyOf: [{ const: "a" }, { const: "b" }] },
    any: {},
  },
};

describe("pairs", () => {
  test.each<[string[], object]>([
    [["name=5"], { name: "5" }],
    [["name=a=b"], { name: "a=b" }],
    [["mode=a", "count=5"], { mode: "a", count: 5 }],
    [["ids=1", "ids=2"], { ids: ["1", "2"] }],
    [['ids=["x","y"]'], { ids: ["x", "y"] }],
    [['any={"a":[1]}'], { any: { a: [1] } }],
    [["any=text", "other=true"], { any: "text", other: true }],
    [["any=2026-01-31"], { any: "2026-01-31" }],
  ])("%j", async (parameter, expected) => {
    expect(await actionParameters({ parameter }, schema)).toEqual(expected);
  });

  test.each([[["name"]], [["=x"]], [["name=a", "name=b"]], [['any={"a":1,"a":2}']], [["any=[1"]]])(
    "%j is refused",
    async (parameter) => {
      await expect(actionParameters({ parameter }, schema)).rejects.toMatchObject({ code: "usage" });
    },
  );

  test("a name of every object is one like any other", async () => {
    const found = await actionParameters({ parameter: ["__proto__=1", "constructor=2"] }, schema);
    expect(Object.keys(found).sort()).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
  });
});

test("a file, over which pairs win", async () => {
  const parameters = file("p.yaml", "name: a\ncount: 1\n");
  expect(await actionParameters({ parameters, parameter: ["name=b"] }, schema)).toEqual({ name: "b", count: 1 });
});

test.each([
  ["list.json", "[1]"],
  ["broken.json", "{"],
  ["deep.json", `{"a":${"[".repeat(100)}${"]".repeat(100)}}`],
  ["twice.json", '{"a":1,"a":2}'],
])("%s says which file", async (name, text) => {
  await expect(actionParameters({ parameters: file(name, text) }, schema)).rejects.toThrow(name);
});
