// From an object as the cluster has it to the manifest that `portcullis check` would be given, so that both get the same id
// and the same verdicts.
import { readKubernetes } from "../../../scanners/kubernetes/index.js";
import type { ScanItem } from "../../inventory/scan-item.js";
import { isObject, own, type Json, type JsonObject } from "../../json.js";
import type { AdmissionRequest } from "./admission-review.js";

/** What the server fills in, and changes with every write: no policy is about it, and no waiver ends by it. */
const serverFields = new Set([
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "generation",
  "managedFields",
  "resourceVersion",
  "selfLink",
  "uid",
]);

/** The object without what the server added; with the namespace and the name of the request where it has none. */
export function manifestOf(object: JsonObject, { namespace, name, kind }: AdmissionRequest): JsonObject {
  const { status: _, ...rest } = object;
  const given = own(object, "metadata");
  const kept = Object.entries(isObject(given) ? given : {}).filter(([key]) => !serverFields.has(key));
  const metadata = Object.fromEntries(kept);
  const isNamed = isText(metadata["name"]) || isText(metadata["generateName"]);
  if (!isNamed) metadata["name"] = isText(name) ? name : "*";
  if (isText(namespace) && !isText(metadata["namespace"]) && kind.kind !== "Namespace")
    metadata["namespace"] = namespace;
  return { ...rest, metadata };
}

/** What the policies are shown. */
export async function* itemsOf(manifest: JsonObject, documents: boolean): AsyncGenerator<ScanItem> {
  const nothing = { locate: () => null, suppressions: () => [] };
  const document = { uri: "admission", index: 0, value: manifest, untagged: () => manifest, ...nothing };
  if (documents) yield { kind: "document", uri: "admission", index: 0, value: manifest, locate: () => null };
  yield* readKubernetes(document);
  await Promise.resolve();
}

/** Why the object is not what the request says that it is; null where it is. */
export function mismatch(object: Json, { kind }: AdmissionRequest): string | null {
  if (!isObject(object)) return "expected request.object to be an object";
  const apiVersion = kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
  if (own(object, "apiVersion") === apiVersion && own(object, "kind") === kind.kind) return null;
  return `expected request.object to be of ${apiVersion} ${kind.kind}, as request.kind says`;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
