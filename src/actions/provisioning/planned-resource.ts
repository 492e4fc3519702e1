// From what a scanner reads of a tool's output to what a plan keeps: ids that say whose it is, and nothing secret.
import { pointer } from "../../inventory/pointer.js";
import type { ScannedResource } from "../../inventory/scan-item.js";
import { isObject, setOwn, type Json, type JsonObject } from "../../json.js";
import type { PlannedResource } from "../action.js";
import { resourceId, type Stack } from "./stack-tool.js";

/** Of a text that is shorter nothing can be said: `1` is in everything. */
const shortestSecret = 4;

/** The texts that must not be in a plan: the values of the stack's secret variables. */
export function secretTexts({ secrets, variables }: Pick<Stack, "secrets" | "variables">): readonly string[] {
  return [...secrets]
    .flatMap((name) => textsIn(variables[name] ?? null))
    .filter((text) => text.length >= shortestSecret);
}

function textsIn(value: Json): string[] {
  if (typeof value === "string") return [value, Buffer.from(value).toString("base64")];
  if (typeof value === "number") return [String(value)];
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(textsIn);
  return isObject(value) ? Object.values(value).flatMap(textsIn) : [];
}

/** Secrets are taken out, and are among `unknown`: no policy passes by what it did not see. */
export function plannedResource(
  { resource, references, failures }: ScannedResource,
  stack: Stack,
  hidden: (path: readonly string[], value: Json) => boolean,
): PlannedResource {
  const config = without(resource.config, hidden);
  const raw = resource.raw === resource.config ? config : without(resource.raw, hidden);
  return {
    resource: {
      ...resource,
      id: resourceId(stack, resource.id),
      config: config.value as JsonObject,
      raw: raw.value,
      unknown: [
        ...new Set([
          ...resource.unknown,
          ...config.taken.map((at) => `/config${at}`),
          ...raw.taken.map((at) => `/raw${at}`),
        ]),
      ],
    },
    references: references.map((id) => resourceId(stack, id)),
    failures,
  };
}

interface Without {
  readonly value: Json;
  readonly taken: readonly string[];
}

function without(value: Json, hidden: (path: readonly string[], value: Json) => boolean): Without {
  const taken: string[] = [];
  const walk = (one: Json, path: readonly string[]): Json => {
    if (Array.isArray(one)) {
      return (one as readonly Json[]).map((item, at) => visit(item, [...path, String(at)]) ?? null);
    }
    if (!isObject(one)) return one;
    const kept: { [key: string]: Json } = {};
    for (const [key, item] of Object.entries(one)) {
      const left = visit(item, [...path, key]);
      if (left !== undefined) setOwn(kept, key, left);
    }
    return kept;
  };
  const visit = (one: Json, path: readonly string[]): Json | undefined => {
    if (!hidden(path, one)) return walk(one, path);
    taken.push(pointer(path));
    return undefined;
  };
  return { value: walk(value, []), taken };
}
