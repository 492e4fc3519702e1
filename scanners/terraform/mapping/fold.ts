/** Folds satellites into the drafts of their owners. */
import type { EvaluatedResource } from "../evaluated.js";
import { isUnknown, type Argument } from "./argument.js";
import { placeOf, render, type Node, type Place } from "./node.js";
import type { Owner, Owners } from "./owners.js";
import { concatenated, readFields } from "./read.js";
import type { ReadContext, Satellite, TypeMapping } from "./shape.js";

/** A resource on the way: its fields are added to as satellites are found. */
export interface Draft {
  readonly resource: EvaluatedResource;
  readonly mapping: TypeMapping;
  readonly root: Argument;
  readonly fields: Map<string, Node>;
  /** Those that were folded in. */
  readonly satellites: EvaluatedResource[];
}

export interface FoldInput {
  readonly managed: readonly EvaluatedResource[];
  readonly drafts: ReadonlyMap<EvaluatedResource, Draft>;
  readonly owners: Owners;
  readonly satellites: ReadonlyMap<string, readonly Satellite[]>;
  readonly context: ReadContext;
  readonly root: (resource: EvaluatedResource, computedLegacy?: readonly string[]) => Argument;
}

export interface Folded {
  /** For each satellite that went somewhere, its owners; none where the owner is one of several. */
  readonly ownersOf: ReadonlyMap<EvaluatedResource, readonly EvaluatedResource[]>;
}

/** What a kind of satellite says of one owner. */
interface Saying {
  readonly satellite: Satellite;
  readonly sure: Map<string, Node>[];
  /** Properties that a satellite which may be another's could set, with that satellite's place. */
  readonly doubts: Map<string, Place>;
}

export function foldSatellites(input: FoldInput): Folded {
  const sayings = new Map<Draft, Map<Satellite, Saying>>();
  const ownersOf = new Map<EvaluatedResource, EvaluatedResource[]>();
  for (const resource of input.managed) {
    for (const satellite of input.satellites.get(resource.type) ?? []) {
      collect(resource, satellite, { ...input, sayings, ownersOf });
    }
  }
  for (const [draft, bySatellite] of sayings) {
    for (const saying of bySatellite.values()) apply(draft, saying);
  }
  return { ownersOf };
}

interface Collecting extends FoldInput {
  readonly sayings: Map<Draft, Map<Satellite, Saying>>;
  readonly ownersOf: Map<EvaluatedResource, EvaluatedResource[]>;
}

function collect(resource: EvaluatedResource, satellite: Satellite, to: Collecting): void {
  const root = to.root(resource, satellite.computedLegacy);
  const fields = fieldsOf(root, satellite, to.context);
  for (const resolution of to.owners.find(resource, satellite)) {
    if (resolution.kind === "outside") continue;
    const known = to.ownersOf.get(resource) ?? [];
    to.ownersOf.set(resource, known);
    if (resolution.kind === "owner") {
      known.push(resolution.owner.resource);
      // An owner that stands for instances without a number: the satellite may belong to some of them only.
      const note = resolution.owner.resource.instancesUnknown === true ? noteDoubt : noteSure;
      note(resolution.owner, { resource, satellite, fields }, to);
    } else {
      for (const owner of resolution.owners) noteDoubt(owner, { resource, satellite, fields }, to);
    }
  }
}

/** A satellite that may not even exist, or of which nothing is known: all that it would set is unknown as a whole. */
function fieldsOf(root: Argument, satellite: Satellite, context: ReadContext): Map<string, Node> {
  const unknown = (property: string): [string, Node] => [property, { kind: "unknown", at: placeOf(root) }];
  if (isUnknown(root)) return new Map(Object.keys(satellite.properties).map(unknown));
  const fields = readFields(root, satellite.properties, context);
  return root.resource.instancesUnknown === true ? new Map([...fields.keys()].map(unknown)) : fields;
}

interface Note {
  readonly resource: EvaluatedResource;
  readonly satellite: Satellite;
  readonly fields: Map<string, Node>;
}

function noteSure(owner: Owner, { resource, satellite, fields }: Note, to: Collecting): void {
  const draft = to.drafts.get(owner.resource);
  if (draft === undefined) return;
  sayingOf(draft, satellite, to).sure.push(fields);
  draft.satellites.push(resource);
}

function noteDoubt(owner: Owner, { resource, satellite, fields }: Note, to: Collecting): void {
  const draft = to.drafts.get(owner.resource);
  if (draft === undefined) return;
  const { doubts } = sayingOf(draft, satellite, to);
  for (const property of fields.keys()) if (!doubts.has(property)) doubts.set(property, { resource, pointer: "" });
}

function sayingOf(draft: Draft, satellite: Satellite, to: Collecting): Saying {
  const bySatellite = to.sayings.get(draft) ?? new Map<Satellite, Saying>();
  const saying = bySatellite.get(satellite) ?? { satellite, sure: [], doubts: new Map<string, Place>() };
  to.sayings.set(draft, bySatellite.set(satellite, saying));
  return saying;
}

function apply(draft: Draft, { satellite, sure, doubts }: Saying): void {
  for (const property of Object.keys(satellite.properties)) {
    const nodes = sure.flatMap((fields) => fields.get(property) ?? []);
    const before = draft.fields.get(property);
    const after = satellite.merge === "append" ? appended(before, nodes) : agreed(before, nodes);
    if (after !== undefined) draft.fields.set(property, after);
  }
  if (satellite.merge === "set" && sure.length > 0) return;
  for (const [property, at] of doubts) draft.fields.set(property, { kind: "unknown", at });
}

/** Two satellites of one kind that say different things of one owner: nobody knows which of them is applied last. */
function agreed(before: Node | undefined, nodes: readonly Node[]): Node | undefined {
  const [first, ...rivals] = nodes;
  if (first === undefined) return before;
  if (rivals.every((rival) => same(rival, first))) return first;
  return { kind: "unknown", at: { resource: first.at.resource, pointer: "" } };
}

/** The same element twice (a rule that a refreshed plan shows on both sides) is one element. */
function appended(before: Node | undefined, nodes: readonly Node[]): Node | undefined {
  const all = nodes.length === 0 ? before : concatenated([before, ...nodes]);
  if (all?.kind !== "list") return all;
  const seen = new Set<string>();
  const kept = all.items.filter((item) => {
    const { value, unknown, failures } = render(item, "");
    const text = JSON.stringify(value);
    return unknown.length + failures.length > 0 || (!seen.has(text) && seen.add(text));
  });
  return { ...all, items: kept };
}

function same(left: Node, right: Node): boolean {
  const [one, other] = [render(left, ""), render(right, "")];
  const certain = [...one.unknown, ...other.unknown, ...one.failures, ...other.failures].length === 0;
  return certain && JSON.stringify(one.value) === JSON.stringify(other.value);
}
