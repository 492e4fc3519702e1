// HCP Terraform signs its requests: HMAC with SHA-512 over the body as it was sent, in hexadecimal.
import { createHmac, timingSafeEqual } from "node:crypto";

/** True when one of the keys made the signature. The time it takes tells nothing of the keys. */
export function isSigned(body: Buffer, signature: unknown, keys: readonly string[]): boolean {
  if (typeof signature !== "string" || !/^[0-9a-f]{128}$/i.test(signature)) return false;
  const given = Buffer.from(signature, "hex");
  const same = keys.map((key) => timingSafeEqual(createHmac("sha512", key).update(body).digest(), given));
  return same.includes(true);
}
