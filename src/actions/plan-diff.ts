// What a plan changes, property by property, for people. Values are redacted here: a secret that changes still shows that it does.
import { isDeepStrictEqual } from "node:util";
import { pointer, valueAt } from "../inventory/pointer.js";
import { isObject, type Json, type JsonObject } from "../json.js";
import { redactJson, redactText } from "../redact.js";
import type { Change, PlannedResource } from "./action.js";

export interface PropertyChange {
  /** JSON Pointer into the resource. */
  readonly path: string;
  /** Absent where there is no such property. */
  readonly before?: Json;
  /** Absent where there is none, or only the provider knows it. */
  readonly after?: Json;
  /** Known only after the action. */
  readonly isUnknown: boolean;
}

export type Operation = "create" | "update" | "remove";

export interface ResourceChange {
  readonly operation: Operation;
  readonly resource: PlannedResource["resource"];
  readonly properties: readonly PropertyChange[];
}

export function resourceChange({ before, after }: Change): ResourceChange | null {
  const planned = after ?? before;
  if (planned === null) return null;
  const operation = before === null ? "create" : after === null ? "remove" : "update";
  return { operation, resource: planned.resource, properties: propertyChanges(before, after) };
}

/** In the order of the properties as they will be, and then those that go. */
function propertyChanges(before: PlannedResource | null, after: PlannedResource | null): PropertyChange[] {
  const [was, willBe] = [contentOf(before), contentOf(after)];
  const [shownBefore, shownAfter] = [redactJson(was).value, redactJson(willBe).value];
  const unknown = after?.resource.unknown ?? [];
  const paths = new Set<string>();
  if (after !== null && before !== null) collectChanges({ before: was, after: willBe }, [], paths);
  else collectLeaves(before === null ? willBe : was, [], paths);
  const known = [...paths].filter((path) => !unknown.includes(path));
  const changes = known.map((path) => ({
    path: redactText(path),
    ...shownAt("before", [was, shownBefore], path),
    ...shownAt("after", [willBe, shownAfter], path),
    isUnknown: false,
  }));
  const isNew = (path: string): boolean => !(before?.resource.unknown ?? []).includes(path);
  const later = unknown.filter(isNew).map((path) => ({
    path: redactText(path),
    ...shownAt("before", [was, shownBefore], path),
    isUnknown: true,
  }));
  return [...changes, ...later];
}

function contentOf(planned: PlannedResource | null): JsonObject {
  if (planned === null) return {};
  const { name, tags, config } = planned.resource;
  return { name, tags, config };
}

const marker = "<redacted>";

/** Where redaction gave the property another place, nothing of it is shown. */
function shownAt(side: "before" | "after", [plain, redacted]: readonly [Json, Json], path: string): object {
  if (valueAt(plain, path) === undefined) return {};
  return { [side]: valueAt(redacted, path) ?? marker };
}

const deepest = 100;

interface Sides {
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

/** The smallest places at which the two are not the same. */
function collectChanges({ before, after }: Sides, at: readonly (string | number)[], found: Set<string>): void {
  if (isDeepStrictEqual(before, after)) return;
  const keys = at.length >= deepest ? null : keysOf(before, after);
  if (keys === null) {
    found.add(pointer(at));
    return;
  }
  for (const key of keys)
    collectChanges({ before: memberOf(before, key), after: memberOf(after, key) }, [...at, key], found);
}

/** Null where the two cannot be compared member by member. */
function keysOf(before: Json | undefined, after: Json | undefined): readonly (string | number)[] | null {
  if (Array.isArray(before) && Array.isArray(after))
    return Array.from({ length: Math.max(before.length, after.length) }, (_, index) => index);
  if (!isObject(before) || !isObject(after)) return null;
  return [...new Set([...Object.keys(after), ...Object.keys(before)])];
}

function memberOf(value: Json | undefined, key: string | number): Json | undefined {
  return value === undefined ? undefined : valueAt(value, pointer([key]));
}

function collectLeaves(value: Json, at: readonly (string | number)[], found: Set<string>): void {
  const members = at.length >= deepest || value === null || typeof value !== "object" ? [] : Object.entries(value);
  if (members.length === 0) {
    if (at.length > 1 || value !== null) found.add(pointer(at));
    return;
  }
  for (const [key, member] of members) collectLeaves(member, [...at, key], found);
}
