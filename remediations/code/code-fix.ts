// A fix of infrastructure code: what to write where, as data. How it is written into a file is not a fix's business.
import type { Json } from "../../src/json.js";

/** Of a Terraform block: paths of blocks and the argument at the end, as `metadata_options.http_tokens`. */
export type Arguments = Readonly<Record<string, boolean | number | string | readonly string[]>>;

/** A resource of its own that Terraform has for what is a property elsewhere. */
export interface SatelliteFix {
  readonly type: string;
  /** The argument that names its owner by id. */
  readonly link: string;
  /** The block of the owner that says the same in older code: both at once contradict each other. */
  readonly inline?: string;
  readonly set: Arguments;
}

export interface CodeFix {
  readonly policy: string;
  /** By Terraform's resource type: what is set in its block. */
  readonly terraform?: Readonly<Record<string, Arguments>>;
  /** By Terraform's resource type: what is set in a block beside it. */
  readonly satellite?: Readonly<Record<string, SatelliteFix>>;
  /**
   * For YAML, where the resource is written as the policy sees it: the value by the last part of the path that the policy's reason
   * names. A reason with another path is not for this fix.
   */
  readonly yaml?: Readonly<Record<string, Json>>;
  /** What a person must know before they merge it. */
  readonly caution?: string;
}
