// Objects of Kubernetes as Helm renders them and Argo CD shows them: read, compared with what runs, and made into changes.
import { isClusterScoped, readKubernetes } from "../../../../scanners/kubernetes/index.js";
import type { ScannedResource } from "../../../inventory/scan-item.js";
import { isObject, own, setOwn, type Json, type JsonObject } from "../../../json.js";
import type { Change, PlannedResource } from "../../action.js";
import { plannedResource, secretTexts } from "../planned-resource.js";
import type { Stack } from "../stack-tool.js";

/** By `apiVersion/Kind/namespace/name`. */
export type Objects = ReadonlyMap<string, JsonObject>;

export interface ReadObjects {
  readonly objects: Objects;
  readonly problems: readonly string[];
}

export const mostObjects = 10_000;
/** Deeper than any manifest; recursion over what is within it is safe. */
const mostDepth = 200;

/** `namespace` is where objects go that name none. Lists are taken apart. */
export function readObjects(values: readonly Json[], namespace: string, from: string): ReadObjects {
  const objects = new Map<string, JsonObject>();
  const problems: string[] = [];
  if (values.length > mostObjects) return { objects, problems: [`${from}: more than ${mostObjects} objects`] };
  for (const value of values) {
    if (value === null) continue; // a template that renders to nothing
    if (isDeeper(value, mostDepth)) {
      problems.push(`${from}: an object is nested more than ${mostDepth} deep`);
      continue;
    }
    for (const item of scanned(value, from)) {
      if (item.kind === "problem") problems.push(`${from}: ${item.message}`);
      if (item.kind !== "resource") continue;
      const object = inNamespace(item.resource.config, namespace);
      const [key] = scanned(object, from).flatMap((one) => (one.kind === "resource" ? [one.resource.id] : []));
      if (key === undefined) continue;
      if (key.endsWith("*")) problems.push(`${from}: ${key} has a generated name; expected metadata.name`);
      if (objects.has(key)) problems.push(`${from}: ${key} is there twice`);
      objects.set(key, object);
    }
  }
  return { objects, problems };
}

function isDeeper(value: Json, than: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (than === 0) return true;
  return Object.values(value).some((one: Json) => isDeeper(one, than - 1));
}

function scanned(value: Json, uri: string): ReturnType<typeof readKubernetes> {
  const nowhere = { locate: () => null, suppressions: () => [] };
  return readKubernetes({ uri, index: 0, value, untagged: () => value, ...nowhere });
}

function kindOf(object: JsonObject): string {
  const kind = own(object, "kind");
  return typeof kind === "string" ? kind : "";
}

function inNamespace(object: JsonObject, namespace: string): JsonObject {
  const metadata = own(object, "metadata");
  if (!isObject(metadata) || isClusterScoped(kindOf(object))) return object;
  const given = own(metadata, "namespace");
  if (typeof given === "string" && given !== "") return object;
  return { ...object, metadata: { ...metadata, namespace } };
}

/** What the API server adds, and changes by itself. */
const kept = ["managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink"];
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/** As somebody would have written it: without status, and without the server's own notes. */
export function withoutServerFields(object: JsonObject): JsonObject {
  const { status: _status, metadata, ...rest } = object;
  if (!isObject(metadata)) return rest;
  const clean: { [key: string]: Json } = {};
  for (const [key, value] of Object.entries(metadata)) {
    if (kept.includes(key)) continue;
    setOwn(clean, key, key === "annotations" && isObject(value) ? withoutKey(value, lastApplied) : value);
  }
  return { ...rest, metadata: clean };
}

function withoutKey(object: JsonObject, without: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== without));
}

/**
 * Whether applying `wanted` would leave `live` as it is: all that is wanted is there, and nothing that was applied before is
 * wanted no longer. `former` is what was applied, where it is known. In doubt it differs.
 */
export function isApplied(live: JsonObject, wanted: JsonObject, former: JsonObject | null): boolean {
  return (
    covers(withoutServerFields(live), withoutServerFields(wanted)) && (former === null || covers(wanted, former, true))
  );
}

/** What `kubectl apply` and Argo CD remember of it. */
export function appliedBefore(live: JsonObject): JsonObject | null {
  const metadata = own(live, "metadata");
  const annotations = isObject(metadata) ? own(metadata, "annotations") : undefined;
  const text = isObject(annotations) ? own(annotations, lastApplied) : undefined;
  if (typeof text !== "string") return null;
  try {
    const value = JSON.parse(text) as Json;
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** Every property of the second is in the first; by `shape` alone its value does not matter. */
function covers(whole: Json | undefined, part: Json, shape = false): boolean {
  if (Array.isArray(part)) {
    const [all, some] = [whole, part as readonly Json[]];
    if (!Array.isArray(all) || (!shape && all.length !== some.length) || all.length < some.length) return false;
    return some.every((one, at) => covers((all as readonly Json[])[at], one, shape));
  }
  if (isObject(part)) {
    if (!isObject(whole)) return Object.keys(part).length === 0;
    return Object.entries(part).every(([key, one]) => {
      const is = own(whole, key);
      // What is empty is left out by the server.
      return is === undefined ? one === null || isEmpty(one) : covers(is, one, shape);
    });
  }
  return shape ? whole !== undefined : whole === part;
}

function isEmpty(value: Json): boolean {
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}

/** What must not be seen of an object: the values of a Secret, and those of the stack's secret variables wherever they stand. */
export function plannedObject(object: JsonObject, stack: Stack, from: string): PlannedResource | null {
  const secrets = secretTexts(stack);
  const isSecret = kindOf(object) === "Secret";
  const hidden = (path: readonly string[], value: Json): boolean => {
    const [first, second, third] = path;
    if (isSecret && path.length === 2 && (first === "data" || first === "stringData")) return true;
    if (isSecret && first === "metadata" && second === "annotations" && third === lastApplied) return true;
    return typeof value === "string" && secrets.some((text) => value.includes(text));
  };
  const [item] = scanned(withoutServerFields(object), from).filter(
    (one): one is ScannedResource => one.kind === "resource",
  );
  return item === undefined ? null : plannedResource(item, stack, hidden);
}

/** What changes from the first to the second. `same` says of an object in both whether it stays as it is. */
export function changesBetween(
  before: Objects,
  after: Objects,
  { stack, from, same }: { stack: Stack; from: string; same: (key: string) => boolean },
): Change[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return keys.flatMap((key) => {
    const [was, will] = [before.get(key), after.get(key)];
    if (was !== undefined && will !== undefined && same(key)) return [];
    const change = { before: planned(was, stack, from), after: planned(will, stack, from) };
    return change.before === null && change.after === null ? [] : [change];
  });
}

function planned(object: JsonObject | undefined, stack: Stack, from: string): PlannedResource | null {
  return object === undefined ? null : plannedObject(object, stack, from);
}
