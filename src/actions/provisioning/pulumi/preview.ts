// From what Pulumi says of a preview and of a state to what changes: resources before and after, by the scanner's own mapping. Pure.
import { createHash } from "node:crypto";
import type { ParsedDocument } from "../../../../scanners/code/document.js";
import { readPulumi } from "../../../../scanners/pulumi/index.js";
import { canonicalJson } from "../../../audit/canonical-json.js";
import { isObject, own, type Json, type JsonObject } from "../../../json.js";
import type { Change, PlannedResource } from "../../action.js";
import { plannedResource, secretTexts } from "../planned-resource.js";
import type { Stack, StackOutput, StackOutputs, StackPlan } from "../stack-tool.js";

/** How a state marks a secret, anywhere in a value. */
const secretMark = "1b47061264138c4ac30d75fd1eb44270";
/** A URN is `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`. */
const ofPulumi = /^urn:pulumi:[^:]*::[^:]*::pulumi:(?:pulumi:Stack|providers:[^:]+)::/;

export type PulumiPlan = Omit<StackPlan, "exact">;

export interface Previewed {
  /** What `pulumi preview --json --show-sames` prints. */
  readonly preview: Json;
  /** By name, with `secret` and, where it is known, `value`. */
  readonly outputs: Json;
  /** An export. */
  readonly state: Json;
}

export function planOfPreview(stack: Stack, { preview, outputs: said, state }: Previewed): PulumiPlan {
  const steps = stepsOf(preview);
  const after = resourcesOf(
    stack,
    steps.map((step) => own(step, "newState") ?? null),
  );
  const before = resourcesOf(
    stack,
    steps.map((step) => own(step, "oldState") ?? null),
  );
  const touched = new Set(steps.filter(isChanging).map(urnOf));
  const outputs = previewedOutputs(said);
  return {
    changes: changesOf(before.resources, after.resources, touched),
    resources: [...after.resources].sort(byKey).map(([, { planned }]) => planned),
    differs: steps.some(isChanging) || outputsChange(outputs, state),
    digest: digestOf({ steps: inOrder(steps.map(essence)), outputs: shownOutputs(outputs) }),
    state: stateOf(state),
    outputs,
    problems: [...problemsOf(state), ...before.problems, ...after.problems],
  };
}

/** Everything that the state has goes. */
export function planOfRemoval(stack: Stack, state: Json): PulumiPlan {
  const states = statesOf(state);
  const { resources, problems } = resourcesOf(stack, states);
  const kept = states.flatMap((one) => (isObject(one) && own(one, "protect") === true ? [urnOf(one)] : []));
  return {
    changes: [...resources.values()].map(({ planned }) => ({ before: planned, after: null })),
    resources: [],
    differs: states.length > 0,
    digest: digestOf({ removed: states.map((one) => clean(one)) }),
    state: stateOf(state),
    outputs: new Map(),
    problems: [
      ...problemsOf(state),
      ...problems,
      ...kept.map((urn) => `${urn} is protected in Pulumi: it cannot be removed`),
    ],
  };
}

/** Of an export; null where there is nothing. */
export function stateOf(state: Json): string | null {
  const deployment = deploymentOf(state);
  const [resources, pending] = [own(deployment, "resources") ?? [], own(deployment, "pending_operations") ?? []];
  return Array.isArray(resources) && resources.length === 0 ? null : digestOf({ resources, pending });
}

export function hasResources(state: Json): boolean {
  return statesOf(state).some((one) => !ofPulumi.test(urnOf(one)));
}

/** What `stack output --show-secrets` says; the state says which of them are secret. */
export function outputsOf(state: Json, values: Json): StackOutputs {
  const kept = outputsIn(stackOf(state));
  return new Map(
    Object.entries(isObject(values) ? values : {}).map(([name, value]): readonly [string, StackOutput] => {
      const sensitive = JSON.stringify(own(kept, name) ?? secretMark).includes(secretMark);
      return [name, { value, sensitive }];
    }),
  );
}

/** A resource that was being changed when Pulumi was cut off: nobody knows what became of it. */
function problemsOf(state: Json): string[] {
  const pending = own(deploymentOf(state), "pending_operations");
  return (Array.isArray(pending) ? (pending as readonly Json[]) : []).map((one) => {
    const operation = isObject(one) ? one : {};
    const kind = own(operation, "type");
    const urn = urnOf(own(operation, "resource") ?? null);
    return `${urn}: ${typeof kind === "string" ? kind : "a change"} was cut off; look what became of it, and run \`pulumi refresh\``;
  });
}

function deploymentOf(state: Json): JsonObject {
  const deployment = isObject(state) ? own(state, "deployment") : undefined;
  return isObject(deployment) ? deployment : {};
}

function statesOf(state: Json): readonly Json[] {
  const resources = own(deploymentOf(state), "resources");
  return Array.isArray(resources) ? (resources as readonly Json[]) : [];
}

function stackOf(state: Json): Json {
  return statesOf(state).find((one) => urnOf(one).includes("::pulumi:pulumi:Stack::")) ?? null;
}

