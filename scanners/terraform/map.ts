/**
 * From Terraform's evaluated resources to resources in the provider's own schema. Satellites are folded into their
 * owner; what cannot be known stays unknown. It knows nothing of HCL or plans beyond `EvaluatedResource`.
 */
import { isObject, own, type Json } from "../../src/json.js";
import type { Location } from "../../src/inventory/resource.js";
import type { DeclaredResource, ScannedResource } from "../../src/inventory/scan-item.js";
import type { EvaluatedResource } from "./evaluated.js";
import { addressOf, argumentsOf, child, isUnknown, textOf, within, type Argument } from "./mapping/argument.js";
import { foldSatellites, type Draft } from "./mapping/fold.js";
import { mappings, satellites } from "./mapping/index.js";
import { placeOf, render, type Node, type Place, type Rendered } from "./mapping/node.js";
import { Owners } from "./mapping/owners.js";
import { documentFinder } from "./mapping/policy-document.js";
import { readFields } from "./mapping/read.js";
import { sourceOf, type MapOptions } from "./mapping/source.js";
import type { ReadContext, TypeMapping } from "./mapping/shape.js";
import { readTags } from "./mapping/tags.js";
import { excusing, type Excusing } from "./suppressions.js";
import { mapUnmapped } from "./mapping/unmapped.js";

export function mapTerraform(resources: readonly EvaluatedResource[], options: MapOptions): ScannedResource[] {
  return [...mappedOneByOne(resources, options)];
}

/** As `mapTerraform`, for those who keep less of a resource than there is of it. */
export function* mappedOneByOne(
  resources: readonly EvaluatedResource[],
  options: MapOptions,
): Generator<ScannedResource> {
  const context: ReadContext = { document: documentFinder(resources) };
  const managed = resources.filter((each) => each.mode === "managed");
  const owners = new Owners(resources, mappings, satellites);
  const drafts = new Map<EvaluatedResource, Draft>();
  for (const resource of managed) {
    const mapping = mappings.get(resource.type);
    if (mapping !== undefined) drafts.set(resource, draftOf(resource, mapping, context, options));
  }
  const folded = foldSatellites({ managed, drafts, owners, satellites, context, root: rootFor(options) });
  const referring = referenceFinder(drafts, folded.ownersOf, owners, managed);
  const finishing: Finishing = { options, referring, excused: excusing(resources) };
  for (const resource of managed) {
    const draft = drafts.get(resource);
    drafts.delete(resource); // there is more of it than of what comes of it
    if (draft !== undefined) yield finish(draft, finishing);
    else if (!folded.ownersOf.has(resource)) yield withoutOwner(resource, { context, finishing });
  }
}

function withoutOwner(
  resource: EvaluatedResource,
  { context, finishing }: { readonly context: ReadContext; readonly finishing: Finishing },
): ScannedResource {
  const { options, referring, excused } = finishing;
  const alone = (satellites.get(resource.type) ?? []).find((each) => each.alone === true);
  if (alone === undefined) {
    const unmapped = mapUnmapped(resource, options, referring([resource]));
    return { ...unmapped, ...excused([resource]), declared: () => [declare(resource, [], options, referring)] };
  }
  // What it does to an owner that is elsewhere is judged by itself.
  const mapping: TypeMapping = { ...alone, type: alone.owner };
  return finish(draftOf(resource, mapping, context, options), finishing);
}

function declare(
  resource: EvaluatedResource,
  computedLegacy: readonly string[],
  options: MapOptions,
  referring: Referring,
): DeclaredResource {
  const { address, type, values, references, locate } = resource;
  const ignored = absentIn(resource, computedLegacy, options);
  const referred = [...references].map(([at, addresses]) => [at, referring([resource], addresses)] as const);
  const unknown = resource.unknown.filter((each) => !ignored(each));
  return { address, type, values, unknown, references: new Map(referred), locate };
}

/**
 * In a plan, an argument that the provider computes is unknown although nobody wrote it; one that somebody wrote is among the
 * references, if only with an empty list. The code itself never has computed values.
 */
function absentIn(
  resource: EvaluatedResource,
  computedLegacy: readonly string[],
  options: MapOptions,
): (pointer: string) => boolean {
  if (options.scanner !== "terraform-plan" || computedLegacy.length === 0) return () => false;
  const written = [...resource.references.keys()];
  const computed = computedLegacy.map((name) => `/${name}`).filter((at) => !written.some((each) => within(at, each)));
  return (pointer) => computed.some((at) => within(at, pointer));
}

