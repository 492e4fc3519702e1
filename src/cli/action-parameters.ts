// The parameters of an action, as a command line gives them: a file, pairs of key and value, or both, of which the pairs win.
import { parse } from "yaml";
import { readStream, readText } from "../../scanners/code/files.js";
import { messageOf, PortcullisError } from "../errors.js";
import { parseStrictJson } from "../events/strict-json.js";
import { isObject, own, setOwn, type Json, type JsonObject } from "../json.js";

export interface ParameterFlags {
  readonly parameter?: readonly string[];
  readonly parameters?: string;
}

const maximumBytes = 1024 * 1024;

/** `schema` says what a value is: a text stays one where a text is expected, anything else is read as JSON. */
export async function actionParameters(flags: ParameterFlags, schema: object): Promise<JsonObject> {
  const result: { [key: string]: Json } = {};
  for (const [key, value] of Object.entries(
    flags.parameters === undefined ? {} : await readParameters(flags.parameters),
  ))
    setOwn(result, key, value);
  const given = new Set<string>();
  for (const pair of flags.parameter ?? []) {
    const at = pair.indexOf("=");
    if (at < 1) throw new PortcullisError("usage", `--parameter ${pair}: expected key=value`);
    const [key, text] = [pair.slice(0, at), pair.slice(at + 1)];
    const kind = kindOf(schema, key);
    const before: Json | undefined = given.has(key) ? own(result, key) : undefined;
    if (before !== undefined && !Array.isArray(before))
      throw new PortcullisError("usage", `--parameter ${key}: given twice, and is no list`);
    const value = valueOf(key, text, kind);
    setOwn(
      result,
      key,
      Array.isArray(before) && !(text.startsWith("[") && kind.isList)
        ? [...(before as readonly Json[]), ...[value].flat()]
        : value,
    );
    given.add(key);
  }
  return result;
}

interface Kind {
  readonly isText: boolean;
  readonly isList: boolean;
}

/** Of the parameter, or of an element where it is a list. */
function kindOf(schema: object, key: string): Kind {
  const properties = (schema as { readonly properties?: { readonly [key: string]: object } }).properties ?? {};
  const found = (own(properties, key) ?? {}) as Schema;
  const isList = found.type === "array";
  return { isText: isTextual(isList ? (found.items ?? {}) : found), isList };
}

interface Schema {
  readonly type?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
}

function isTextual({ type, const: only, enum: values, anyOf }: Schema): boolean {
  if (anyOf !== undefined) return anyOf.every(isTextual);
  return (
    type === "string" || typeof only === "string" || (values?.every((value) => typeof value === "string") ?? false)
  );
}

function valueOf(key: string, text: string, { isText, isList }: Kind): Json {
  if (isList && !text.startsWith("[")) return [isText ? text : parsed(key, text)];
  return isText && !isList ? text : parsed(key, text);
}

/** What is no JSON is a text. */
function parsed(key: string, text: string): Json {
  if (!/^(?:[[{"\-\d]|true$|false$|null$)/.test(text)) return text;
  try {
    return parseStrictJson(text) as Json;
  } catch (error) {
    if (/^[[{]/.test(text)) throw new PortcullisError("usage", `--parameter ${key}: ${messageOf(error)}`);
    return text;
  }
}

async function readParameters(file: string): Promise<JsonObject> {
  const name = file === "-" ? "(standard input)" : file;
  let value: unknown;
  try {
    const text = file === "-" ? await readStream(process.stdin, maximumBytes) : await readText(file, maximumBytes);
    value = /\.ya?ml$/i.test(file) ? parse(text, { maxAliasCount: 100 }) : parseStrictJson(text);
  } catch (error) {
    if (error instanceof PortcullisError) throw error;
    throw new PortcullisError("input-unreadable", `${name}: ${messageOf(error)}`, { places: [{ file: name }] });
  }
  if (isObject(value)) return value;
  throw new PortcullisError("input-unreadable", `${name}: expected an object with the parameters`, {
    places: [{ file: name }],
  });
}
