// Kubernetes manifests, one or a List of them, as they are: the manifest is the provider's own schema.
import { isObject, own, setOwn, type Json, type JsonObject } from "../../src/json.js";
import type { ScanItem, ScannedResource, Suppression } from "../../src/inventory/scan-item.js";
import type { ParsedDocument } from "../code/document.js";

const maximumListDepth = 8;

/** Kinds without a namespace, of the APIs that clusters have built in. */
const clusterScoped = new Set(
  `APIService CSIDriver CSINode CertificateSigningRequest ClusterRole ClusterRoleBinding ComponentStatus CustomResourceDefinition
   FlowSchema IngressClass MutatingWebhookConfiguration Namespace Node PersistentVolume PodSecurityPolicy PriorityClass
   PriorityLevelConfiguration RuntimeClass StorageClass ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding
   ValidatingWebhookConfiguration VolumeAttachment`.split(/\s+/),
);

/** Of a kind that is built in: it has no namespace. */
export function isClusterScoped(kind: string): boolean {
  return clusterScoped.has(kind);
}

export function isKubernetes(value: Json): boolean {
  return isObject(value) && typeof own(value, "apiVersion") === "string" && typeof own(value, "kind") === "string";
}

export function readKubernetes(document: ParsedDocument): ScanItem[] {
  return readManifest(document, document.value, { prefix: "", depth: 0, suppressions: document.suppressions("") });
}

interface Where {
  readonly prefix: string;
  readonly depth: number;
  readonly suppressions: readonly Suppression[];
}

function readManifest(document: ParsedDocument, value: Json, where: Where): ScanItem[] {
  const { prefix, depth, suppressions } = where;
  if (!isObject(value)) return [problem(document, prefix, "it is not a Kubernetes manifest; expected an object")];
  const apiVersion = own(value, "apiVersion");
  const kind = own(value, "kind");
  if (typeof apiVersion !== "string" || typeof kind !== "string") {
    return [problem(document, prefix, "it is not a Kubernetes manifest; expected apiVersion and kind")];
  }
  const items = own(value, "items");
  if (kind.endsWith("List") && Array.isArray(items)) {
    if (depth >= maximumListDepth)
      return [problem(document, prefix, `lists are nested more than ${maximumListDepth} deep`)];
    return readList(document, items, where);
  }
  return [readResource(document, value, { apiVersion, kind, prefix, suppressions })];
}

/** A comment in or above an item of a List is that item's; any other counts for all of them. */
function readList(
  document: ParsedDocument,
  items: readonly Json[],
  { prefix, depth, suppressions }: Where,
): ScanItem[] {
  const own = items.map((_, at) => document.suppressions(`${prefix}/items/${at}`));
  const claimed = new Set(own.flat());
  const common = suppressions.filter((each) => !claimed.has(each));
  return items.flatMap((item, at) => {
    const below = own[at]?.length ? [...common, ...own[at]] : common;
    return readManifest(document, item, { prefix: `${prefix}/items/${at}`, depth: depth + 1, suppressions: below });
  });
}

interface Head {
  readonly apiVersion: string;
  readonly kind: string;
  readonly prefix: string;
  readonly suppressions: readonly Suppression[];
}

function readResource(document: ParsedDocument, manifest: JsonObject, head: Head): ScanItem {
  const { apiVersion, kind, prefix, suppressions } = head;
  const metadata = own(manifest, "metadata");
  const name = isObject(metadata) ? nameOf(metadata) : null;
  if (!isObject(metadata) || name === null) {
    return problem(document, prefix, `the ${kind} has no name; expected metadata.name`);
  }
  const given = own(metadata, "namespace");
  const namespace = clusterScoped.has(kind) ? "" : typeof given === "string" && given !== "" ? given : "default";
  const place = document.locate(prefix);
  const item: ScannedResource = {
    kind: "resource",
    resource: {
      id: `${apiVersion}/${kind}/${namespace}/${name}`,
      provider: "kubernetes",
      type: `${apiVersion}/${kind}`,
      name,
      account: null,
      region: null,
      tags: labelsOf(metadata),
      config: manifest,
      unknown: [],
      raw: manifest,
      source: {
        scanner: "kubernetes",
        uri: document.uri,
        line: place?.line ?? null,
        column: place?.column ?? null,
        capturedAt: null,
      },
    },
    locate: (pointer) => document.locate(prefix + pointer.replace(/^\/config(?=\/|$)/, "")),
    references: referencesOf(manifest, namespace),
    failures: [],
    ...(suppressions.length === 0 ? {} : { suppressions }),
  };
  return item;
}

function nameOf(metadata: JsonObject): string | null {
  const name = own(metadata, "name");
  if (typeof name === "string" && name !== "") return name;
  const prefix = own(metadata, "generateName");
  return typeof prefix === "string" && prefix !== "" ? `${prefix}*` : null;
}

function labelsOf(metadata: JsonObject): { [key: string]: string } {
  const labels: { [key: string]: string } = {};
  const given = own(metadata, "labels");
  for (const [key, value] of Object.entries(isObject(given) ? given : {})) {
    if (typeof value === "string") setOwn(labels, key, value);
  }
  return labels;
}

/** Where a manifest names another object of its namespace: key and the kind that it names. */
const namedKinds: ReadonlyMap<string, { readonly type: string; readonly field: string }> = new Map([
  ["configMapRef", { type: "v1/ConfigMap", field: "name" }],
  ["configMapKeyRef", { type: "v1/ConfigMap", field: "name" }],
  ["configMap", { type: "v1/ConfigMap", field: "name" }],
  ["secretRef", { type: "v1/Secret", field: "name" }],
  ["secretKeyRef", { type: "v1/Secret", field: "name" }],
  ["secret", { type: "v1/Secret", field: "secretName" }],
  ["persistentVolumeClaim", { type: "v1/PersistentVolumeClaim", field: "claimName" }],
]);

function referencesOf(manifest: JsonObject, namespace: string): string[] {
  const found = new Set<string>();
  const pending: Json[] = [manifest];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (Array.isArray(value)) pending.push(...(value as readonly Json[]));
    if (!isObject(value)) continue;
    for (const [key, child] of Object.entries(value)) {
      const named = namedKinds.get(key);
      const name = named !== undefined && isObject(child) ? own(child, named.field) : undefined;
      if (named !== undefined && typeof name === "string") found.add(`${named.type}/${namespace}/${name}`);
      if (key === "serviceAccountName" && typeof child === "string")
        found.add(`v1/ServiceAccount/${namespace}/${child}`);
      pending.push(child);
    }
  }
  return [...found].sort();
}

function problem(document: ParsedDocument, prefix: string, message: string): ScanItem {
  const place = document.locate(prefix);
  return {
    kind: "problem",
    problem: "unreadable",
    at: document.uri,
    line: place?.line ?? null,
    column: place?.column ?? null,
    message,
    hides: [],
    account: null,
    region: null,
  };
}
