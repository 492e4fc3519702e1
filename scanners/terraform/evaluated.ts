import type { JsonObject } from "../../src/json.js";
import type { Location } from "../../src/inventory/resource.js";
import type { Suppression } from "../../src/inventory/scan-item.js";

/**
 * A Terraform resource instance with its arguments evaluated: what the HCL reader and the plan reader both give to the
 * mapping, so that one mapping serves both.
 */
export interface EvaluatedResource {
  /** `module.a["x"].aws_s3_bucket.logs[0]` */
  readonly address: string;
  readonly mode: "managed" | "data";
  readonly type: string;
  readonly name: string;
  /** `null` for nothing known: the region of the provider configuration that the resource uses. */
  readonly region: string | null;
  /** Argument values as Terraform's own schema has them; nested blocks are arrays of objects, as in a plan. Null and absent mean the same. */
  readonly values: JsonObject;
  /** JSON Pointers into `values` whose value is not known; the value there is absent. `""` is the whole of it. */
  readonly unknown: readonly string[];
  /** For each argument (pointer into `values`), the addresses that its expression refers to (`aws_s3_bucket.logs`, instance keys included where known). */
  readonly references: ReadonlyMap<string, readonly string[]>;
  /** The place of a value, or of the nearest thing that holds it; `""` is the block itself. */
  readonly locate: (pointer: string) => Location | null;
  /** It is not known how many instances there are, none among the possibilities: this one stands for all of them. */
  readonly instancesUnknown?: boolean;
  /** Of its block, and of the module calls that it is in; absent where there are none, and for plans, which have no comments. */
  readonly suppressions?: readonly Suppression[];
}
