// A plan as the journal keeps it: what is done stands in the steps, so that of the resources nothing secret has to be kept.
import { isObject, own, setOwn, type Json, type JsonObject } from "../json.js";
import { redactJson, redactText } from "../redact.js";
import type { Change, Plan, PlannedResource } from "./action.js";
import { isSame } from "./changed-paths.js";

const another = " (another)";

/** A secret that changes shows that it does, and not what it is. Its hash is still that of the plan that was decided on. */
export function keptPlan(plan: Plan): Plan {
  return { ...plan, changes: plan.changes.map(keptChange), problems: plan.problems.map(redactText) };
}

function keptChange({ before, after }: Change): Change {
  return { before: before === null ? null : kept(before, null), after: after === null ? null : kept(after, before) };
}

function kept({ resource, references, failures }: PlannedResource, before: PlannedResource | null): PlannedResource {
  const was = before?.resource;
  const side = (value: Json, old: Json | undefined): Json => {
    const clean = redactJson(value).value;
    return old === undefined ? clean : marked(clean, value, old);
  };
  return {
    resource: {
      ...resource,
      config: side(resource.config, was?.config) as JsonObject,
      tags: side(resource.tags, was?.tags) as typeof resource.tags,
      raw: side(resource.raw, was?.raw),
    },
    references,
    failures: failures.map(({ pointer, message }) => ({ pointer, message: redactText(message) })),
  };
}

/** Only what was replaced is another value than before it was: all else is looked at no further. */
function marked(clean: Json, value: Json | undefined, old: Json | undefined): Json {
  if (clean === value || isSame(value, old)) return clean;
  if (typeof clean === "string") return `${clean}${another}`;
  if (Array.isArray(clean))
    return (clean as readonly Json[]).map((element, at) => marked(element, elementOf(value, at), elementOf(old, at)));
  if (!isObject(clean)) return clean;
  const result: { [key: string]: Json } = {};
  for (const [key, member] of Object.entries(clean))
    setOwn(result, key, marked(member, memberOf(value, key), memberOf(old, key)));
  return result;
}

function elementOf(value: Json | undefined, at: number): Json | undefined {
  return Array.isArray(value) ? (value as readonly Json[])[at] : undefined;
}

function memberOf(value: Json | undefined, key: string): Json | undefined {
  return isObject(value) ? own(value, key) : undefined;
}
