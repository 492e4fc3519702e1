import type { ScannedResource } from "../inventory/scan-item.js";
import { parsePointer } from "../inventory/pointer.js";
import type { Json } from "../json.js";
import { keepable } from "../redact.js";
import type { TraceEntry } from "./rego/engine.js";
import type { Explanation, ReadValue } from "./verdict.js";

const longest = 120;

/** What an evaluation did, as people read it: each value with its place in the source, each rule with its line. */
export function explanationOf(
  entries: readonly TraceEntry[],
  item: ScannedResource,
  others: ReadonlyMap<string, ScannedResource>,
): Explanation {
  const rules = new Map<string, Explanation["rules"][number]>();
  const reads: ReadValue[] = [];
  for (const entry of entries) {
    if (entry.kind === "read") {
      const owner = entry.resource === null ? item : others.get(entry.resource);
      reads.push(readValue(entry, owner));
    } else {
      const { file, row, column } = entry.location;
      rules.set(`${file}:${row}:${entry.rule}`, { rule: entry.rule, location: { file, line: row, column } });
    }
  }
  return { rules: [...rules.values()], reads };
}

function readValue(
  { resource, pointer, value }: Extract<TraceEntry, { kind: "read" }>,
  owner: ScannedResource | undefined,
): ReadValue {
  const isUnknown = owner !== undefined && isBelow(pointer, owner.resource.unknown);
  return {
    resource,
    path: pointer,
    value: value === undefined || isUnknown ? null : shortened(parsePointer(pointer), value),
    state: isUnknown ? "unknown" : value === undefined ? "absent" : "present",
    location: owner?.locate(pointer) ?? null,
  };
}

function isBelow(pointer: string, unknown: readonly string[]): boolean {
  return unknown.some((other) => pointer === other || pointer.startsWith(`${other}/`));
}

/** Texts without secrets and cut to a line; collections by their size, since their parts are read one by one. */
function shortened(path: readonly string[], value: Json): Json {
  if (typeof value === "string") {
    const kept = path.slice(-2).reduce((text, name) => keepable(name, text), value);
    return kept.length > longest ? `${kept.slice(0, longest)}...` : kept;
  }
  if (Array.isArray(value)) return `[${value.length} elements]`;
  return typeof value === "object" && value !== null ? `{${Object.keys(value).length} keys}` : value;
}
