// Whatever a state can say of a resource is compared: another value of it is drift, and so is one that nobody wanted.
import { describe, expect, test } from "vitest";
import { driftOf } from "../../src/inventory/drift/drift-of.js";
import type { Coverage } from "../../src/inventory/drift/drift.js";
import type { Json, JsonObject } from "../../src/json.js";
import { unreadByAws } from "../aws/unread.js";
import { awsTypes } from "../aws/index.js";
import { coverageOfType, wholeCoverage } from "./coverage.js";

function places(coverage: Coverage, at: readonly string[] = []): (readonly string[])[] {
  if (coverage === "all") return [at];
  return Object.entries(coverage).flatMap(([key, inside]) => places(inside, [...at, key]));
}

const placed = (place: readonly string[], value: Json): JsonObject =>
  place.reduceRight<Json>((inner, key) => ({ [key]: inner }), value) as JsonObject;

function changes(type: string, desired: JsonObject, live: JsonObject): number {
  const of = { id: "arn:x", provider: "aws", type, name: null, account: null, region: null, tags: {} };
  const wanted = { ...of, config: desired, address: "x", coverage: coverageOfType(type, []), unknown: [], secrets: [] };
  return driftOf(
    { ...wanted, redacted: false, against: "terraform", source: "s" },
    { ...of, config: live, failures: [] },
  ).changes.length;
}

const all = awsTypes().flatMap((type) =>
  places(wholeCoverage(type)).map((place) => [type, place.join("/"), place] as const),
);

test.each(all)("%s %s", (type, _, place) => {
  const [one, other] = [placed(place, "one-value"), placed(place, "another-value")];
  expect(changes(type, one, other)).toBe(1);
  expect(changes(type, {}, other)).toBe(1);
  expect(changes(type, one, {})).toBe(1);
  expect(changes(type, one, one)).toBe(0);
});

describe("what is said to be unread", () => {
  const listed = Object.entries(unreadByAws).flatMap(([type, list]) => list.map((place) => [type, place] as const));
  test.each(listed)("%s %s can be wanted", (type, place) => {
    expect(places(wholeCoverage(type)).some((one) => `${one.join("/")}/`.startsWith(`${place}/`))).toBe(true);
  });
});
