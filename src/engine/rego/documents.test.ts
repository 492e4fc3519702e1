import { beforeAll, describe, expect, test } from "vitest";
import { PortcullisError } from "../../errors.js";
import { combineData, compileToDocuments, type Documents } from "./documents.js";
import { parseJson, toJsonText, type PlainObject } from "./js/values.js";

const text = `package app.authz
default allow := false
allow if input.user == "alice"
roles contains role if some role in data.roles[input.user]
limits := {"cpu": [1, 2, 3], "1": "one"}
tagged[name] := count(name) if some name in ["a", "bb"]
fruit.apple.seeds := 12
double(x) := 2 * x
broken := 1 / 0
slow if { some i in numbers.range(1, 100000); some j in numbers.range(1, 1000000); i + j < 0 }
`;
const other = `package app.authz.deeper["and/so on"]
here := true
`;
const data =
  '{"roles": {"alice": ["admin"], "bob": []}, "app": {"name": "shop", "authz": {"note": "base"}}, "list": [10, {"x": 20}], "big": 12345678901234567890}';

let documents: Documents;
beforeAll(async () => {
  const modules = [
    { path: "a.rego", text, version: "v1" as const },
    { path: "b.rego", text: other, version: "v1" as const },
  ];
  const budget = { steps: 1_000_000, bytes: 64 * 1024 * 1024 };
  documents = await compileToDocuments({ modules, data: parseJson(data) as PlainObject }, { budget });
}, 120_000);

const read = (path: string, input?: string): string | undefined => {
  const segments = path.split("/").filter((segment) => segment !== "");
  const value = documents.at(segments).read(input === undefined ? undefined : parseJson(input));
  return value === undefined ? undefined : toJsonText(value);
};

describe("a document", () => {
  test.each([
    ["app/authz/allow", '{"user":"alice"}', "true"],
    ["app/authz/allow", undefined, "false"],
    ["app/authz/roles", '{"user":"alice"}', '["admin"]'],
    ["app/authz/roles/admin", '{"user":"alice"}', '"admin"'],
    ["app/authz/limits/cpu/1", undefined, "2"],
    ["app/authz/limits/cpu/9", undefined, undefined],
    ["app/authz/tagged/bb", undefined, "2"],
    ["app/authz/fruit/apple", undefined, '{"seeds":12}'],
    ["app/authz/fruit/apple/seeds", undefined, "12"],
    ["app/authz/double", undefined, undefined],
    ["app/authz/broken", undefined, undefined],
    ["app/authz/note", undefined, '"base"'],
    ["app/name", undefined, '"shop"'],
    ["list/1/x", undefined, "20"],
    ["big", undefined, "12345678901234567890"],
    ["nothing/here", undefined, undefined],
    ["__proto__", undefined, undefined],
    ["app/__proto__/constructor", undefined, undefined],
    ["app/authz/limits/__proto__", undefined, undefined],
    ["app/authz/limits/constructor", undefined, undefined],
    ["app/authz/../authz", undefined, undefined],
  ])("%s of %s is %s", (path, input, expected) => {
    expect(read(path, input)).toBe(expected);
  });

  test("of a package with a name that no path of OPA's compiler can say", () => {
    expect(documents.at(["app", "authz", "deeper", "and/so on", "here"]).read(undefined)).toBe(true);
  });

  test("errors of functions end the evaluation only where they are strict", () => {
    expect(() => documents.strict().at(["app", "authz", "broken"]).read(undefined)).toThrow(/divide by zero/);
  });

  test("an endless policy ends with its budget", () => {
    expect(() => documents.at(["app", "authz", "slow"]).read(undefined)).toThrow(/used up its budget/);
  });
});

test("data that is given twice is refused, and neither is changed", () => {
  const a = { x: { y: 1 } };
  expect(toJsonText(combineData(a, { x: { z: 2 } }, "second"))).toBe('{"x":{"y":1,"z":2}}');
  expect(a).toEqual({ x: { y: 1 } });
  expect(() => combineData(a, { x: { y: 1 } }, "second")).toThrow("second: data.x.y is given by other data too");
});

test("modules that do not compile are named with their places", async () => {
  const modules = [{ path: "bad.rego", text: "package bad\nx := y\n", version: "v1" as const }];
  const failed = compileToDocuments({ modules, data: {} }, {});
  await expect(failed).rejects.toThrow(PortcullisError);
  await expect(failed).rejects.toThrow(/bad\.rego:2:6: var y is unsafe/);
});
