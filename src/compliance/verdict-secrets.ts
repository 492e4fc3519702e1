// What a policy says of a resource may quote it. Secrets of the resource do not leave with the message.
import { valueAt } from "../inventory/pointer.js";
import type { Json } from "../json.js";
import { redactJson, redactText } from "../redact.js";
import type { Reason, Verdict } from "../engine/verdict.js";
import type { Judged } from "./excuses.js";

const marker = "<redacted>";
/** What is shorter stands in too many words. */
const shortest = 4;
const longestMessage = 10_000;

/** The verdict without secrets in its messages: those that look like one, and those that the resource holds. */
export function withoutSecrets(verdict: Verdict, items: readonly Judged[]): Verdict {
  if (verdict.reasons.length === 0) return verdict;
  const secrets = items.flatMap(secretsOf);
  const reasons = verdict.reasons.map((reason) => cleaned(reason, secrets));
  return reasons.every((reason, at) => reason === verdict.reasons[at]) ? verdict : { ...verdict, reasons };
}

function cleaned(reason: Reason, secrets: readonly string[]): Reason {
  let message = redactText(reason.message.slice(0, longestMessage));
  for (const secret of secrets) if (message.includes(secret)) message = message.replaceAll(secret, marker);
  return message === reason.message ? reason : { ...reason, message };
}

const known = new WeakMap<Judged, readonly string[]>();

function secretsOf(item: Judged): readonly string[] {
  const before = known.get(item);
  if (before !== undefined) return before;
  const content: Json =
    item.kind === "resource" ? { config: item.resource.config, tags: item.resource.tags } : item.value;
  const { value, redacted } = redactJson(content);
  const found = redacted.flatMap((pointer) =>
    valueAt(value, pointer) === marker ? textsOf(valueAt(content, pointer)) : [],
  );
  // The longest first: one may be a part of another.
  const secrets = [...new Set(found)].filter(({ length }) => length >= shortest).sort((a, b) => b.length - a.length);
  known.set(item, secrets);
  return secrets;
}

/** Of a whole that was replaced, every text in it; not too deep, for what is deep is in no message. */
function textsOf(value: Json | undefined, depth = 0): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "number") return [String(value)];
  if (typeof value !== "object" || value === null || depth > 20) return [];
  return Object.values(value).flatMap((inner: Json) => textsOf(inner, depth + 1));
}
