/**
 * Finds the owner of a satellite. A wrong answer hides a fault or invents one, so the answer has three forms: this
 * owner, possibly one of these, or none in this configuration.
 */
import type { EvaluatedResource } from "../evaluated.js";
import { argumentsOf, child, isAbsent, items, referencesOf, textOf, type Argument } from "./argument.js";
import type { Satellite, TypeMapping } from "./shape.js";

export interface Owner {
  readonly resource: EvaluatedResource;
  readonly mapping: TypeMapping;
}

export type Resolution =
  | { readonly kind: "owner"; readonly owner: Owner }
  | { readonly kind: "possible"; readonly owners: readonly Owner[] }
  | { readonly kind: "outside" };

/** What the references of a linking argument say. */
interface Referred {
  readonly owners: readonly Owner[];
  /** Some reference leads to something that says nothing about the owner (a variable, another resource). */
  readonly opaque: boolean;
  /** Some reference leads out of the configuration (a data source). */
  readonly outside: boolean;
}

const mostHops = 8;

export class Owners {
  readonly #byType = new Map<string, Owner[]>();
  readonly #byIdentity = new Map<string, Owner[]>();
  readonly #byAddress = new Map<string, EvaluatedResource>();
  readonly #byBase = new Map<string, EvaluatedResource[]>();
  readonly #satellites: ReadonlyMap<string, readonly Satellite[]>;
  readonly #mappings: ReadonlyMap<string, TypeMapping>;

  constructor(
    resources: readonly EvaluatedResource[],
    mappings: ReadonlyMap<string, TypeMapping>,
    satellites: ReadonlyMap<string, readonly Satellite[]>,
  ) {
    this.#mappings = mappings;
    this.#satellites = satellites;
    for (const resource of resources) this.#add(resource);
  }

