import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Value } from "../values.js";
import { cryptoBuiltins } from "./crypto.js";
import { anyText, checkAsOpa, context, expectAsOpa } from "./testing/against-opa.js";

const own = cryptoBuiltins(context);

test.each(["", "foo", "ß😀", "\u0000"])("digests of %j", (text) => {
  for (const name of ["crypto.md5", "crypto.sha1", "crypto.sha256"]) expectAsOpa(own, name, [text]);
  for (const algorithm of ["md5", "sha1", "sha256", "sha512"]) {
    expectAsOpa(own, `crypto.hmac.${algorithm}`, [text, "key"]);
    expectAsOpa(own, `crypto.hmac.${algorithm}`, ["message", text]);
  }
});

test.each([
  "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
  "000003e8-f5e2-21eb-8700-325096b39f47",
  "C4D4F1A5-5C6D-4F6A-8B1A-0123456789ab",
  "c4d4f1a5-5c6d-5f6a-0b1a-0123456789ab",
  "c4d4f1a5-5c6d-7f6a-cb1a-0123456789ab",
  "c4d4f1a5-5c6d-ff6a-eb1a-0123456789ab",
  "c4d4f1a55c6d4f6a8b1a0123456789ab",
  "urn:uuid:c4d4f1a5-5c6d-4f6a-8b1a-0123456789ab",
  "{c4d4f1a5-5c6d-4f6a-8b1a-0123456789ab}",
  "00000000-0000-0000-0000-000000000000",
  "c4d4f1a5-5c6d-4f6a-8b1a-0123456789ag",
  "",
  3,
] satisfies Value[])("uuid %j", (text) => {
  expectAsOpa(own, "uuid.parse", [text]);
});

describe("as OPA", () => {
  const same = fc.constantFrom("a", "b", "é");
  test.each(Object.keys(own))("%s", (name) => {
    const operand = name === "uuid.parse" ? fc.uuid() : name === "crypto.hmac.equal" ? same : anyText;
    checkAsOpa(own, name, name.startsWith("crypto.hmac.") ? [operand, operand] : [operand], 100);
  });
});

test("a secret is equal to itself only", () => {
  const same = own["crypto.hmac.equal"] as (a: Value, b: Value) => Value;
  expect([same("a", "a"), same("a", "ab"), same("", "")]).toEqual([true, false, true]);
});
