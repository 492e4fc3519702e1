import { isArray, isObjectValue, RegoObject, sortedEntries, type ObjectValue, type Value } from "../values.js";
import { BuiltinError, stringOperand, type BuiltinContext, type Builtins } from "./builtin.js";
import { opaBuiltin } from "./opa.js";

type Context = Pick<BuiltinContext, "now" | "charge">;

/** Bytes that are no text are OPA's to make something of. */
export function encodingBuiltins(context: Context): Builtins {
  const encode = (encoding: "base64" | "base64url" | "hex") => (a: Value) => {
    const text = stringOperand(a, 1);
    context.charge(12 * text.length);
    return Buffer.from(text).toString(encoding);
  };
  const noPadding = encode("base64url");
  return {
    "base64.encode": encode("base64"),
    "base64.decode": decoder(context, "base64.decode", fromBase64),
    "base64.is_valid": (a: Value) => typeof a === "string" && fromBase64(a) !== null,
    "base64url.encode": (a: Value) => padded(noPadding(a)),
    "base64url.encode_no_pad": noPadding,
    "base64url.decode": decoder(context, "base64url.decode", fromBase64Url),
    "hex.encode": encode("hex"),
    "hex.decode": decoder(context, "hex.decode", (text) =>
      text.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(text) ? Buffer.from(text, "hex") : null,
    ),
    ...queryBuiltins(context),
  };
}

/** `decode` gives null for what is not of the encoding. */
function decoder(context: Context, name: string, decode: (text: string) => Buffer | null) {
  const opa = opaBuiltin(name, context);
  const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  return (a: Value): Value | undefined => {
    const text = stringOperand(a, 1);
    context.charge(4 * text.length);
    const bytes = decode(text);
    if (bytes === null) throw new BuiltinError(`${name}: the text is not of that encoding`);
    try {
      return utf8.decode(bytes);
    } catch {
      return opa(a);
    }
  };
}

/** Go skips line breaks and wants the padding. */
function fromBase64(text: string): Buffer | null {
  const written = text.replace(/[\r\n]/g, "");
  return written.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(written) ? Buffer.from(written, "base64") : null;
}

/** The padding may be missing, all of it. */
function fromBase64Url(text: string): Buffer | null {
  if (!text.endsWith("=") && text.length % 4 === 1) return null;
  const whole = text.endsWith("=") ? text : padded(text);
  return /[+/]/.test(whole) ? null : fromBase64(whole.replaceAll("-", "+").replaceAll("_", "/"));
}

function padded(text: string): string {
  return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
}

function queryBuiltins(context: Context): Builtins {
  const [opaDecode, opaObject] = [
    opaBuiltin("urlquery.decode", context),
    opaBuiltin("urlquery.decode_object", context),
  ];
  const opaEncode = opaBuiltin("urlquery.encode_object", context);
  const { charge } = context;
  return {
    "urlquery.encode": (a: Value) => {
      const text = stringOperand(a, 1);
      charge(12 * text.length);
      return escaped(text);
    },
    "urlquery.decode": (a: Value) => {
      const text = stringOperand(a, 1);
      charge(4 * text.length);
      return unescaped(text) ?? opaDecode(a);
    },
    "urlquery.encode_object": (a: Value) => {
      const pairs = isObjectValue(a) ? pairsOf(a) : null;
      if (pairs === null) return opaEncode(a);
      charge(pairs.reduce((length, [key, value]) => length + 12 * (key.length + value.length), 0));
      return pairs.map(([key, value]) => `${escaped(key)}=${escaped(value)}`).join("&");
    },
    "urlquery.decode_object": (a: Value) => {
      const text = stringOperand(a, 1);
      charge(100 * text.length);
      return decodedObject(text) ?? opaObject(a);
    },
  };
}

function escaped(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");
}

/** Null for bytes that are no text. Throws BuiltinError for a percent sign that is none. */
function unescaped(text: string): string | null {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) throw new BuiltinError("invalid URL escape");
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return null;
  }
}

/** In the order of the keys; null for what is more than texts and arrays of texts. */
function pairsOf(object: ObjectValue): (readonly [string, string])[] | null {
  const pairs: (readonly [string, string])[] = [];
  for (const [key, value] of sortedEntries(object)) {
    const values = isArray(value) ? value : [value];
    for (const one of values) {
      if (typeof key !== "string" || typeof one !== "string") return null;
      pairs.push([key, one]);
    }
  }
  return pairs;
}

/** OPA bounds how many there may be. */
const maxPairs = 1_000;

function decodedObject(text: string): Value | null {
  const pairs = text.split("&");
  if (pairs.length > maxPairs || text.includes(";")) return null;
  const lists = new Map<string, string[]>();
  for (const pair of pairs) {
    if (pair === "") continue;
    const at = pair.indexOf("=");
    const key = unescaped(at < 0 ? pair : pair.slice(0, at));
    const value = at < 0 ? "" : unescaped(pair.slice(at + 1));
    if (key === null || value === null) return null;
    const list = lists.get(key);
    if (list === undefined) lists.set(key, [value]);
    else list.push(value);
  }
  return RegoObject.of(lists);
}