  #add(resource: EvaluatedResource): void {
    this.#byAddress.set(resource.address, resource);
    push(this.#byBase, baseOf(resource.address), resource);
    const owner = this.#ownerOf(resource);
    if (owner === undefined) return;
    push(this.#byType, owner.mapping.type, owner);
    for (const identity of knownIdentities(owner)) push(this.#byIdentity, `${owner.mapping.type}\n${identity}`, owner);
  }

  #ownerOf(resource: EvaluatedResource): Owner | undefined {
    const mapping = resource.mode === "managed" ? this.#mappings.get(resource.type) : undefined;
    return mapping && { resource, mapping };
  }

  /** The resources at an address: one instance, or all instances where the address has no key. */
  at(address: string, from: EvaluatedResource): readonly EvaluatedResource[] {
    for (const full of [address, modulePrefix(from.address) + address]) {
      const exact = this.#byAddress.get(full);
      if (exact !== undefined) return [exact];
      const instances = this.#byBase.get(full);
      if (instances !== undefined) return instances;
    }
    return [];
  }

  /** One answer for each thing that the satellite points at. */
  find(resource: EvaluatedResource, satellite: Satellite, hops = 0): readonly Resolution[] {
    const root = argumentsOf(resource);
    return satellite.links.flatMap((link) => {
      const argument = child(root, link);
      if (isAbsent(argument)) return [];
      const all = argument.value === undefined || Array.isArray(argument.value) ? items(argument) : [argument];
      if (all === "unknown") return [this.#unknown(this.#referred(argument, satellite, hops), satellite.owner)];
      return this.#findEach(argument, all, satellite, hops);
    });
  }

  #findEach(link: Argument, all: readonly Argument[], satellite: Satellite, hops: number): readonly Resolution[] {
    const referred = this.#referred(link, satellite, hops);
    const doubtful = all.filter((each) => textOf(each) === "unknown").length;
    const known = all.flatMap((each) => {
      const text = textOf(each);
      return text === undefined || text === "unknown" ? [] : [this.#known(text.known, referred, satellite.owner, link)];
    });
    if (doubtful === 0) return known;
    const taken = new Set(known.flatMap((each) => (each.kind === "owner" ? [each.owner.resource] : [])));
    const left = referred.owners.filter((owner) => !taken.has(owner.resource));
    if (left.length === doubtful && !referred.opaque && !referred.outside) {
      return [...known, ...left.map((owner): Resolution => ({ kind: "owner", owner }))];
    }
    return [...known, this.#unknown({ ...referred, owners: left }, satellite.owner)];
  }

  #known(value: string, referred: Referred, type: string, link: Argument): Resolution {
    const equal = this.#byIdentity.get(`${type}\n${value}`) ?? [];
    if (equal.length > 0) return this.#amongEqual(equal, referred, link);
    const maybe = (this.#byType.get(type) ?? []).filter((owner) => couldBe(owner, value));
    const only =
      referred.owners.length === 1 ? maybe.find((owner) => owner.resource === referred.owners[0]?.resource) : undefined;
    if (only !== undefined) return { kind: "owner", owner: only };
    return maybe.length === 0 ? { kind: "outside" } : { kind: "possible", owners: maybe };
  }

  /** Names may be equal in several regions and accounts: the reference decides, then the region. */
  #amongEqual(equal: readonly Owner[], referred: Referred, link: Argument): Resolution {
    const pointed = equal.filter((owner) => referred.owners.some((each) => each.resource === owner.resource));
    const region = link.resource.region;
    const near = equal.filter(
      (owner) => region === null || owner.resource.region === null || owner.resource.region === region,
    );
    const narrowed = pointed.length > 0 ? pointed : near.length > 0 ? near : equal;
    const [first, second] = narrowed;
    return first !== undefined && second === undefined
      ? { kind: "owner", owner: first }
      : { kind: "possible", owners: narrowed };
  }

  #unknown(referred: Referred, type: string): Resolution {
    const all = this.#byType.get(type) ?? [];
    const [first, second] = referred.owners;
    if (referred.opaque) return possible(all);
    if (first === undefined) return possible(referred.outside ? all.filter((owner) => !isNamed(owner)) : all);
    if (second === undefined && !referred.outside) return { kind: "owner", owner: first };
    return possible(referred.outside ? all : referred.owners);
  }

  #referred(argument: Argument, satellite: Satellite, hops: number): Referred {
    const addresses = referencesOf(argument);
    const owners = new Map<EvaluatedResource, Owner>();
    let opaque = false;
    let outside = false;
    for (const address of precise(addresses)) {
      if (address === "each.key" || address === "count.index") continue;
      const found = this.#sameKey(this.at(address, argument.resource), argument.resource, addresses);
      if (found.length === 0 && /(^|\.)data\./.test(address)) outside = true;
      else if (found.length === 0) opaque = true;
      for (const each of found) {
        const reached =
          each.mode === "data" ? this.#lookedUp(each, satellite.owner) : this.#reached(each, satellite, hops);
        if (reached === "outside") outside = true;
        else if (reached === "opaque") opaque = true;
        else for (const owner of reached) owners.set(owner.resource, owner);
      }
    }
    return { owners: [...owners.values()], opaque, outside };
  }

