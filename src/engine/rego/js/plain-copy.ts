import { messageOf } from "../../../errors.js";
import { setOwn, type Json } from "../../../json.js";
import { RegoError } from "../engine.js";

const maxDepth = 2_000;
const maxValues = 20_000_000;

/**
 * A copy of what a caller gives, made while it is checked: what is evaluated cannot change under the evaluation. Throws
 * RegoError("input_invalid") that names the place for whatever is not plain JSON, or is too deep or too large.
 */
export function plainCopy(value: unknown, name: string): Json {
  let left = maxValues;
  const refuse = (path: readonly (string | number)[], reason: string): never => {
    throw new RegoError("input_invalid", `${[name, ...path.slice(0, 20)].join(".")} ${reason}`);
  };
  const copy = (value: unknown, path: readonly (string | number)[]): Json => {
    if (path.length > maxDepth) return refuse(path, `is nested deeper than ${maxDepth} levels, or in itself`);
    if (--left < 0) return refuse(path, `has more than ${maxValues} values, or is in itself`);
    if (value === null || typeof value === "string" || typeof value === "boolean") return value;
    if (typeof value === "number") return Number.isFinite(value) ? value : refuse(path, `is ${value}: no JSON number`);
    if (typeof value !== "object") return refuse(path, `is a ${typeof value}: no JSON value`);
    if (Array.isArray(value)) return Array.from(value as unknown[], (item, at) => copy(item, [...path, at]));
    return object(value, path);
  };
  const object = (value: object, path: readonly (string | number)[]): Json => {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== null && prototype !== Object.prototype)
      return refuse(path, "is an object of a class: no JSON value");
    const made: { [key: string]: Json } = {};
    for (const [key, item] of Object.entries(value)) {
      if (item !== undefined) setOwn(made, key, copy(item, [...path, key])); // as JSON.stringify has it
    }
    return made;
  };
  try {
    return copy(value, []);
  } catch (cause) {
    if (cause instanceof RegoError) throw cause;
    throw new RegoError("input_invalid", `${name} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
