import { isObject, own, type Json } from "../json.js";

export interface RuleResult {
  readonly message: string;
  readonly path: string | null;
}

/** A rule's answer, or what is wrong with its shape: a shape that we do not know is never a pass. */
export type RuleResults = { readonly results: readonly RuleResult[] } | { readonly problem: string };

/** `deny` of a resource policy: a set of strings or of `{"message", "path"}`. */
export function resourceRuleResults(value: Json | undefined): RuleResults {
  return resultsOf(value, (object) => own(object, "message"), "message");
}

/** conftest's `deny`, `violation`, `warn`: a set of strings or of objects with `msg`. Undefined is an empty set. */
export function documentRuleResults(value: Json | undefined): RuleResults {
  if (value === undefined) return { results: [] };
  return resultsOf(value, (object) => own(object, "msg"), "msg");
}

function resultsOf(
  value: Json | undefined,
  messageOf: (object: { readonly [key: string]: Json }) => Json | undefined,
  field: string,
): RuleResults {
  if (!Array.isArray(value)) return { problem: `the rule gave ${describe(value)}; expected a set of results` };
  const results: RuleResult[] = [];
  for (const element of value as readonly Json[]) {
    const message = isObject(element) ? messageOf(element) : element;
    if (typeof message !== "string") {
      return {
        problem: `a result of the rule is ${describe(element)}; expected a string, or an object with the string "${field}"`,
      };
    }
    const path = isObject(element) ? (own(element, "path") ?? null) : null;
    if (path !== null && (typeof path !== "string" || !/^(\/|$)/.test(path))) {
      if (field === "message") return { problem: `the path ${describe(path)} of a result is not a JSON Pointer` };
      results.push({ message, path: null });
      continue;
    }
    results.push({ message, path });
  }
  return { results };
}

function describe(value: Json | undefined): string {
  if (value === undefined) return "nothing (undefined)";
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
