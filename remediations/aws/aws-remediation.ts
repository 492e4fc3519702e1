// What every fix of AWS has, and the commonest of them: one property that is to have one value.
import type { Clients } from "../../scanners/aws/clients.js";
import {
  Unfixable,
  type Fix,
  type Remediation,
  type ResourcePlace,
} from "../../src/actions/remediation/remediation.js";
import { canonicalJson } from "../../src/audit/canonical-json.js";
import { parsePointer, valueAt } from "../../src/inventory/pointer.js";
import type { Resource } from "../../src/inventory/resource.js";
import { isObject, setOwn, type Json, type JsonObject } from "../../src/json.js";

export interface AwsPlace extends ResourcePlace {
  /** Where the calls go: the resource's own region, or home for what belongs to the whole account. */
  readonly region: string;
}

export interface AwsRemediation extends Remediation {
  /** Idempotent. The SDK is loaded here and not before. */
  write(clients: Clients, place: AwsPlace, value: JsonObject): Promise<void>;
}

type Facts = Omit<AwsRemediation, "plan" | "property" | "touches" | "write">;

export interface Setting extends Facts {
  /** Into the resource. */
  readonly pointer: string;
  /** What it is to be; null where the resource has it already. */
  readonly wanted: (current: Json, resource: Resource) => Json;
  /** False for a former value that the API cannot bring back: null stands for "not there". */
  readonly canRestore?: (former: Json) => boolean;
  /** Null for "not there". */
  readonly set: (clients: Clients, place: AwsPlace, value: Json) => Promise<void>;
}

export function setting({ pointer, wanted, canRestore = () => true, set, ...facts }: Setting): AwsRemediation {
  return {
    ...facts,
    touches: [pointer],
    plan(before) {
      const former = valueAt(before as unknown as Json, pointer) ?? null;
      const value = wanted(former, before);
      if (value === null) return null;
      return {
        after: withValue(before, pointer, value),
        value: { value },
        former: canRestore(former) ? { value: former } : null,
      };
    },
    property: (resource) => valueAt(resource as unknown as Json, pointer) ?? null,
    write: (clients, place, { value = null }) => set(clients, place, value),
  };
}

/** A copy of the resource with the value at the pointer; objects on the way are made. */
export function withValue(resource: Resource, pointer: string, value: Json): Resource {
  return replaced(resource as unknown as JsonObject, parsePointer(pointer), value) as unknown as Resource;
}

function replaced(object: JsonObject, [first, ...rest]: readonly string[], value: Json): Json {
  if (first === undefined) return value;
  const copy: { [key: string]: Json } = Object.fromEntries(Object.entries(object));
  const inner = Object.hasOwn(object, first) ? object[first] : undefined;
  setOwn(copy, first, rest.length === 0 ? value : replaced(isObject(inner) ? inner : {}, rest, value));
  return copy;
}

/** The last part of an ARN. */
export function nameOf({ id }: Pick<ResourcePlace, "id">): string {
  return id.split(/[:/]/).at(-1) ?? id;
}

/** Of what the provider lists in any order: what is taken away and comes back stands elsewhere. */
export function inOneOrder<T extends Json>(list: readonly T[]): T[] {
  const texts = new Map(list.map((one) => [one, canonicalJson(one)]));
  const textOf = (one: T): string => texts.get(one) ?? "";
  return list.toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : textOf(a) > textOf(b) ? 1 : 0));
}

export function textOf(value: Json | undefined, what: string): string {
  if (typeof value === "string") return value;
  throw new Unfixable(`${what} is not text`);
}

export type { Fix };