  /** `b[each.key]` in an instance with the same key is that instance of `b`. */
  #sameKey(
    found: readonly EvaluatedResource[],
    from: EvaluatedResource,
    addresses: readonly string[],
  ): readonly EvaluatedResource[] {
    if (found.length < 2 || !(addresses.includes("each.key") || addresses.includes("count.index"))) return found;
    const key = from.address.slice(baseOf(from.address).length);
    const same = found.filter((each) => key !== "" && each.address === baseOf(each.address) + key);
    return same.length === 1 ? same : found;
  }

  /** The owner that a referred resource is, or leads to: `aws_s3_bucket_versioning.v.bucket` is the bucket of `v`. */
  #reached(resource: EvaluatedResource, satellite: Satellite, hops: number): readonly Owner[] | "opaque" {
    const owner = this.#ownerOf(resource);
    if (owner !== undefined) return owner.mapping.type === satellite.owner ? [owner] : "opaque";
    const next = (this.#satellites.get(resource.type) ?? []).find((each) => each.owner === satellite.owner);
    if (next === undefined || hops >= mostHops) return "opaque";
    const reached = this.find(resource, next, hops + 1).flatMap((each) => (each.kind === "owner" ? [each.owner] : []));
    return reached.length === 0 ? "opaque" : reached;
  }

  /** A data source may look up by name what this very configuration makes. */
  #lookedUp(data: EvaluatedResource, type: string): readonly Owner[] | "opaque" | "outside" {
    const root = argumentsOf(data);
    const names = this.#byType.get(type)?.[0]?.mapping;
    const texts = (names === undefined ? [] : identitiesOf(names)).map((name) => textOf(child(root, name)));
    const equal = texts.flatMap((text) =>
      text === undefined || text === "unknown" ? [] : (this.#byIdentity.get(`${type}\n${text.known}`) ?? []),
    );
    if (equal.length > 0) return equal;
    return texts[0] === "unknown" ? "opaque" : "outside";
  }
}

function possible(owners: readonly Owner[]): Resolution {
  return owners.length === 0 ? { kind: "outside" } : { kind: "possible", owners };
}

/** Where an instance is named as well as the whole of it, the instance says more. */
function precise(addresses: readonly string[]): readonly string[] {
  const bases = new Set(addresses.filter((each) => baseOf(each) !== each).map(baseOf));
  return addresses.filter((each) => !bases.has(each));
}

function identitiesOf(mapping: TypeMapping): readonly string[] {
  return mapping.identities ?? (mapping.name === undefined ? ["id"] : [mapping.name, "id", "arn"]);
}

function knownIdentities(owner: Owner): readonly string[] {
  const root = argumentsOf(owner.resource);
  const texts = identitiesOf(owner.mapping).map((name) => textOf(child(root, name)));
  return [...new Set(texts.flatMap((each) => (each === undefined || each === "unknown" ? [] : [each.known])))];
}

const primaries = new WeakMap<EvaluatedResource, { readonly name: string | undefined }>();

function primaryIdentity(owner: Owner): string | undefined {
  const before = primaries.get(owner.resource);
  if (before !== undefined) return before.name;
  const found = textOf(child(argumentsOf(owner.resource), identitiesOf(owner.mapping)[0] ?? "id"));
  const name = found === undefined || found === "unknown" ? undefined : found.known;
  primaries.set(owner.resource, { name });
  return name;
}

function isNamed(owner: Owner): boolean {
  return primaryIdentity(owner) !== undefined;
}

/** Whether an owner, none of whose known identities equals the value, can still be what the value names. */
function couldBe(owner: Owner, value: string): boolean {
  const name = primaryIdentity(owner);
  // An ARN or a URL holds the name, with more around it: `arn:...:secret:prod/db-AbCdEf`.
  if (name !== undefined) return /[:/]/.test(value) && value.includes(name);
  const prefix = textOf(child(argumentsOf(owner.resource), prefixArgument(owner.mapping)));
  return prefix === undefined || prefix === "unknown" || value.includes(prefix.known);
}

function prefixArgument(mapping: TypeMapping): string {
  return `${identitiesOf(mapping)[0] ?? "id"}_prefix`;
}

/** The address without the instance key at its end: `a.b["x"]` is of `a.b`. */
export function baseOf(address: string): string {
  return address.replace(/\[(?:\d+|"(?:[^"\\]|\\.)*")\]$/, "");
}

/** `module.a["x"].` of `module.a["x"].aws_s3_bucket.b`. */
export function modulePrefix(address: string): string {
  return /^(?:module\.[^.[]+(?:\[(?:\d+|"(?:[^"\\]|\\.)*")\])?\.)*/.exec(address)?.[0] ?? "";
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
