import { expect, test } from "vitest";
import { clashes, declarations, withReads, type Declared } from "./metadata.js";
import type { InspectedModule } from "./rego-compiler.js";

const custom = { severity: "low", types: ["T"], aliases: ["former"] };

function described(path: string, keys: Readonly<Record<string, unknown>> = custom): InspectedModule {
  const annotations = {
    line: 1,
    title: "T",
    description: "",
    relatedResources: [],
    organizations: [],
    custom: { ...keys },
  };
  const rules = [{ name: "deny", line: 9, args: 0, default: false, cases: false }];
  return { path: `${path}.rego`, version: "v1", package: path, line: 8, annotations, rules };
}

function declared(path: string): Declared {
  return declarations([described(path)], []).policies[0]!;
}

test("a user's policy with the id or the former id of a shipped one", () => {
  const place = { file: "a/b.rego", line: 8, column: 1 };
  const message = "a-b is the id of a policy that ships with Portcullis; name the package otherwise";
  const user = [declared("a/b")];
  expect(clashes(user, [declared("a/b")])).toEqual([{ message, places: [place] }]);
  expect(clashes(user, [{ ...declared("c/d"), aliases: ["a-b"] }])).toEqual([{ message, places: [place] }]);
  expect(clashes(user, [declared("c/d")])).toEqual([]);
});

test("an alias that two policies claim", () => {
  expect(() => declarations([described("a/b"), described("c/d")], [])).toThrow(
    "policies are not valid:\n  a/b.rego:8:1, c/d.rego:8:1: 2 policies have the id former",
  );
});

test("conftest's rules with a severity of their own are document policies in their namespace", () => {
  const { policies, documentPolicies } = declarations([described("main", { severity: "low" })], ["main"]);
  expect([policies.length, documentPolicies.map(({ entrypoint }) => entrypoint)]).toEqual([0, ["main/deny"]]);
});

test("what deny and applies read is put together; without an analysis it is all", () => {
  const policy = { ...declared("a/b"), hasApplies: true };
  const reads = new Map([
    ["a/b/deny", { input: [["config", "A"]], inventory: null }],
    ["a/b/applies", { input: [["region"], ["config", "A"]], inventory: [["type"]] }],
  ]);
  expect(withReads(policy, { reads }).reads).toEqual({
    input: [["config", "A"], ["region"]],
    inventory: [["type"]],
  });
  expect(withReads(policy, { reads: new Map() }).reads).toEqual({ input: [[]], inventory: [[]] });
});
