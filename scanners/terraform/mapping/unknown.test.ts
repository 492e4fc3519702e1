import fc from "fast-check";
import { expect, test } from "vitest";
import { setOwn, type Json } from "../../../src/json.js";
import { mapTerraform } from "../map.js";
import { mappings } from "./index.js";
import type { Reader, Shape, TypeMapping } from "./shape.js";
import { evaluated } from "./testing/evaluated.js";

/** A place in the source that a mapping reads, and the top property that comes from it. */
interface Pair {
  readonly source: readonly string[];
  readonly target: string;
}

function pairsOf(shape: Shape, base: readonly string[], target: string): Pair[] {
  return Object.entries(shape).flatMap(([property, reader]) => readerPairs(reader, base, `${target}/${property}`));
}

function readerPairs(reader: Reader, base: readonly string[], target: string): Pair[] {
  const path = (from: string) => [...base, ...from.split(".").join(".0.").split(".")];
  switch (reader.kind) {
    case "scalar":
    case "json":
    case "any":
      return [{ source: path(reader.from), target }];
    case "block":
      return [{ source: path(reader.from), target }, ...pairsOf(reader.shape, [...path(reader.from), "0"], target)];
    case "blocks":
      return [
        { source: path(reader.from), target },
        ...pairsOf(reader.shape, [...path(reader.from), "2"], `${target}/2`),
      ];
    case "object":
    case "group":
      return pairsOf(reader.shape, base, target);
    case "only":
      return readerPairs(reader.reader, base, `${target}/0`);
    case "concat":
      return reader.parts.flatMap((part) => readerPairs(part, base, target).map((pair) => ({ ...pair, target })));
    case "attributes":
      return Object.values(reader.keys).map(({ from }) => ({ source: path(from), target }));
    case "custom":
      return reader.from.map((from) => ({ source: path(from), target }));
    case "constant":
      return [];
  }
}

const all = [...mappings].flatMap(([terraform, mapping]: [string, TypeMapping]) =>
  pairsOf(mapping.properties, [], "/config").map((pair) => ({ terraform, pair })),
);

/** The values around an unknown pointer, as a plan has them (the containers are there) or not at all. */
function around(source: readonly string[]): Json {
  const [first, ...rest] = source;
  if (first === undefined || rest.length === 0) return {};
  const inner = around(rest);
  const object: { [key: string]: Json } = {};
  if (/^\d+$/.test(rest[0] ?? ""))
    setOwn(
      object,
      first,
      Array.from({ length: Number(rest[0]) + 1 }, () => around(rest.slice(1))),
    );
  else setOwn(object, first, inner);
  return object;
}

const covers = (left: string, right: string) => right === left || right.startsWith(`${left}/`);

test("every unknown under a mapped argument is covered by an unknown pointer", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...all),
      fc.integer({ min: 0, max: 12 }),
      fc.boolean(),
      ({ terraform, pair }, cut, present) => {
        const source = pair.source.slice(0, Math.max(1, pair.source.length - (cut % pair.source.length)));
        const values = present ? around(source) : {};
        const unknown = [`/${source.join("/")}`];
        const [item] = mapTerraform([evaluated(`${terraform}.x`, values as { [key: string]: Json }, { unknown })], {
          scanner: "terraform",
          uri: ".",
        });
        const found =
          item?.resource.unknown.filter((each) => covers(each, pair.target) || covers(pair.target, each)) ?? [];
        expect(found, `${terraform} ${unknown.join()} -> ${pair.target}`).not.toEqual([]);
      },
    ),
    { numRuns: 3000 },
  );
});