function stepsOf(preview: Json): readonly JsonObject[] {
  const steps = isObject(preview) ? own(preview, "steps") : undefined;
  return (Array.isArray(steps) ? (steps as readonly Json[]) : []).filter(isObject);
}

function urnOf(value: Json): string {
  const urn = isObject(value) ? own(value, "urn") : undefined;
  return typeof urn === "string" ? urn : "";
}

function isChanging(step: JsonObject): boolean {
  const op = own(step, "op");
  return op !== "same" && op !== "read" && !ofPulumi.test(urnOf(step));
}

/** Places in programs and machines' paths say nothing of what is done, and differ between two machines. */
function clean(state: Json): Json {
  if (!isObject(state)) return state;
  const { sourcePosition: _at, stackTrace: _trace, created: _created, modified: _modified, ...rest } = state;
  return rest;
}

function essence(step: JsonObject): Json {
  return {
    op: own(step, "op") ?? null,
    urn: urnOf(step),
    new: clean(own(step, "newState") ?? null),
    old: clean(own(step, "oldState") ?? null),
  };
}

/** Pulumi works on many resources at once, and lists them as they come. */
function inOrder(values: readonly Json[]): readonly Json[] {
  return values
    .map((value): readonly [string, Json] => [canonicalJson(value), value])
    .sort(byKey)
    .map(([, value]) => value);
}

function byKey([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function digestOf(value: JsonObject): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

interface Mapped {
  readonly planned: PlannedResource;
  /** Of the resource, and of those that were folded into it. */
  readonly urns: readonly string[];
}

function resourcesOf(
  stack: Stack,
  states: readonly Json[],
): { readonly resources: ReadonlyMap<string, Mapped>; readonly problems: readonly string[] } {
  const wanted = states.filter((one) => one !== null && !ofPulumi.test(urnOf(one))).map(clean);
  const providers = states.filter((one) => urnOf(one).includes("::pulumi:providers:")).map(clean);
  const resources = new Map<string, Mapped>();
  const problems: string[] = [];
  for (const item of readPulumi(documentOf(stack, [...providers, ...wanted]))) {
    if (item.kind === "problem") problems.push(item.message);
    if (item.kind !== "resource" || ofPulumi.test(item.resource.id)) continue;
    const planned = plannedResource(item, stack, hiddenIn(stack));
    resources.set(planned.resource.id, { planned, urns: (item.declared?.() ?? []).map(({ address }) => address) });
  }
  return { resources, problems };
}

function hiddenIn(stack: Stack): (path: readonly string[], value: Json) => boolean {
  const secrets = secretTexts(stack);
  return (_path, value) =>
    typeof value === "string" && (value === "[secret]" || secrets.some((text) => value.includes(text)));
}

function documentOf(stack: Stack, states: readonly Json[]): ParsedDocument {
  const value: JsonObject = { version: 3, deployment: { manifest: {}, resources: states } };
  return {
    uri: `pulumi:${stack.environment}/${stack.name}`,
    index: 0,
    value,
    untagged: () => value,
    locate: () => null,
    suppressions: () => [],
  };
}

function changesOf(
  before: ReadonlyMap<string, Mapped>,
  after: ReadonlyMap<string, Mapped>,
  touched: ReadonlySet<string>,
): Change[] {
  const ids = [...new Set([...before.keys(), ...after.keys()])].sort();
  return ids.flatMap((id) => {
    const [was, will] = [before.get(id), after.get(id)];
    const urns = [...(was?.urns ?? []), ...(will?.urns ?? [])];
    if (was !== undefined && will !== undefined && !urns.some((urn) => touched.has(urn))) return [];
    return [{ before: was?.planned ?? null, after: will?.planned ?? null }];
  });
}

function outputsIn(state: Json): JsonObject {
  const outputs = isObject(state) ? own(state, "outputs") : undefined;
  return isObject(outputs) ? outputs : {};
}

function previewedOutputs(said: Json): StackOutputs {
  return new Map(
    Object.entries(isObject(said) ? said : {}).map(([name, one]): readonly [string, StackOutput] => {
      const output = isObject(one) ? one : {};
      return [name, { value: own(output, "value"), sensitive: own(output, "secret") !== false }];
    }),
  );
}

/** Without the values of secrets. */
function shownOutputs(outputs: StackOutputs): JsonObject {
  return Object.fromEntries(
    [...outputs].map(([name, { value, sensitive }]) => [
      name,
      { sensitive, value: sensitive ? null : (value ?? null) },
    ]),
  );
}

/** Of secrets the state has only what Pulumi encrypted: whether they are there is all that can be compared. */
function outputsChange(outputs: StackOutputs, state: Json): boolean {
  const kept = outputsIn(stackOf(state));
  if (canonicalJson([...outputs.keys()].sort()) !== canonicalJson(Object.keys(kept).sort())) return true;
  return [...outputs].some(
    ([name, { value, sensitive }]) =>
      !sensitive && canonicalJson(value ?? null) !== canonicalJson(own(kept, name) ?? null),
  );
}
