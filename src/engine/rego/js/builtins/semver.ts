import type { Value } from "../values.js";
import { BuiltinError, stringOperand, type Builtins } from "./builtin.js";

export const semverBuiltins: Builtins = {
  "semver.compare": (a: Value, b: Value) => {
    const [left, right] = [stringOperand(a, 1), stringOperand(b, 2)];
    return compareVersions(versionOf(left, 1), versionOf(right, 2));
  },
  "semver.is_valid": (a: Value) => typeof a === "string" && parsed(a) !== null,
};

interface Version {
  readonly numbers: readonly bigint[];
  /** Before a release, `rc.1`. */
  readonly identifiers: readonly string[];
}

function versionOf(text: string, position: number): Version {
  const version = parsed(text);
  if (version !== null) return version;
  throw new BuiltinError(`operand ${position}: string ${text.slice(0, 100)} is not a valid SemVer`);
}

const largest = 2n ** 63n - 1n;
const identifiers = /^[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*$/;

/** Null for what is no version. */
function parsed(text: string): Version | null {
  const [version, metadata] = cut(text.startsWith("v") ? text.slice(1) : text, "+");
  if (metadata !== null && !identifiers.test(metadata)) return null;
  const [core, before] = cut(version, "-");
  if (before !== null && !isPreRelease(before)) return null;
  if (!/^(?:0|[1-9]\d{0,18})\.(?:0|[1-9]\d{0,18})\.(?:0|[1-9]\d{0,18})$/.test(core)) return null;
  const numbers = core.split(".").map(BigInt);
  if (numbers.some((number) => number > largest)) return null;
  return { numbers, identifiers: before === null ? [] : before.split(".") };
}

function cut(text: string, at: string): readonly [string, string | null] {
  const found = text.indexOf(at);
  return found < 0 ? [text, null] : [text.slice(0, found), text.slice(found + 1)];
}

function isPreRelease(text: string): boolean {
  return identifiers.test(text) && text.split(".").every((identifier) => !/^0\d+$/.test(identifier));
}

function compareVersions(a: Version, b: Version): number {
  for (const [at, number] of a.numbers.entries()) {
    const other = b.numbers[at] ?? 0n;
    if (number !== other) return number > other ? 1 : -1;
  }
  const [left, right] = [a.identifiers, b.identifiers];
  if (left.length === 0 || right.length === 0) return Math.sign(right.length - left.length);
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const result = compareIdentifiers(left[at] ?? "", right[at] ?? "");
    if (result !== 0) return result;
  }
  return Math.sign(left.length - right.length);
}

/** Numbers are below texts. */
function compareIdentifiers(a: string, b: string): number {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== null && y !== null) return x === y ? 0 : x > y ? 1 : -1;
  if (x !== null || y !== null) return x !== null ? -1 : 1;
  return a === b ? 0 : a > b ? 1 : -1;
}

/** Numbers of more than 63 bits are all the same one. */
function numberOf(identifier: string): bigint | null {
  if (!/^\d+$/.test(identifier)) return null;
  if (identifier.length > 19) return largest;
  const number = BigInt(identifier);
  return number > largest ? largest : number;
}