function rootFor(options: MapOptions) {
  return (resource: EvaluatedResource, computedLegacy: readonly string[] = []): Argument =>
    argumentsOf(resource, absentIn(resource, computedLegacy, options));
}

function draftOf(resource: EvaluatedResource, mapping: TypeMapping, context: ReadContext, options: MapOptions): Draft {
  const root = rootFor(options)(resource, mapping.computedLegacy);
  return { resource, mapping, root, fields: readFields(root, mapping.properties, context), satellites: [] };
}

interface Finishing {
  readonly options: MapOptions;
  readonly referring: Referring;
  readonly excused: Excusing;
}

function finish(draft: Draft, { options, referring, excused }: Finishing): ScannedResource {
  const { resource, mapping, root } = draft;
  const { tags, list } = readTags(root, mapping.tags);
  if (list !== undefined) draft.fields.set("Tags", list);
  const whole: Node = isUnknown(root) ? { kind: "unknown", at: placeOf(root) } : configNode(draft);
  const config = render(whole, "/config");
  const shownTags = render(tags, "/tags");
  return {
    kind: "resource",
    resource: {
      id: resource.address,
      provider: "aws",
      type: mapping.type,
      name: nameOf(root, mapping),
      account: null,
      region: regionOf(resource),
      tags: textValues(shownTags.value),
      config: isObject(config.value) ? config.value : {},
      unknown: [...config.unknown, ...shownTags.unknown, ...resource.unknown.map((each) => `/raw${each}`)],
      raw: resource.values,
      source: sourceOf(resource, options),
    },
    locate: locator(resource, [config, shownTags]),
    references: referring([resource, ...draft.satellites]),
    failures: [...config.failures, ...shownTags.failures],
    ...excused([resource, ...draft.satellites]),
    declared: () => [
      declare(resource, mapping.computedLegacy ?? [], options, referring),
      ...draft.satellites.map((each) => {
        const legacy = (satellites.get(each.type) ?? []).flatMap(({ computedLegacy = [] }) => computedLegacy);
        return declare(each, legacy, options, referring);
      }),
    ],
  };
}

function configNode(draft: Draft): Node {
  return { kind: "object", fields: draft.fields, at: placeOf(draft.root) };
}

function nameOf(root: Argument, mapping: TypeMapping): string {
  const found = textOf(child(root, mapping.name ?? "name"));
  return found === undefined || found === "unknown" ? root.resource.name : found.known;
}

/** The resource's own region argument (provider 6 and later) before that of its provider. */
function regionOf(resource: EvaluatedResource): string | null {
  const region = own(resource.values, "region");
  return typeof region === "string" && region !== "" ? region : resource.region;
}

function textValues(value: Json | undefined): { readonly [key: string]: string } {
  return isObject(value) ? (value as { readonly [key: string]: string }) : {};
}

function locator(resource: EvaluatedResource, rendered: readonly Rendered[]): (pointer: string) => Location | null {
  const places = new Map<string, Place>(rendered.flatMap((each) => [...each.places]));
  return (pointer) => {
    if (within("/raw", pointer)) return resource.locate(pointer.slice("/raw".length));
    for (let at = pointer; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
      const place = places.get(at);
      if (place === undefined) continue;
      const rest = place.verbatim === true ? pointer.slice(at.length) : "";
      return place.resource.locate(place.pointer + rest) ?? place.resource.locate("");
    }
    return resource.locate("");
  };
}

/**
 * The ids of the yielded resources that some resources refer to, or that an argument of theirs with these addresses refers to;
 * a satellite stands for its owners.
 */
type Referring = (from: readonly EvaluatedResource[], addresses?: readonly string[]) => string[];

function referenceFinder(
  drafts: ReadonlyMap<EvaluatedResource, Draft>,
  ownersOf: ReadonlyMap<EvaluatedResource, readonly EvaluatedResource[]>,
  owners: Owners,
  managed: readonly EvaluatedResource[],
): Referring {
  const yielded = new Set(managed.filter((each) => drafts.has(each) || !ownersOf.has(each)));
  return (all, addresses) => {
    const ids = new Set<string>();
    for (const from of all) {
      for (const address of addresses ?? [...from.references.values()].flat()) {
        for (const target of owners.at(addressOf(address), from)) {
          const ends = yielded.has(target) ? [target] : (ownersOf.get(target) ?? []);
          for (const end of ends) ids.add(end.address);
        }
      }
    }
    ids.delete(all[0]?.address ?? "");
    return [...ids];
  };
}
