import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { resource } from "../../test/testing/store.js";
import { valueAt } from "../inventory/pointer.js";
import type { JsonObject } from "../json.js";
import type { PlannedResource } from "./action.js";
import { resourceChange } from "./plan-diff.js";

const planned = (config: JsonObject, more: Partial<PlannedResource["resource"]> = {}): PlannedResource => ({
  ...{ resource: resource("b", { config, ...more }), references: [], failures: [] },
});
const lines = (before: PlannedResource | null, after: PlannedResource | null): unknown[] =>
  resourceChange({ before, after })?.properties.map(({ path, before: was = "-", after: is = "-", isUnknown }) => [
    ...[path, was, isUnknown ? "?" : is],
  ]) ?? [];

describe("the properties that change", () => {
  test.each<[string, PlannedResource | null, PlannedResource | null, unknown[]]>([
    ["nothing", planned({ A: 1 }), planned({ A: 1 }), []],
    ["a value", planned({ A: 1, B: 2 }), planned({ A: 3, B: 2 }), [["/config/A", 1, 3]]],
    [
      "one that comes, one that goes",
      planned({ A: 1 }),
      planned({ B: 2 }),
      [
        ["/config/B", "-", 2],
        ["/config/A", 1, "-"],
      ],
    ],
    [
      "one deep below",
      planned({ A: { "b/c": [1, 2] } }),
      planned({ A: { "b/c": [1, 3] } }),
      [["/config/A/b~1c/1", 2, 3]],
    ],
    ["an element more", planned({ A: [1] }), planned({ A: [1, 2] }), [["/config/A/1", "-", 2]]],
    ["another kind of value", planned({ A: { B: 1 } }), planned({ A: [1] }), [["/config/A", { B: 1 }, [1]]]],
    ["a tag", planned({}, { tags: { a: "1" } }), planned({}, { tags: { a: "2" } }), [["/tags/a", "1", "2"]]],
    ["known later", planned({ A: 1 }), planned({}, { unknown: ["/config/A"] }), [["/config/A", 1, "?"]]],
    ["a name of every object", planned({}), planned({ constructor: 1 }), [["/config/constructor", "-", 1]]],
    [
      "a secret",
      planned({ MasterUserPassword: "old-secret-1" }),
      planned({ MasterUserPassword: "new-secret-2" }),
      [["/config/MasterUserPassword", "<redacted>", "<redacted>"]],
    ],
    [
      "created",
      null,
      planned({ A: { B: 1 }, C: [] }, { name: null }),
      [
        ["/config/A/B", "-", 1],
        ["/config/C", "-", []],
      ].concat([]),
    ],
  ])("%s", (_name, before, after, expected) => {
    const found = lines(before, after).filter((line) => (line as string[])[0] !== "/tags");
    expect(found).toEqual(expected);
  });

  test("a name that is a secret shows neither itself nor what it holds", () => {
    const name = `ghp_${"a1B2c3D4e5F6".repeat(3)}`;
    const text = JSON.stringify(lines(planned({}), planned({ [name]: "held" })));
    expect(text).not.toContain("a1B2");
    expect(text).not.toContain("held");
  });
});

test("what is not the same is always named, and what is the same never", () => {
  const config = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }));
  fc.assert(
    fc.property(config, config, (was, is) => {
      const [before, after] = [JSON.parse(JSON.stringify(was)), JSON.parse(JSON.stringify(is))] as JsonObject[];
      const paths = resourceChange({ before: planned(before!), after: planned(after!) })!.properties.map(
        ({ path }) => path,
      );
      expect(paths.length === 0).toBe(JSON.stringify(sorted(before)) === JSON.stringify(sorted(after)));
      for (const path of paths)
        expect(valueAt({ config: before! }, path)).not.toEqual(valueAt({ config: after! }, path));
    }),
  );
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .map(([key, member]) => [key, sorted(member)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
