import type { PulumiView } from "../../src/engine/crossguard/pulumi-resource.js";

export function createPulumiView(): PulumiView {
  return { translate: () => [] };
}
