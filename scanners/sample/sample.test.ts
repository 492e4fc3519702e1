import { expect, test } from "vitest";
import { systemClock } from "../../src/clock.js";
import type { Resource } from "../../src/inventory/resource.js";
import { soundEstate } from "./estate.js";
import { faults } from "./faults.js";
import { isAbout, scanSample } from "./index.js";

test("every fault is about exactly one resource of the estate", () => {
  const estate = [...soundEstate()];
  const missed = faults.filter((fault) => estate.filter((piece) => isAbout(fault, piece)).length !== 1);
  expect(missed).toEqual([]);
});

test("the estate has about 300 resources with ids of their own, in three regions", async () => {
  const resources: Resource[] = [];
  for await (const item of scanSample(systemClock)) if (item.kind === "resource") resources.push(item.resource);
  expect(new Set(resources.map(({ id }) => id)).size).toBe(resources.length);
  expect(resources.length).toBeGreaterThan(250);
  expect(new Set(resources.map(({ region }) => region))).toEqual(
    new Set([null, "us-east-1", "us-west-2", "eu-west-1"]),
  );
});
