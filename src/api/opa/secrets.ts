import { readFileSync } from "node:fs";
import { messageOf, PortcullisError } from "../../errors.js";

export type Secret = { readonly env: string } | { readonly file: string };

/** The secret that the configuration refers to; null where it names none. Throws PortcullisError("config-invalid"). */
export function secretOf(secret: Secret | undefined, what: string): string | null {
  if (secret === undefined) return null;
  const text = "env" in secret ? process.env[secret.env] : fileText(secret.file, what);
  if (text === undefined || text.trim() === "") {
    const place = "env" in secret ? `the variable ${secret.env} is` : `${secret.file} is`;
    throw new PortcullisError("config-invalid", `${what}: ${place} empty; expected the token in it`);
  }
  return text.trim();
}

export function fileText(file: string, what: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new PortcullisError("config-invalid", `${what}: ${file} cannot be read: ${messageOf(cause)}`, {
      places: [{ file }],
      cause,
    });
  }
}
