import { createHash } from "node:crypto";
import { parsePointer } from "../inventory/pointer.js";
import { isObject, own, type Json } from "../json.js";

/** Properties that name an element among its siblings, in the providers' schemas. */
const naturalKeys = [
  "Sid",
  "Key",
  "PolicyName",
  "DeviceName",
  "AccessKeyId",
  "Name",
  "name",
  "Id",
  "id",
  "containerPort",
];

/**
 * SHA-256 (hex) over the policy, the resource and the path. Array positions in the path are replaced by the element's
 * natural key, or else by its content, so that a finding keeps its fingerprint when elements are reordered or lines move.
 */
export function fingerprint(
  policy: string,
  resource: { readonly id: string; readonly config?: Json },
  path: string | null,
): string {
  const key = path === null ? null : naturalPath(resource, path);
  return createHash("sha256")
    .update(JSON.stringify([policy, resource.id, key]))
    .digest("hex");
}

export function naturalPath(document: Json, path: string): string[] {
  let value: Json | undefined = document;
  return parsePointer(path).map((segment) => {
    if (Array.isArray(value)) {
      value = (value as readonly Json[])[Number(segment)];
      return value === undefined ? segment : `[${elementKey(value)}]`;
    }
    value = isObject(value) ? own(value, segment) : undefined;
    return segment;
  });
}

function elementKey(element: Json): string {
  if (isObject(element)) {
    for (const key of naturalKeys) {
      const value = own(element, key);
      if (typeof value === "string" || typeof value === "number") return `${key}=${value}`;
    }
  }
  return canonicalJson(element);
}

/** Descriptions are left out: rewording one does not make another finding. */
function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonicalJson).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const keys = Object.keys(value).filter((key) => key !== "Description" && key !== "description");
  return `{${keys
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`)
    .join(",")}}`;
}
