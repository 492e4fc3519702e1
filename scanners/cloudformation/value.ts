import { setOwn, type Json } from "../../src/json.js";

/** Stands for a value that only the deployment knows. Its references are the logical ids that it comes from. */
export class Unknown {
  readonly references: readonly string[];
  /** It is what one resource is known by, and not something made of that. */
  readonly exact: boolean;
  constructor(references: readonly string[] = [], exact = false) {
    this.references = references;
    this.exact = exact;
  }
}

/** Stands for a property that `AWS::NoValue` takes away. */
export const absent = Symbol("AWS::NoValue");

/** What an expression of a template evaluates to. */
export type Value = Json | Unknown | typeof absent | readonly Value[] | ValueObject;
export interface ValueObject {
  readonly [key: string]: Value;
}

export function isUnknown(value: Value): value is Unknown {
  return value instanceof Unknown;
}

export function isValueObject(value: Value): value is ValueObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isUnknown(value);
}

/** Known all the way down: plain data. */
export function isKnown(value: Value): value is Json {
  if (isUnknown(value) || value === absent) return false;
  if (Array.isArray(value)) return (value as readonly Value[]).every(isKnown);
  return !isValueObject(value) || Object.values(value).every(isKnown);
}

export interface Plain {
  readonly value: Json;
  /** JSON Pointers of what is unknown; the value there is left out, in an array it is null. */
  readonly unknown: readonly string[];
}

export function toPlain(value: Value, pointer: string): Plain {
  const unknown: string[] = [];
  return { value: plain(value, pointer, unknown) ?? null, unknown };
}

function plain(value: Value, pointer: string, unknown: string[]): Json | undefined {
  if (value === absent) return undefined;
  if (isUnknown(value)) {
    unknown.push(pointer);
    return undefined;
  }
  if (Array.isArray(value)) {
    const elements = (value as readonly Value[]).filter((element) => element !== absent);
    return elements.map((element, at) => plain(element, `${pointer}/${at}`, unknown) ?? null);
  }
  if (!isValueObject(value)) return value as Json;
  const object: { [key: string]: Json } = {};
  for (const [key, child] of Object.entries(value)) {
    const json = plain(child, `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`, unknown);
    if (json !== undefined) setOwn(object, key, json);
  }
  return object;
}
