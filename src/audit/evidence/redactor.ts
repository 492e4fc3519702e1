// Nothing is written that was not looked through for secrets, though the store has done so before.
import { redactJson } from "../../redact.js";
import type { Json } from "../../json.js";

export interface Redactor {
  /** The value as it may be written. */
  redact<T>(value: T): T;
  /** How many values were replaced until now. */
  readonly replaced: number;
}

export function createRedactor(): Redactor {
  let replaced = 0;
  return {
    redact<T>(value: T): T {
      const result = redactJson(value as Json);
      replaced += result.redacted.length;
      return result.value as T;
    },
    get replaced() {
      return replaced;
    },
  };
}
