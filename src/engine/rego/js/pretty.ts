import { isArray, isNumber, isObjectValue, isSet, keyText, objectEntries, toJsonText, type Value } from "./values.js";

/** JSON text with two spaces a level, every number exact; keys in the order in which they came. */
export function prettyJson(value: Value, indent = ""): string {
  if (isNumber(value) || typeof value !== "object" || value === null) return toJsonText(value);
  const inner = `${indent}  `;
  if (isArray(value) || isSet(value)) {
    const items = (isSet(value) ? value.sorted() : value).map((item) => inner + prettyJson(item, inner));
    return items.length === 0 ? "[]" : `[\n${items.join(",\n")}\n${indent}]`;
  }
  if (!isObjectValue(value)) return toJsonText(value);
  const entries = objectEntries(value).map(
    ([key, item]) => `${inner}${JSON.stringify(keyText(key))}: ${prettyJson(item, inner)}`,
  );
  return entries.length === 0 ? "{}" : `{\n${entries.join(",\n")}\n${indent}}`;
}
