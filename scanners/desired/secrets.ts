// The values that a document marks as secret: `sensitive_values` and `after_sensitive` of `terraform show -json`, and Pulumi's marks.
import { isObject, own, type Json, type JsonObject } from "../../src/json.js";
import { leavesOf } from "./terraform-state.js";

const pulumiMark = "4dabf18193072939515e22adb298388d";

const pairs: readonly (readonly [values: string, marks: string])[] = [
  ["values", "sensitive_values"],
  ["after", "after_sensitive"],
];

export function secretsIn(document: Json): string[] {
  if (Array.isArray(document)) return (document as readonly Json[]).flatMap(secretsIn);
  if (!isObject(document)) return [];
  const found = pairs.flatMap(([values, marks]) => marked(own(document, values), own(document, marks)));
  const plaintext = Object.hasOwn(document, pulumiMark) ? own(document, "plaintext") : undefined;
  if (typeof plaintext === "string") found.push(...plaintextLeaves(plaintext));
  return [...found, ...Object.values(document).flatMap(secretsIn)];
}

function marked(value: Json | undefined, marks: Json | undefined): string[] {
  if (value === undefined || marks === undefined) return [];
  if (marks === true) return leavesOf(value);
  if (Array.isArray(marks) && Array.isArray(value))
    return (marks as readonly Json[]).flatMap((mark, at) => marked((value as readonly Json[])[at], mark));
  if (!isObject(marks) || !isObject(value)) return [];
  const object: JsonObject = value;
  return Object.entries(marks).flatMap(([key, mark]) => marked(own(object, key), mark));
}

function plaintextLeaves(text: string): string[] {
  try {
    return leavesOf(JSON.parse(text) as Json);
  } catch {
    return [text];
  }
}
