/** The parts of a resource that Terraform declares: what it says itself, in its own words. */
import { parsePointer } from "../../src/inventory/pointer.js";
import type { DeclaredResource, ScannedResource } from "../../src/inventory/scan-item.js";
import { isValueObject, withDoubts, type Value } from "./doubtful.js";
import { inlineArguments } from "./from-config.js";
import type { Part } from "./part.js";

export function partsOfDeclared(item: ScannedResource, declared: readonly DeclaredResource[]): Part[] {
  return declared.map((one, index) => {
    const isOwner = index === 0;
    const values = valuesOf(one, isOwner);
    return {
      type: one.type,
      name: one.address,
      values: isOwner && isValueObject(values) ? { ...inlineArguments(item, one.type), ...present(values) } : values,
      coverage: null,
      references: byArgument(one.references),
      location: isOwner ? null : one.locate(""),
    };
  });
}

function valuesOf({ values, unknown }: DeclaredResource, isOwner: boolean): Value {
  const doubts = unknown.map((at) => {
    const pointer = isOwner ? `/raw${at}` : null;
    return [at, { kind: "unknown", pointer, message: "known after apply" }] as const;
  });
  return withDoubts(values, doubts);
}

/** A plan lists what is not set as null, and blocks that are not there as empty lists. */
function present(values: { readonly [argument: string]: Value }): { readonly [argument: string]: Value } {
  const set = Object.entries(values).filter(
    ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(set);
}

function byArgument(references: ReadonlyMap<string, readonly string[]>): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const [at, ids] of references) {
    const argument = parsePointer(at)[0] ?? "";
    if (ids.length > 0) found.set(argument, [...new Set([...(found.get(argument) ?? []), ...ids])]);
  }
  return found;
}
