// Secrets of destinations: read when they are needed, and never part of a message that is shown.
import { readFileSync } from "node:fs";
import { PortcullisError } from "../errors.js";
import { printable } from "../printable.js";
import { redactText } from "../redact.js";
import type { SecretSource } from "./alert-settings.js";

const longest = 16 * 1024;

/** Throws `config-invalid` when it is not there; says where, and nothing of what. `setting`: what wants it. */
export function readSecret(source: SecretSource, environment: NodeJS.ProcessEnv, setting = "alerts"): string {
  const where = "env" in source ? `the environment variable ${source.env}` : `the file ${source.file}`;
  const text = ("env" in source ? environment[source.env] : readText(source.file))?.trim() ?? "";
  if (text !== "" && text.length <= longest && !/[\r\n\0]/.test(text)) return text;
  throw new PortcullisError("config-invalid", `${setting}: expected a secret, on one line, in ${where}`);
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

const longestError = 500;

/** What a server or the network said, as it may be kept and shown. */
export function harmless(text: string, secrets: readonly string[]): string {
  const without = secrets.reduce((left, secret) => left.replaceAll(secret, "<redacted>"), text.slice(0, 10_000));
  return printable(redactText(without)).slice(0, longestError);
}
