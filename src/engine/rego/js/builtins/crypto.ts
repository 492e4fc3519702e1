import { createHash, createHmac } from "node:crypto";
import type { Value } from "../values.js";
import { stringOperand, type BuiltinContext, type Builtins } from "./builtin.js";
import { opaBuiltin } from "./opa.js";

export function cryptoBuiltins(context: Pick<BuiltinContext, "now" | "charge">): Builtins {
  const bytes = (value: Value, position: number): Buffer => {
    const text = stringOperand(value, position);
    context.charge(3 * text.length, text.length / 8);
    return Buffer.from(text);
  };
  const hash = (algorithm: string) => (a: Value) => createHash(algorithm).update(bytes(a, 1)).digest("hex");
  const hmac = (algorithm: string) => (a: Value, b: Value) => {
    const [message, key] = [bytes(a, 1), bytes(b, 2)];
    return createHmac(algorithm, key).update(message).digest("hex");
  };
  return {
    "crypto.md5": hash("md5"),
    "crypto.sha1": hash("sha1"),
    "crypto.sha256": hash("sha256"),
    "crypto.hmac.md5": hmac("md5"),
    "crypto.hmac.sha1": hmac("sha1"),
    "crypto.hmac.sha256": hmac("sha256"),
    "crypto.hmac.sha512": hmac("sha512"),
    "crypto.hmac.equal": (a: Value, b: Value) => bytes(a, 1).equals(bytes(b, 2)),
    "uuid.parse": uuidParser(opaBuiltin("uuid.parse", context)),
  };
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-([0-9a-f])[0-9a-f]{3}-[0-9a-f]{12}$/i;

/** Those of versions 1 and 2, which say a time and a place, are OPA's, as are other ways to write one. */
function uuidParser(opa: (a: Value) => Value | undefined) {
  return (a: Value): Value | undefined => {
    const [, version = "1", variant = ""] = uuid.exec(stringOperand(a, 1)) ?? [];
    if (version === "1" || version === "2") return opa(a);
    return { version: parseInt(version, 16), variant: variantName(parseInt(variant, 16)) };
  };
}

/** By the first four bits. */
function variantName(bits: number): string {
  if (bits < 8) return "Reserved";
  if (bits < 12) return "RFC4122";
  return bits < 14 ? "Microsoft" : "Future";
}
