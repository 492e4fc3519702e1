// Data documents from files, as OPA loads them: a file that is named is merged at the root; in a folder the names of the
// folders below it are the path, the names of the files are not.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { messageOf, PortcullisError } from "../../errors.js";
import { ignoring } from "./rego-files.js";
import { fromBigInt } from "./js/numbers.js";
import {
  isObjectValue,
  keyText,
  objectEntries,
  parseJson,
  RegoObject,
  type ObjectValue,
  type PlainObject,
  type Value,
} from "./js/values.js";

const dataFile = /\.(json|ya?ml)$/;
const maxFileBytes = 100 * 1024 * 1024;
const maxDepth = 32;

/** The data in files and folders, merged. Throws PortcullisError for what cannot be read, and where two files differ. */
export function readData(paths: readonly string[], ignore: readonly string[] = []): PlainObject {
  const ignored = ignoring(ignore);
  const root = new RegoObject();
  for (const given of paths) {
    const { prefix, path } = prefixed(given);
    for (const { file, parents } of dataFiles(path, prefix, 0)) {
      if (ignored(file)) continue;
      const value = readValue(file);
      merge(root, nested(parents, value, file), file, []);
    }
  }
  return root as unknown as PlainObject;
}

/** The value of a JSON or YAML file. */
export function readValue(file: string): Value {
  if (isFolder(file)) throw unreadable(file, "expected a file");
  return parseValue(file, readText(file));
}

/** JSON, every number exact, or else YAML 1.2 as OPA reads it (`yes` is a text). */
export function parseValue(file: string, text: string): Value {
  try {
    return parseJson(text);
  } catch (cause) {
    if (file.endsWith(".json")) throw unreadable(file, `expected JSON: ${messageOf(cause)}`);
    return parseYaml(file, text);
  }
}

function parseYaml(file: string, text: string): Value {
  try {
    return exact(parse(text, { maxAliasCount: 100, merge: true, intAsBigInt: true }) as unknown);
  } catch (cause) {
    throw unreadable(file, `expected YAML: ${messageOf(cause)}`);
  }
}

function exact(value: unknown): Value {
  if (typeof value === "bigint") return fromBigInt(value);
  if (Array.isArray(value)) return value.map(exact);
  if (typeof value === "number" && !Number.isFinite(value)) throw new Error(`${value} is no JSON number`);
  if (typeof value !== "object" || value === null) return value as Value;
  return RegoObject.of(Object.entries(value).map(([key, item]) => [key, exact(item)] as const));
}

/** `a.b:path` puts what is read at data.a.b. */
function prefixed(given: string): { prefix: string[]; path: string } {
  const match = /^([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+|[A-Za-z_]\w+):(.+)$/.exec(given);
  return match === null ? { prefix: [], path: given } : { prefix: (match[1] ?? "").split("."), path: match[2] ?? "" };
}

/** Paths without OPA's prefixes: where modules are read from. */
export function withoutPrefix(given: string): string {
  return prefixed(given).path;
}

function* dataFiles(
  path: string,
  parents: readonly string[],
  depth: number,
): Generator<{ file: string; parents: readonly string[] }> {
  if (depth > maxDepth) throw unreadable(path, `folders are nested deeper than ${maxDepth} levels`);
  if (!isFolder(path)) {
    if (dataFile.test(path)) yield { file: path, parents };
    return;
  }
  const entries = readdirSync(path, { withFileTypes: true });
  // The JSON and YAML of a Pulumi policy pack is the pack's own, and two of its files do not merge.
  if (entries.some(({ name }) => name === "PulumiPolicy.yaml")) return;
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith(".")) continue;
    const child = join(path, entry.name);
    if (isFolder(child)) yield* dataFiles(child, [...parents, entry.name], depth + 1);
    else if (dataFile.test(entry.name)) yield { file: child, parents };
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (cause) {
    throw unreadable(path, messageOf(cause));
  }
}

function readText(file: string): string {
  if (statSync(file).size > maxFileBytes) throw unreadable(file, `it is larger than ${maxFileBytes} bytes`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } catch (cause) {
    throw unreadable(file, cause instanceof TypeError ? "it is not UTF-8 text" : messageOf(cause));
  }
}

function nested(parents: readonly string[], value: Value, file: string): ObjectValue {
  const whole = parents.reduceRight<Value>((inner, name) => RegoObject.of([[name, inner]]), value);
  if (isObjectValue(whole)) return whole;
  throw unreadable(file, "expected an object: it is merged into the root of data");
}

function merge(into: RegoObject, from: ObjectValue, file: string, path: readonly string[]): void {
  for (const [key, value] of objectEntries(from)) {
    const at = [...path, keyText(key)];
    const before = into.get(key);
    if (before === undefined) into.set(key, isObjectValue(value) ? RegoObject.of(objectEntries(value)) : value);
    else if (isObjectValue(before) && isObjectValue(value)) {
      const inner = before instanceof RegoObject ? before : RegoObject.of(objectEntries(before));
      into.set(key, inner);
      merge(inner, value, file, at);
    } else throw unreadable(file, `data.${at.join(".")} is given by another file too`);
  }
}

function unreadable(file: string, reason: string): PortcullisError {
  return new PortcullisError("input-unreadable", `${file}: ${reason}`, { places: [{ file }] });
}
