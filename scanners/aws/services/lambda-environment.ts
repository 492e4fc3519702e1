import type { FunctionConfiguration } from "@aws-sdk/client-lambda";
import { setOwn, type JsonObject } from "../../../src/json.js";
import { keepable } from "../../../src/redact.js";

/**
 * The environment as it may be kept. What looks like a secret, by its name or by itself, is replaced so that a policy still sees
 * that there was one; the names of secrets that are kept elsewhere stay, and so do the ids of access keys, which are no secrets.
 */
export function environment({ Environment }: FunctionConfiguration): JsonObject | undefined {
  if (Environment?.Variables === undefined) return undefined;
  const Variables: { [name: string]: string } = {};
  for (const [name, value] of Object.entries(Environment.Variables)) setOwn(Variables, name, keepable(name, value));
  return { Variables };
}
