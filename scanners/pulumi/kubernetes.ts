import type { ScannedResource } from "../../src/inventory/scan-item.js";
import type { PulumiResource } from "../../src/engine/crossguard/pulumi-resource.js";
import type { JsonObject } from "../../src/json.js";
import { doubtsBelow, withDoubts } from "./doubtful.js";
import { renderedWithDoubts } from "./properties.js";
import { urnOf } from "./urn.js";

/** Pulumi has the manifests as they are; the core group is named there. */
export function kubernetesResource(item: ScannedResource): PulumiResource {
  const { id, type, name, config } = item.resource;
  const kind = type.slice(type.lastIndexOf("/") + 1);
  const version = type.slice(0, type.lastIndexOf("/"));
  const token = `kubernetes:${version.includes("/") ? version : `core/${version}`}:${kind}`;
  return plainResource(item, token, config, id, name ?? id);
}

/** A resource whose properties are its config. */
export function plainResource(
  item: ScannedResource,
  token: string,
  config: JsonObject,
  id: string,
  name: string,
): PulumiResource {
  const { properties, doubts } = renderedWithDoubts(withDoubts(config, doubtsBelow("/config", item)));
  return {
    urn: urnOf(token, id),
    type: token,
    name,
    properties,
    doubts,
    parent: null,
    dependencies: item.references,
    propertyDependencies: new Map(),
    location: null,
  };
}
