// Values that a scan does not keep, since they are secret: that both sides have one says nothing of whether it is the same.
import { isObject, own, type Json } from "../../json.js";
import { keepable } from "../../redact.js";
import { pointer } from "../pointer.js";
import type { PropertyChange, Uncompared } from "./drift.js";

export const hiddenText = "<redacted>";

interface Side {
  readonly config: Json;
}

/** Both sides in their normal form. What is known to differ is no doubt. */
export function hiddenValues(
  wanted: Side,
  found: Side,
  changes: readonly Pick<PropertyChange, "path">[],
): readonly Uncompared[] {
  const differs = (path: string): boolean =>
    changes.some((change) => change.path === path || path.startsWith(`${change.path}/`));
  return hiddenPlaces(wanted.config, found.config, ["config"])
    .filter((path) => !differs(path))
    .map((path) => ({ path, reason: "it is a secret, of which a scan keeps no value" }));
}

/** A list is one place. */
function hiddenPlaces(wanted: Json, found: Json, at: readonly string[]): string[] {
  if (isObject(wanted) && isObject(found)) {
    return Object.entries(found).flatMap(([key, value]) => {
      const other = own(wanted, key);
      return other === undefined ? [] : hiddenPlaces(other, value, [...at, key]);
    });
  }
  return holdsHidden(found, at) || holdsHidden(wanted, at) ? [pointer(at)] : [];
}

function holdsHidden(value: Json, at: readonly string[]): boolean {
  if (typeof value === "string") return value.includes(hiddenText) || isShortSecret(value, at);
  if (Array.isArray(value)) return (value as readonly Json[]).some((one) => holdsHidden(one, at));
  return isObject(value) && Object.entries(value).some(([key, one]) => holdsHidden(one, [...at, key]));
}

/** Of a short one the length is kept: `*` may also be what somebody wrote. */
function isShortSecret(value: string, at: readonly string[]): boolean {
  if (!/^\*{1,9}$/.test(value) || !at.includes("Variables")) return false;
  return keepable(at.at(-1) ?? "", "x") === "*";
}
