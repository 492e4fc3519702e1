// From what `tofu show -json` prints of a saved plan to what it changes, with everything sensitive taken out.
import { createHash } from "node:crypto";
import type { EvaluatedResource } from "../../../../scanners/terraform/evaluated.js";
import { mapTerraform } from "../../../../scanners/terraform/map.js";
import { readTerraformPlan } from "../../../../scanners/terraform/plan.js";
import { withoutUnknown } from "../../../../scanners/terraform/plan-unknown.js";
import { canonicalJson } from "../../../audit/canonical-json.js";
import { isObject, own, setOwn, type Json, type JsonObject } from "../../../json.js";
import type { Change, PlannedResource } from "../../action.js";
import { plannedResource, secretTexts } from "../planned-resource.js";
import { resourceId, type Stack, type StackOutput, type StackOutputs, type StackPlan } from "../stack-tool.js";

export type ShownPlan = Pick<StackPlan, "changes" | "resources" | "outputs" | "problems"> & {
  /** SHA-256 of all that the plan does: without times, and without what is sensitive. */
  readonly digest: string;
};

export function readShownPlan(plan: JsonObject, stack: Stack): ShownPlan {
  const entries = changesOf(plan);
  const after = read({ ...plan, ...priorWithoutSecrets(plan), resource_changes: entries.map(asAfter) }, stack);
  const existing = entries.filter((entry) => isObject(own(changeOf(entry), "before")));
  const { planned_values: _, ...rest } = plan;
  const before = read({ ...rest, ...priorWithoutSecrets(plan), resource_changes: existing.map(asBefore) }, stack);
  const touched = new Set(entries.filter(isTouched).map((entry) => resourceId(stack, addressOf(entry))));
  return {
    changes: changesBetween(before.resources, after.resources, touched),
    resources: after.resources,
    outputs: outputsOf(plan),
    problems: [...after.problems, ...before.problems, ...unfinished(plan)],
    digest: digestOf(plan, entries),
  };
}

/** The resources of a folder or of a plan, as a plan of ours keeps them. */
export function mapped(
  resources: readonly EvaluatedResource[],
  stack: Stack,
  scanner: "terraform" | "terraform-plan",
): readonly PlannedResource[] {
  const texts = secretTexts(stack);
  const hidden = (_: readonly string[], value: Json): boolean =>
    typeof value === "string" && texts.some((text) => value.includes(text));
  return mapTerraform(resources, { scanner, uri: `${stack.environment}/${stack.name}` }).map((one) =>
    plannedResource(one, stack, hidden),
  );
}

function read(plan: JsonObject, stack: Stack): Pick<ShownPlan, "resources" | "problems"> {
  const { resources, problems } = readTerraformPlan(plan, `the plan of ${stack.name}`, () => null);
  return {
    resources: mapped(resources, stack, "terraform-plan"),
    problems: problems.map(({ at, message }) => `${at}: ${message}`),
  };
}

function unfinished(plan: JsonObject): readonly string[] {
  return own(plan, "resource_changes") !== undefined && !Array.isArray(own(plan, "resource_changes"))
    ? ["the plan's resource_changes are no list"]
    : [];
}

function changesOf(plan: JsonObject): readonly JsonObject[] {
  const entries = own(plan, "resource_changes");
  return Array.isArray(entries) ? (entries as readonly Json[]).filter(isObject) : [];
}

function addressOf(entry: JsonObject): string {
  const address = own(entry, "address");
  return typeof address === "string" ? address : "";
}

function changeOf(entry: JsonObject): JsonObject {
  const change = own(entry, "change");
  return isObject(change) ? change : {};
}

function actionsOf(change: JsonObject): readonly Json[] {
  const actions = own(change, "actions");
  return Array.isArray(actions) ? (actions as readonly Json[]) : [];
}

function isTouched(entry: JsonObject): boolean {
  return actionsOf(changeOf(entry)).some((action) => action !== "no-op" && action !== "read");
}

/** What is sensitive counts as not known: a policy that reads it cannot say that it passes. */
function asAfter(entry: JsonObject): JsonObject {
  const change = changeOf(entry);
  const unknown = either(own(change, "after_unknown") ?? false, own(change, "after_sensitive") ?? false);
  return { ...entry, change: { ...change, after_unknown: unknown } };
}

function asBefore(entry: JsonObject): JsonObject {
  const change = changeOf(entry);
  const { before = null, before_sensitive: unknown = false } = change;
  return { ...entry, change: { actions: ["no-op"], before, after: before, after_unknown: unknown } };
}

