import type { FunctionConfiguration } from "@aws-sdk/client-lambda";
import { setOwn, type JsonObject } from "../../../src/json.js";

const secretName = /passw(or)?d|pwd|secret|token|key|credential/i;
const accessKeyId = /^(AKIA|ASIA)[A-Z0-9]{16}$/;

/**
 * The environment as it may be kept: the value of a variable whose name looks like a secret's is replaced, its name stays.
 * An access key's id is no secret, and tells a policy that a key was put here.
 */
export function environment({ Environment }: FunctionConfiguration): JsonObject | undefined {
  if (Environment?.Variables === undefined) return undefined;
  const Variables: { [name: string]: string } = {};
  for (const [name, value] of Object.entries(Environment.Variables)) {
    const isKept = value === "" || accessKeyId.test(value) || !secretName.test(name);
    setOwn(Variables, name, isKept ? value : "<redacted>");
  }
  return { Variables };
}
