import { createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { seal, unseal } from "./sealed-token.js";
import { isSigned } from "./signature.js";

const keys = ["a key of sixteen letters", "another key, older than that"];

test("whatever was sealed opens with the key it was sealed with, for its own task, and says nothing by itself", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: "binary" }), fc.string({ minLength: 1 }), (token, id) => {
      const sealed = seal(token, id, keys);
      const text = Buffer.from(token, "utf8").toString("utf8"); // lone surrogates are no text
      expect(unseal(sealed, id, ["a new key", ...keys])).toBe(text);
      expect(unseal(sealed, `${id}x`, keys)).toBeNull();
      expect(unseal(sealed, id, keys.slice(1))).toBeNull();
      if (token.length > 8) expect(Buffer.from(sealed, "base64").toString("latin1")).not.toContain(token);
    }),
  );
});

test.each(["", "AAAA", "not base64 at all!", Buffer.alloc(200).toString("base64")])(
  "%j opens with no key",
  (sealed) => {
    expect(unseal(sealed, "id", keys)).toBeNull();
  },
);

test("a signature is of one body by one key", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array({ minLength: 1 }), fc.nat(1), (body, more, which) => {
      const signature = createHmac("sha512", keys[which]!).update(body).digest("hex");
      expect(isSigned(Buffer.from(body), signature, keys)).toBe(true);
      expect(isSigned(Buffer.from(body), signature.toUpperCase(), keys)).toBe(true);
      expect(isSigned(Buffer.concat([body, more]), signature, keys)).toBe(false);
      expect(isSigned(Buffer.from(body), signature, [])).toBe(false);
    }),
  );
});

test.each([undefined, "", "0".repeat(127), "z".repeat(128), "0".repeat(256), ["0".repeat(128)]])(
  "%j is none",
  (value) => {
    expect(isSigned(Buffer.from("x"), value, keys)).toBe(false);
  },
);