/** True wherever one of them is. */
function either(a: Json, b: Json | undefined): Json {
  if (a === true || b === true) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    const [one, two] = [a as readonly Json[], b as readonly Json[]];
    return Array.from({ length: Math.max(one.length, two.length) }, (_, at) => either(one[at] ?? false, two[at]));
  }
  if (isObject(a) && isObject(b)) {
    const both: { [key: string]: Json } = {};
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
      setOwn(both, key, either(own(a, key) ?? false, own(b, key)));
    return both;
  }
  return isObject(a) || Array.isArray(a) ? a : (b ?? a);
}

/** Data sources are read from the prior state. */
function priorWithoutSecrets(plan: JsonObject): JsonObject {
  const prior = own(plan, "prior_state");
  const values = isObject(prior) ? own(prior, "values") : undefined;
  const root = isObject(values) ? own(values, "root_module") : undefined;
  if (!isObject(prior) || !isObject(values) || !isObject(root)) return {};
  return { prior_state: { ...prior, values: { ...values, root_module: moduleWithoutSecrets(root, 0) } } };
}

function moduleWithoutSecrets(module: JsonObject, depth: number): JsonObject {
  const list = (key: string): readonly JsonObject[] => {
    const value = own(module, key);
    return Array.isArray(value) ? (value as readonly Json[]).filter(isObject) : [];
  };
  const resources = list("resources").map((resource) => {
    const values = own(resource, "values");
    return isObject(values)
      ? { ...resource, values: withoutUnknown(values, own(resource, "sensitive_values") ?? false) }
      : resource;
  });
  const children = depth > 64 ? [] : list("child_modules").map((child) => moduleWithoutSecrets(child, depth + 1));
  return { ...module, resources, child_modules: children };
}

function changesBetween(
  before: readonly PlannedResource[],
  after: readonly PlannedResource[],
  touched: ReadonlySet<string>,
): readonly Change[] {
  const was = new Map(before.map((one) => [one.resource.id, one]));
  const is = new Map(after.map((one) => [one.resource.id, one]));
  return [...new Set([...was.keys(), ...is.keys()])]
    .sort()
    .map((id) => ({ id, before: was.get(id) ?? null, after: is.get(id) ?? null }))
    .filter(({ id, before, after }) => touched.has(id) || asText(before) !== asText(after))
    .map(({ before, after }) => ({ before, after }));
}

function asText(planned: PlannedResource | null): string {
  if (planned === null) return "";
  const { config, tags, type, unknown } = planned.resource;
  return canonicalJson({ config, tags, type, unknown: [...unknown].sort() });
}

function outputsOf(plan: JsonObject): StackOutputs {
  const outputs = new Map<string, StackOutput>();
  const changes = own(plan, "output_changes");
  for (const [name, change] of Object.entries(isObject(changes) ? changes : {})) {
    if (!isObject(change) || actionsOf(change).includes("delete")) continue;
    const unknown = own(change, "after_unknown");
    const isKnown =
      unknown === undefined || unknown === false || unknown === null || !JSON.stringify(unknown).includes("true");
    const sensitive = JSON.stringify(own(change, "after_sensitive") ?? false).includes("true");
    outputs.set(name, { value: isKnown ? (own(change, "after") ?? null) : undefined, sensitive });
  }
  return outputs;
}

function digestOf(plan: JsonObject, entries: readonly JsonObject[]): string {
  const resources = entries.map((entry) => {
    const change = changeOf(entry);
    const values = (side: "before" | "after"): Json => {
      const value = own(change, side) ?? null;
      return isObject(value) ? withoutUnknown(value, own(change, `${side}_sensitive`) ?? false) : value;
    };
    return {
      ...entry,
      change: {
        ...change,
        before: values("before"),
        after: values("after"),
        before_identity: null,
        after_identity: null,
      },
    };
  });
  const outputs = own(plan, "output_changes");
  const shownOutputs = Object.entries(isObject(outputs) ? outputs : {}).map(([name, change]) => {
    if (!isObject(change)) return [name, change];
    const secret = [own(change, "before_sensitive"), own(change, "after_sensitive")].some((one) =>
      JSON.stringify(one ?? false).includes("true"),
    );
    return [name, secret ? { ...change, before: null, after: null } : change];
  });
  const text = canonicalJson({
    resources,
    outputs: shownOutputs,
    version: own(plan, "terraform_version") ?? null,
  });
  return createHash("sha256").update(text).digest("hex");
}
