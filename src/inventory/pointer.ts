import { isObject, own, type Json } from "../json.js";

/** JSON Pointers (RFC 6901). The empty string is the whole document. */
export function pointer(segments: readonly (string | number)[]): string {
  return segments.map((segment) => "/" + String(segment).replaceAll("~", "~0").replaceAll("/", "~1")).join("");
}

export function parsePointer(text: string): string[] {
  if (text === "") return [];
  return text
    .slice(1)
    .split("/")
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The value at the pointer, or undefined where there is none. */
export function valueAt(document: Json, text: string): Json | undefined {
  let value: Json | undefined = document;
  for (const segment of parsePointer(text)) {
    if (Array.isArray(value))
      value = /^(0|[1-9]\d*)$/.test(segment) ? (value as readonly Json[])[Number(segment)] : undefined;
    else if (isObject(value)) value = own(value, segment);
    else return undefined;
  }
  return value;
}
