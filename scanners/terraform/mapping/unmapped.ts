/** Resources that have no mapping: Terraform's own names, and manifests that Terraform only carries. */
import { isObject, own, type Json, type JsonObject } from "../../../src/json.js";
import type { ScannedResource } from "../../../src/inventory/scan-item.js";
import type { EvaluatedResource } from "../evaluated.js";
import { within } from "./argument.js";
import { sourceOf, type MapOptions } from "./source.js";

/** What is shown as the config: the values, or the part of them at a pointer. */
interface Shown {
  readonly provider: string;
  readonly type: string;
  readonly name: string;
  readonly region: string | null;
  readonly config: JsonObject;
  readonly base: string;
  /** The pointer into the config at which the tags are. */
  readonly tags: string;
}

export function mapUnmapped(
  resource: EvaluatedResource,
  options: MapOptions,
  references: readonly string[],
): ScannedResource {
  const shown = manifestOf(resource) ?? plain(resource);
  return {
    kind: "resource",
    resource: {
      id: resource.address,
      provider: shown.provider,
      type: shown.type,
      name: shown.name,
      account: null,
      region: shown.region,
      tags: textsAt(shown),
      config: shown.config,
      unknown: unknownOf(resource, shown),
      raw: resource.values,
      source: sourceOf(resource, options),
    },
    locate: (pointer) => resource.locate(sourcePointer(pointer, shown)) ?? resource.locate(""),
    references,
    failures: [],
  };
}

function plain(resource: EvaluatedResource): Shown {
  const { type, name, region, values } = resource;
  return { provider: "terraform", type, name, region, config: values, base: "", tags: "/tags" };
}

/** The manifest of `kubernetes_manifest`, where it is known what kind of thing it is. */
function manifestOf(resource: EvaluatedResource): Shown | undefined {
  if (resource.type !== "kubernetes_manifest") return undefined;
  const manifest = own(resource.values, "manifest");
  if (!isObject(manifest)) return undefined;
  const version = own(manifest, "apiVersion");
  const kind = own(manifest, "kind");
  if (typeof version !== "string" || typeof kind !== "string") return undefined;
  const name = own(objectAt(manifest, ["metadata"]), "name");
  return {
    provider: "kubernetes",
    type: `${version}/${kind}`,
    name: typeof name === "string" ? name : resource.name,
    region: null,
    config: manifest,
    base: "/manifest",
    tags: "/metadata/labels",
  };
}

function objectAt(value: JsonObject, path: readonly string[]): JsonObject {
  let at: Json | undefined = value;
  for (const key of path) at = isObject(at) ? own(at, key) : undefined;
  return isObject(at) ? at : {};
}

function textsAt(shown: Shown): { readonly [key: string]: string } {
  const found = Object.entries(objectAt(shown.config, shown.tags.slice(1).split("/")));
  return Object.fromEntries(found.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

function unknownOf(resource: EvaluatedResource, shown: Shown): string[] {
  const config = resource.unknown.flatMap((each) => {
    if (within(shown.base, each)) return [`/config${each.slice(shown.base.length)}`];
    return within(each, shown.base) ? ["/config"] : [];
  });
  const tagsAt = `/config${shown.tags}`;
  const tags = config.flatMap((each) => {
    if (within(tagsAt, each)) return [`/tags${each.slice(tagsAt.length)}`];
    return within(each, tagsAt) ? ["/tags"] : [];
  });
  return [...new Set([...config, ...tags, ...resource.unknown.map((each) => `/raw${each}`)])];
}

function sourcePointer(pointer: string, shown: Shown): string {
  if (within("/config", pointer)) return shown.base + pointer.slice("/config".length);
  if (within("/tags", pointer)) return shown.base + shown.tags + pointer.slice("/tags".length);
  return within("/raw", pointer) ? pointer.slice("/raw".length) : "";
}
