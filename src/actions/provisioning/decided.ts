// Whether a plan that was made later is what was decided on: values that were not known then may be anything now, all else is the same.
import { canonicalJson } from "../../audit/canonical-json.js";
import { pointer } from "../../inventory/pointer.js";
import { isObject, own, setOwn, type Json, type JsonObject } from "../../json.js";
import type { Change, PlannedResource } from "../action.js";
import type { StackPlan } from "./stack-tool.js";

/** By id of what is changed; null where it is removed. */
export type Expected = { readonly [id: string]: Json };

export function expectedOf(changes: readonly Change[]): Expected {
  const expected: { [id: string]: Json } = {};
  for (const { before, after } of changes) {
    const id = (after ?? before)?.resource.id ?? "";
    if (after === null) setOwn(expected, id, null);
    else {
      const { type, config, unknown } = after.resource;
      setOwn(expected, id, {
        type,
        config,
        unknown: unknown.filter((at) => at === "/config" || at.startsWith("/config/")),
      });
    }
  }
  return expected;
}

/**
 * Null where it is; else what is different. `exact` is false where the decision was on what the code says: what the code does not say
 * a provider may fill in, and whoever verifies looks at that.
 */
export function otherThanDecided(
  { changes, resources }: StackPlan,
  { expected, exact }: { readonly expected: Expected; readonly exact: boolean },
): string | null {
  for (const { before, after } of changes) {
    const id = (after ?? before)?.resource.id ?? "";
    if (!Object.hasOwn(expected, id)) return `it would change ${id}, which was not decided on`;
  }
  const there = new Map(resources.map((one) => [one.resource.id, one]));
  for (const [id, wanted] of Object.entries(expected)) {
    const found = there.get(id);
    if (wanted === null && found !== undefined) return `${id} would stay`;
    if (isObject(wanted)) {
      const at = found === undefined ? "" : otherValue(found, wanted, exact);
      if (at !== null) return at === "" ? `${id} would not be there` : `${id} would have another value at ${at}`;
    }
  }
  return null;
}

function otherValue({ resource }: PlannedResource, wanted: JsonObject, exact: boolean): string | null {
  if (own(wanted, "type") !== resource.type) return "/type";
  const unknown = new Set((own(wanted, "unknown") ?? []) as readonly string[]);
  return unknown.has("/config")
    ? null
    : differenceAt(own(wanted, "config") ?? null, resource.config, ["config"], { unknown, exact });
}

interface Rules {
  readonly unknown: ReadonlySet<string>;
  readonly exact: boolean;
}

/** Null and absent are the same: a property that nobody set. */
function differenceAt(wanted: Json, found: Json, path: readonly string[], rules: Rules): string | null {
  const at = pointer([...path]);
  if (rules.unknown.has(at)) return null;
  if (isObject(wanted) && isObject(found)) {
    for (const key of new Set([...Object.keys(wanted), ...(rules.exact ? Object.keys(found) : [])])) {
      const inner = differenceAt(own(wanted, key) ?? null, own(found, key) ?? null, [...path, key], rules);
      if (inner !== null) return inner;
    }
    return null;
  }
  if (Array.isArray(wanted) && Array.isArray(found)) {
    const [one, two] = [wanted as readonly Json[], found as readonly Json[]];
    if (one.length !== two.length) return at;
    for (const [index, item] of one.entries()) {
      const inner = differenceAt(item, two[index] ?? null, [...path, String(index)], rules);
      if (inner !== null) return inner;
    }
    return null;
  }
  return canonicalJson(wanted) === canonicalJson(found) ? null : at;
}
