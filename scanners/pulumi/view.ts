/** Shows every resource that we know as Pulumi's, so that policy packs judge it unmodified. */
import type { ScannedResource } from "../../src/inventory/scan-item.js";
import type { PulumiResource, PulumiView } from "../../src/engine/crossguard/pulumi-resource.js";
import { partsOfConfig } from "./from-config.js";
import { partsOfDeclared } from "./from-terraform.js";
import { kubernetesResource } from "./kubernetes.js";
import { propertiesOfArgument } from "./names.js";
import { nativeResource } from "./native.js";
import type { Part } from "./part.js";
import { propertiesOf } from "./properties.js";
import { pulumiTypeOf, type PulumiType } from "./schema.js";
import { stateResource } from "./state.js";
import { urnOf } from "./urn.js";

export function createPulumiView(): PulumiView {
  return { translate };
}

function translate(item: ScannedResource): PulumiResource[] {
  const { resource } = item;
  const declared = item.declared?.() ?? [];
  if (resource.source.scanner === "pulumi") return declared.map((one) => stateResource(item, one));
  if (resource.provider === "kubernetes") return [kubernetesResource(item)];
  const parts = declared.length > 0 ? partsOfDeclared(item, declared) : partsOfConfig(item);
  const shown = parts.flatMap((part, index) => resourcesOf(part, index === 0 ? item : null));
  if (shown.length > 0) return shown;
  return resource.provider === "aws" ? [nativeResource(item)] : [];
}

/** `item`: the resource of ours that the part is the owner of. */
function resourcesOf(part: Part, item: ScannedResource | null): PulumiResource[] {
  const type = pulumiTypeOf(part.type);
  if (type === undefined) return [];
  const { properties, doubts } = propertiesOf(part.values, type.inputs, part.coverage);
  const propertyDependencies = dependenciesOf(part, type);
  const shown = [type.token, ...type.aliases].map((token, index) => ({
    urn: urnOf(token, part.name),
    type: token,
    name: item?.resource.name ?? part.name,
    properties,
    doubts,
    parent: null,
    dependencies: [...new Set([...(item?.references ?? []), ...[...part.references.values()].flat()])],
    propertyDependencies,
    location: part.location,
    ...(index > 0 && { isAlias: true }),
  }));
  return shown;
}

function dependenciesOf({ references }: Part, { inputs }: PulumiType): Map<string, readonly string[]> {
  const found = [...references].flatMap(([argument, ids]) =>
    propertiesOfArgument(argument, inputs).map((property) => [property, ids] as const),
  );
  return new Map(found);
}
