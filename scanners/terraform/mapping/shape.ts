/**
 * The words in which a service's mapping is written: data, so that a test can walk it. A path such as `rule.id`
 * steps through single blocks.
 */
import type { Json, JsonObject } from "../../../src/json.js";
import type { Argument } from "./argument.js";
import type { Node } from "./node.js";

export type Shape = { readonly [property: string]: Reader };

export interface ScalarReader {
  readonly kind: "scalar";
  readonly from: string;
  readonly as: "text" | "number" | "boolean";
  /** Other names for values. A value that is not listed stays as it is. */
  readonly rename?: { readonly [value: string]: Json };
  /** What an absent argument means, where Terraform's default is not the default of the provider's schema. */
  readonly otherwise?: Json;
  /** Terraform's word for an absent value, where it has one. */
  readonly absent?: Json;
}

export type Reader =
  | ScalarReader
  | { readonly kind: "json"; readonly from: string }
  | { readonly kind: "any"; readonly from: string }
  | { readonly kind: "block"; readonly from: string; readonly shape: Shape }
  | { readonly kind: "blocks"; readonly from: string; readonly shape: Shape }
  | { readonly kind: "object"; readonly shape: Shape }
  | { readonly kind: "group"; readonly shape: Shape }
  | { readonly kind: "only"; readonly reader: Reader }
  | { readonly kind: "concat"; readonly parts: readonly Reader[]; readonly partOf: PartOf }
  | { readonly kind: "attributes"; readonly keys: { readonly [key: string]: ScalarReader } }
  | { readonly kind: "constant"; readonly value: Json }
  | {
      readonly kind: "custom";
      readonly from: readonly string[];
      readonly read: CustomRead;
      readonly write?: CustomWrite;
    };

/** For what the words above cannot say. Doubt in any of its `from` arguments must come out as doubt. */
export type CustomRead = (block: Argument, context: ReadContext) => Node | undefined;

/** The arguments that would be read as this value, from the provider's schema; absent where nobody needs them. */
export type CustomWrite = (value: Json) => JsonObject;

/** Which of the parts an element of the whole list comes from. */
export type PartOf = (element: JsonObject) => number;

export interface ReadContext {
  /** The document of a data source that is the whole value of an argument, when it is there to be rendered. */
  readonly document: (argument: Argument) => Node | undefined;
}

type Names = { readonly [value: string]: Json };
export const text = (from: string, rename?: Names): ScalarReader => ({
  kind: "scalar",
  from,
  as: "text",
  ...(rename && { rename }),
});
export const number = (from: string, otherwise?: number): ScalarReader => ({
  kind: "scalar",
  from,
  as: "number",
  ...(otherwise !== undefined && { otherwise }),
});
export const bool = (from: string, otherwise?: boolean): ScalarReader => ({
  kind: "scalar",
  from,
  as: "boolean",
  ...(otherwise !== undefined && { otherwise }),
});
/** JSON text, to the value that it holds. */
export const json = (from: string): Reader => ({ kind: "json", from });
/** A list or map of plain values, as it is. */
export const any = (from: string): Reader => ({ kind: "any", from });
/** A block that may stand once: an object. */
export const block = (from: string, shape: Shape): Reader => ({ kind: "block", from, shape });
/** Blocks that may stand many times: a list of objects. */
export const blocks = (from: string, shape: Shape): Reader => ({ kind: "blocks", from, shape });
/** An object out of arguments of this same block; there even when all of them are absent. */
export const object = (shape: Shape): Reader => ({ kind: "object", shape });
/** The same, absent when all of them are absent. */
export const group = (shape: Shape): Reader => ({ kind: "group", shape });
/** A list of one. */
export const only = (reader: Reader): Reader => ({ kind: "only", reader });
export const concat = (partOf: PartOf, ...parts: readonly Reader[]): Reader => ({ kind: "concat", parts, partOf });
/** `[{Key, Value}]` with text values, one for each argument that is there. */
export const attributes = (keys: { readonly [key: string]: ScalarReader }): Reader => ({ kind: "attributes", keys });
export const constant = (value: Json): Reader => ({ kind: "constant", value });
export const custom = (from: readonly string[], read: CustomRead, write?: CustomWrite): Reader => ({
  kind: "custom",
  from,
  read,
  ...(write && { write }),
});

/** How one Terraform type becomes one type of the provider. */
export interface TypeMapping {
  readonly terraform: readonly string[];
  readonly type: string;
  /** The argument that names the resource. */
  readonly name?: string;
  /** Arguments by whose value others point at the resource; the first is what is written most. Default: the name. */
  readonly identities?: readonly string[];
  readonly properties: Shape;
  /** `map` (the default): arguments tags and tags_all; `blocks`: the tag blocks of an Auto Scaling group. */
  readonly tags?: "map" | "blocks" | "none";
  /**
   * Arguments that the provider computes when they are not written, and that then only mirror what other resources set
   * (or nothing at all): a plan's "known after apply" means "not set here" for them.
   */
  readonly computedLegacy?: readonly string[];
}

/** A Terraform resource that sets properties of another one. */
export interface Satellite {
  readonly terraform: readonly string[];
  /** The provider's type of the owner. */
  readonly owner: string;
  /** The arguments that point at owners; a list argument points at several. */
  readonly links: readonly string[];
  readonly properties: Shape;
  /** `set`: at most one of its kind for an owner. `append`: adds elements to the owner's lists. */
  readonly merge: "set" | "append";
  /** Where its owner is elsewhere it is judged as an owner of its own, with nothing but what it sets. */
  readonly alone?: boolean;
  readonly computedLegacy?: readonly string[];
}

export interface ServiceMapping {
  readonly types: readonly TypeMapping[];
  readonly satellites: readonly Satellite[];
}
