/** What a mapping needs to know of where the resources were read. */
import type { Source } from "../../../src/inventory/resource.js";
import type { EvaluatedResource } from "../evaluated.js";

export interface MapOptions {
  readonly scanner: "terraform" | "terraform-plan" | "pulumi";
  /** The file or folder that was asked for: the source where a block's own file is not known. */
  readonly uri: string;
}

export function sourceOf(resource: EvaluatedResource, options: MapOptions): Source {
  const at = resource.locate("");
  return {
    scanner: options.scanner,
    uri: at?.file ?? options.uri,
    line: at?.line ?? null,
    column: at?.column ?? null,
    capturedAt: null,
  };
}
