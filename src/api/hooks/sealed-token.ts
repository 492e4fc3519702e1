// HCP Terraform's access token waits in the database until its task is done: encrypted, with a key that is made of the HMAC key.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

const nonceBytes = 12;
const tagBytes = 16;

/** `id` is bound to it: the token of one task opens for no other. */
export function seal(token: string, id: string, [key = ""]: readonly string[]): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", derived(key), nonce).setAAD(Buffer.from(id));
  const sealed = Buffer.concat([cipher.update(token, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64");
}

/** Null when none of the keys opens it. */
export function unseal(sealed: string, id: string, keys: readonly string[]): string | null {
  const bytes = Buffer.from(sealed, "base64");
  if (bytes.length <= nonceBytes + tagBytes) return null;
  for (const key of keys) {
    const opener = createDecipheriv("aes-256-gcm", derived(key), bytes.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    });
    opener.setAAD(Buffer.from(id)).setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    try {
      return Buffer.concat([opener.update(bytes.subarray(nonceBytes + tagBytes)), opener.final()]).toString("utf8");
    } catch {
      continue; // sealed with another key
    }
  }
  return null;
}

function derived(key: string): Buffer {
  return Buffer.from(hkdfSync("sha256", key, "", "portcullis run task token", 32));
}
