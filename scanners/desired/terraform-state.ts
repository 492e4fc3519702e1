// Reads Terraform's and OpenTofu's own state files (version 4), as a backend keeps them. Every shape is checked: a state that is not
// understood is a problem, never an empty one.
import type { ScanProblem } from "../../src/inventory/scan-item.js";
import { isObject, own, type Json, type JsonObject } from "../../src/json.js";
import { problemAt } from "../code/files.js";
import type { EvaluatedResource } from "../terraform/evaluated.js";
import { tooDeep } from "../terraform/plan-unknown.js";

export interface StateReading {
  readonly resources: readonly EvaluatedResource[];
  readonly problems: readonly ScanProblem[];
  /** Values that the state marks as sensitive. */
  readonly secrets: readonly string[];
}

export function isTerraformState(value: Json): value is JsonObject {
  if (!isObject(value)) return false;
  if (isEncrypted(value)) return true;
  return (
    Object.hasOwn(value, "lineage") || (Object.hasOwn(value, "terraform_version") && Object.hasOwn(value, "serial"))
  );
}

/** As OpenTofu writes it. */
function isEncrypted(state: JsonObject): boolean {
  return Object.hasOwn(state, "encrypted_data") || Object.hasOwn(state, "encryption_version");
}

export function readTerraformState(state: JsonObject, uri: string): StateReading {
  const refused = refusal(state);
  if (refused !== null) return { resources: [], problems: [problemAt(uri, "unreadable", refused)], secrets: [] };
  const reading = { resources: [] as EvaluatedResource[], problems: [] as ScanProblem[], secrets: [] as string[], uri };
  (own(state, "resources") as readonly Json[]).forEach((resource, index) => {
    readResource(resource, `/resources/${index}`, reading);
  });
  return reading;
}

function refusal(state: JsonObject): string | null {
  if (isEncrypted(state))
    return "the state is encrypted; expected what `tofu show -json` prints of it, where the key is configured";
  const version = own(state, "version");
  if (version !== 4) {
    const found = typeof version === "number" ? String(version) : "none";
    return `the state's version was expected to be 4 (Terraform 0.12 and later, OpenTofu); found ${found}`;
  }
  if (Array.isArray(own(state, "resources"))) return null;
  return isObject(own(state, "backend"))
    ? "it only says where the state is kept; give the state itself: terraform state pull"
    : "/resources was expected to be a list of resources";
}

type Reading = { -readonly [K in keyof StateReading]: StateReading[K] extends readonly (infer T)[] ? T[] : never } & {
  readonly uri: string;
};

function readResource(resource: Json, at: string, reading: Reading): void {
  const [type, name, mode, instances] = isObject(resource)
    ? ["type", "name", "mode", "instances"].map((key) => own(resource, key))
    : [];
  const isKnown = mode === "managed" || mode === "data";
  if (
    !isObject(resource) ||
    typeof type !== "string" ||
    typeof name !== "string" ||
    !isKnown ||
    !Array.isArray(instances)
  ) {
    const message = `${at} was expected to be a resource with mode, type, name and a list of instances`;
    reading.problems.push(problemAt(reading.uri, "unreadable", message));
    return;
  }
  const module = own(resource, "module");
  const base = `${typeof module === "string" ? `${module}.` : ""}${mode === "data" ? "data." : ""}${type}.${name}`;
  (instances as readonly Json[]).forEach((instance, index) => {
    readInstance(instance, `${at}/instances/${index}`, { base, mode, type, name }, reading);
  });
}

interface Block {
  readonly base: string;
  readonly mode: "managed" | "data";
  readonly type: string;
  readonly name: string;
}

function readInstance(instance: Json, at: string, { base, mode, type, name }: Block, reading: Reading): void {
  const values = isObject(instance) ? own(instance, "attributes") : undefined;
  if (!isObject(instance) || !isObject(values) || tooDeep(values)) {
    const message = `${at}/attributes was expected to be an object with the attributes of ${base}, at most 200 levels deep`;
    reading.problems.push(problemAt(reading.uri, "unreadable", message));
    return;
  }
  // What is to be destroyed after another one was made in its place.
  if (own(instance, "deposed") !== undefined) return;
  reading.secrets.push(...sensitiveValues(values, own(instance, "sensitive_attributes")));
  const region = own(values, "region");
  reading.resources.push({
    ...{ address: base + keyOf(own(instance, "index_key")), mode, type, name, values },
    region: type.startsWith("aws_") && typeof region === "string" && region !== "" ? region : null,
    unknown: [],
    references: new Map(),
    locate: () => null,
  });
}

function keyOf(key: Json | undefined): string {
  return typeof key === "number" || typeof key === "string" ? `[${JSON.stringify(key)}]` : "";
}

/** Each path is a list of steps: `{"type": "get_attr", "value": "password"}`, `{"type": "index", "value": {"value": 0}}`. */
function sensitiveValues(values: JsonObject, paths: Json | undefined): string[] {
  if (!Array.isArray(paths)) return [];
  return (paths as readonly Json[]).flatMap((path) => {
    const steps: readonly Json[] = Array.isArray(path) ? (path as readonly Json[]) : [path];
    let at: Json | undefined = values;
    for (const step of steps) at = stepInto(at, isObject(step) ? own(step, "value") : step);
    return at === undefined ? [] : leavesOf(at);
  });
}

function stepInto(value: Json | undefined, step: Json | undefined): Json | undefined {
  const key = isObject(step) ? own(step, "value") : step;
  if (Array.isArray(value)) return typeof key === "number" ? (value as readonly Json[])[key] : undefined;
  return isObject(value) && typeof key === "string" ? own(value, key) : undefined;
}

/** The texts and numbers in a value: what must not be shown. */
export function leavesOf(value: Json): string[] {
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(leavesOf);
  if (isObject(value)) return Object.values(value).flatMap(leavesOf);
  if (typeof value === "number") return [String(value)];
  return typeof value === "string" && value !== "" ? [value] : [];
}
