// Values as text and back, for OPA's own functions in the compiler module: JSON, with sets and objects that JSON does not
// have as {"$set": [...]} and {"$object": [[key, value], ...]}.
import { BigNumber } from "./numbers.js";
import {
  isArray,
  objectEntries,
  parseJson,
  RegoObject,
  RegoSet,
  toJsonText,
  type PlainObject,
  type Value,
} from "./values.js";

const setTag = "$set";
const objectTag = "$object";

export function encodeValue(value: Value): string {
  if (typeof value !== "object" || value === null || value instanceof BigNumber) return toJsonText(value);
  if (isArray(value)) return `[${value.map(encodeValue).join(",")}]`;
  if (value instanceof RegoSet) return `{"${setTag}":[${[...value.values()].map(encodeValue).join(",")}]}`;
  const entries = objectEntries(value);
  if (entries.every(([key]) => typeof key === "string" && !key.startsWith("$"))) {
    return `{${entries.map(([key, item]) => `${encodeValue(key)}:${encodeValue(item)}`).join(",")}}`;
  }
  return `{"${objectTag}":[${entries.map(([key, item]) => `[${encodeValue(key)},${encodeValue(item)}]`).join(",")}]}`;
}

export function decodeValue(text: string): Value {
  return restored(parseJson(text));
}

function restored(value: Value): Value {
  if (typeof value !== "object" || value === null || value instanceof BigNumber) return value;
  if (isArray(value)) return value.map(restored);
  const plain = value as PlainObject;
  const [elements, pairs] = [tagged(plain, setTag), tagged(plain, objectTag)];
  if (elements !== null) return RegoSet.of(elements.map(restored));
  if (pairs !== null) return RegoObject.of(pairs.map((pair) => restored(pair) as [Value, Value]));
  return RegoObject.of(objectEntries(plain).map(([key, item]) => [key, restored(item)] as const));
}

function tagged(value: PlainObject, tag: string): readonly Value[] | null {
  const list = Object.hasOwn(value, tag) ? value[tag] : undefined;
  return list !== undefined && isArray(list) && Object.keys(value).length === 1 ? list : null;
}
