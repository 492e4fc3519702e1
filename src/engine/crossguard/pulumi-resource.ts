import type { Location } from "../../inventory/resource.js";
import type { ScannedResource } from "../../inventory/scan-item.js";
import type { JsonObject } from "../../json.js";

/** A resource as the Pulumi engine shows it to a policy pack. */
export interface PulumiResource {
  readonly urn: string;
  /** Pulumi's type token: `aws:s3/bucket:Bucket`, `kubernetes:apps/v1:Deployment`. */
  readonly type: string;
  readonly name: string;
  /** The inputs, in Pulumi's names. A value that is not known is Pulumi's own sign for that: `unknownValue`. */
  readonly properties: JsonObject;
  /** What policies about the stack see instead, where it is more: the state that Pulumi has of the resource. */
  readonly outputs?: JsonObject;
  /** Why values are not known, by JSON Pointer into `properties`. */
  readonly doubts: ReadonlyMap<string, PropertyDoubt>;
  /** URN, or null. */
  readonly parent: string | null;
  /** Ids of our resources, or URNs. */
  readonly dependencies: readonly string[];
  /** The same by top-level property. */
  readonly propertyDependencies: ReadonlyMap<string, readonly string[]>;
  /** Where it is written, if that is a place of its own. */
  readonly location: Location | null;
  /** Its type is another name of the type of the resource before it, for packs that know that name. */
  readonly isAlias?: boolean;
}

export interface PropertyDoubt {
  /** Known after apply; could not be read; or not among what is translated into Pulumi's properties. */
  readonly kind: "unknown" | "failed" | "untranslated";
  /** JSON Pointer into our resource, or null. */
  readonly pointer: string | null;
  readonly message: string;
}

/** Shows our resources as Pulumi's. One of ours may be several: a bucket and its policy. None where there is no such type. */
export interface PulumiView {
  translate(item: ScannedResource): readonly PulumiResource[];
}

/** What stands for a value that is not known in properties that the Pulumi engine sends. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
