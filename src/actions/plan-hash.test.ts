import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json, JsonObject } from "../json.js";
import type { Plan } from "./action.js";
import { planHash } from "./plan-hash.js";
import { bucket, planOf } from "./testing/proposals.js";

const plan = planOf([{ before: bucket("a"), after: bucket("a", { Versioning: "Enabled" }) }]);

/** The same value with the keys of every object in another order. */
function shuffled(value: Json, order: (keys: string[]) => string[]): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map((inner) => shuffled(inner, order));
  if (typeof value !== "object" || value === null) return value;
  const object = value as JsonObject;
  return Object.fromEntries(order(Object.keys(object)).map((key) => [key, shuffled(object[key] as Json, order)]));
}

/** Every place of a value that can be changed by itself. */
function leaves(value: Json, at: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [at];
  return Object.entries(value).flatMap(([key, inner]: [string, Json]) => leaves(inner, [...at, key]));
}

function changed(value: Json, [key, ...rest]: readonly string[]): Json {
  if (key === undefined) return value === "changed" ? "otherwise" : "changed";
  const copy = structuredClone(value) as { [key: string]: Json };
  copy[key] = changed(copy[key] as Json, rest);
  return copy;
}

test("the order of keys is no difference", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.boolean(), (parameters, reversed) => {
      const order = (keys: string[]): string[] => (reversed ? keys.toReversed() : keys.toSorted());
      const [given, other] = [parameters as JsonObject, shuffled(parameters as JsonObject, order)];
      expect(planHash("k", other, shuffled(plan as unknown as Json, order) as unknown as Plan)).toBe(
        planHash("k", given, plan),
      );
    }),
    { numRuns: 50 },
  );
});

test("every other fact is one, but when and where resources were read", () => {
  const before = planHash("k", {}, plan);
  const all = leaves(plan as unknown as Json);
  const same = all.filter(
    (at) => planHash("k", {}, changed(plan as unknown as Json, at) as unknown as Plan) === before,
  );
  expect(same.length).toBeGreaterThan(0);
  expect(same.filter((at) => at[4] !== "source")).toEqual([]);
  expect(all.filter((at) => at[4] === "source")).toEqual(same);
  expect(planHash("other", {}, plan)).not.toBe(before);
  expect(planHash("k", { a: null }, plan)).not.toBe(before);
});

test("a key __proto__ is a difference", () => {
  const own = JSON.parse('{"__proto__":{"a":1}}') as JsonObject;
  expect(planHash("k", own, plan)).not.toBe(planHash("k", {}, plan));
});
