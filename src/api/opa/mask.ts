// What is left out of a record of a decision: secrets, what the configuration names, and what `data.system.log.mask` says, as in OPA.
import { isObject, own, setOwn, type Json, type JsonObject } from "../../json.js";
import { redactJson } from "../../redact.js";

/** OPA's event, as plain JSON. */
export type DecisionEvent = JsonObject;

export type MaskRule =
  | { readonly op: "remove"; readonly path: string }
  | { readonly op: "upsert"; readonly path: string; readonly value: Json };

/** Rules as `data.system.log.mask` gives them: `"/input/x"`, or `{"op", "path", "value"}`. Throws Error for what is none. */
export function maskRules(value: Json): MaskRule[] {
  if (!Array.isArray(value)) throw new Error("data.system.log.mask: expected a set");
  return (value as readonly Json[]).map(maskRule);
}

function maskRule(value: Json): MaskRule {
  const given = typeof value === "string" ? { op: "remove", path: value } : value;
  const wrong = new Error(
    `data.system.log.mask: ${JSON.stringify(value).slice(0, 200)} is no rule: expected a path, or an object with op and path`,
  );
  if (!isObject(given)) throw wrong;
  const [op, path] = [own(given, "op"), own(given, "path")];
  if (typeof path !== "string" || !/^\/(input|result)(\/|$)/.test(path)) throw wrong;
  if (op === "remove") return { op, path };
  if (op !== "upsert") throw wrong;
  return { op, path, value: own(given, "value") ?? null };
}

/** The event with the rules applied, and `erased` and `masked` that say where; the given one is not changed. */
export function masked(event: DecisionEvent, rules: readonly MaskRule[]): DecisionEvent {
  const [erased, replaced]: [string[], string[]] = [[], []];
  let result: Json = event;
  for (const rule of rules) {
    const segments = rule.path.slice(1).split("/").map(unescaped);
    const next: Json | undefined =
      rule.op === "remove" ? without(result, segments) : upserted(result, segments, rule.value);
    if (next === undefined) continue;
    result = next;
    (rule.op === "remove" ? erased : replaced).push(rule.path);
  }
  return {
    ...(result as JsonObject),
    ...(erased.length === 0 ? {} : { erased }),
    ...(replaced.length === 0 ? {} : { masked: replaced }),
  };
}

/** What looks like a secret is replaced in input and result, and named in `masked`. */
export function redacted(event: DecisionEvent): DecisionEvent {
  const parts = (["input", "result"] as const).filter((name) => Object.hasOwn(event, name));
  const found = parts.map((name) => [name, redactJson(event[name] ?? null)] as const);
  const places = found.flatMap(([name, { redacted: pointers }]) => pointers.map((pointer) => `/${name}${pointer}`));
  if (places.length === 0) return event;
  const before = own(event, "masked");
  const all = [...(Array.isArray(before) ? (before as readonly Json[]) : []), ...places];
  return { ...event, ...Object.fromEntries(found.map(([name, { value }]) => [name, value])), masked: all };
}

function unescaped(segment: string): string {
  return segment.replaceAll("~1", "/").replaceAll("~0", "~");
}

/** Undefined where there is nothing at the place. */
function without(value: Json, [key, ...rest]: readonly string[]): Json | undefined {
  if (key === undefined) return undefined;
  const inner = member(value, key);
  if (inner === undefined) return undefined;
  if (rest.length === 0) return replaced(value, key, undefined);
  const changed = without(inner, rest);
  return changed === undefined ? undefined : replaced(value, key, changed);
}

/** Objects on the way are made; undefined where something else stands there. */
function upserted(root: Json, [key, ...rest]: readonly string[], value: Json): Json | undefined {
  if (key === undefined) return value;
  if (!isObject(root) && !(Array.isArray(root) && member(root as Json, key) !== undefined)) return undefined;
  const inner = member(root, key);
  const changed = rest.length === 0 ? value : upserted(inner ?? {}, rest, value);
  return changed === undefined ? undefined : replaced(root, key, changed);
}

function member(value: Json, key: string): Json | undefined {
  if (Array.isArray(value)) return /^\d{1,9}$/.test(key) ? (value as readonly Json[])[Number(key)] : undefined;
  return isObject(value) ? own(value, key) : undefined;
}

function replaced(value: Json, key: string, inner: Json | undefined): Json {
  if (Array.isArray(value))
    return (value as readonly Json[]).flatMap((item, at) =>
      at !== Number(key) ? [item] : inner === undefined ? [] : [inner],
    );
  const copy: { [key: string]: Json } = {};
  for (const [name, item] of Object.entries(value as JsonObject)) if (name !== key) setOwn(copy, name, item);
  if (inner !== undefined) setOwn(copy, key, inner);
  return copy;
}
