import type { Location } from "../../src/inventory/resource.js";
import type { Value } from "./doubtful.js";
import type { Coverage } from "./properties.js";

/** One resource of Terraform's: what the Pulumi resource is made of. A bucket of ours is several of them. */
export interface Part {
  /** Terraform's type. */
  readonly type: string;
  /** The end of its URN: unique among the parts of its type. */
  readonly name: string;
  /** Arguments; a doubt where nothing of them is known. */
  readonly values: Value;
  readonly coverage: Coverage | null;
  /** For each argument, the ids of the resources that it refers to. */
  readonly references: ReadonlyMap<string, readonly string[]>;
  readonly location: Location | null;
}
