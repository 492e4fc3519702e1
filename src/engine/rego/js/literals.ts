import { BigNumber } from "./numbers.js";
import { RegoObject, RegoSet } from "./values.js";

/** A text as a JavaScript string literal: nothing in it can end the literal. */
export function literal(text: string): string {
  return JSON.stringify(text).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

/** What property access finds on values although it is not their own. */
const inherited = new Set(
  [Object, Array, String, Number, Boolean, Function, RegoSet, RegoObject, BigNumber].flatMap((type) => [
    ...Object.getOwnPropertyNames(type.prototype),
    ...Object.getOwnPropertyNames(Object.getPrototypeOf(type.prototype) ?? {}),
  ]),
);
const ownOfOurs = new Set(["length", ...Object.getOwnPropertyNames(new BigNumber(1n, 400))]);

/** True where `value[key]` gives the value of an object's own key, and undefined for whatever else a value may be. */
export function isPlainKey(key: string): boolean {
  return !inherited.has(key) && !ownOfOurs.has(key) && !/^\d/.test(key) && !(key in Object.prototype);
}
