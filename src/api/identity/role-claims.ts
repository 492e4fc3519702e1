// From the claims of a token to roles: by the configured mapping, and by nothing else.
import { isObject, own, type Json, type JsonObject } from "../../json.js";
import { roles, type Role } from "../access.js";
import type { IssuerSettings } from "./identity-settings.js";

export function rolesOf(
  claims: JsonObject,
  { rolesClaim = "roles", roles: mapping }: Pick<IssuerSettings, "rolesClaim" | "roles">,
): readonly Role[] {
  const path = typeof rolesClaim === "string" ? pathOf(claims, rolesClaim) : rolesClaim;
  const values = new Set(valuesAt(claims, path));
  return roles.filter((role) => mapping[role]?.some((value) => values.has(value)) === true);
}

/** A claim may have dots in its name, as those that are addresses do. */
function pathOf(claims: JsonObject, name: string): readonly string[] {
  return Object.hasOwn(claims, name) ? [name] : name.split(".");
}

function valuesAt(claims: JsonObject, path: readonly string[]): readonly string[] {
  let value: Json | undefined = claims;
  for (const key of path) value = isObject(value) ? own(value, key) : undefined;
  if (Array.isArray(value)) return value.filter((one) => typeof one === "string");
  if (typeof value !== "string") return [];
  // OAuth's scopes are words in one text. Other claims are not taken apart: a group may have a space in its name.
  return path.at(-1) === "scope" || path.at(-1) === "scp" ? value.split(" ") : [value];
}
