// What Terraform's states can say of a type, from the mapping's own words: of anything else of a live resource nothing is wanted.
import { bothCovered, lessCovered } from "../../src/inventory/drift/coverage.js";
import type { Coverage } from "../../src/inventory/drift/drift.js";
import { setOwn } from "../../src/json.js";
import { services } from "../terraform/mapping/index.js";
import type { Reader, Shape } from "../terraform/mapping/shape.js";

const known = new Map<string, Coverage>();

/** `unread`: places (`A/B`) that can be wanted and that nobody reads. */
export function coverageOfType(type: string, unread: readonly string[]): Coverage {
  const before = known.get(type);
  if (before !== undefined) return before;
  const coverage = lessCovered(wholeCoverage(type), unread);
  known.set(type, coverage);
  return coverage;
}

/** Without regard to what is read. */
export function wholeCoverage(type: string): Coverage {
  const shapes = services.flatMap((service) => [
    ...service.types.filter((mapping) => mapping.type === type).map(({ properties }) => properties),
    ...service.satellites.filter(({ owner }) => owner === type).map(({ properties }) => properties),
  ]);
  return shapes.map(coverageOfShape).reduce<Coverage>(bothCovered, {});
}

function coverageOfShape(shape: Shape): Coverage {
  const coverage: { [property: string]: Coverage } = {};
  for (const [property, reader] of Object.entries(shape)) setOwn(coverage, property, coverageOfReader(reader));
  return coverage;
}

function coverageOfReader(reader: Reader): Coverage {
  switch (reader.kind) {
    case "block":
    case "blocks":
    case "object":
    case "group":
      return coverageOfShape(reader.shape);
    case "only":
      return coverageOfReader(reader.reader);
    case "concat":
      return reader.parts.map(coverageOfReader).reduce(bothCovered);
    case "attributes":
      return Object.fromEntries(Object.keys(reader.keys).map((key) => [key, "all" as const]));
    case "scalar":
    case "json":
    case "any":
    case "constant":
    case "custom":
      return "all";
  }
}
