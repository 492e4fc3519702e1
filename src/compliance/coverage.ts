import type { Baseline } from "./baseline.js";
import { controlKind } from "./controls.js";

/** How much of a baseline policies prove. `none` is what is neither checked nor asked of a person. */
export interface Coverage {
  readonly baseline: string;
  readonly controls: number;
  readonly automated: number;
  readonly partly: number;
  readonly manual: number;
  readonly none: number;
}

export function coverage(baseline: Baseline): Coverage {
  const counts = { automated: 0, partly: 0, manual: 0, none: 0 };
  for (const control of baseline.controls) counts[controlKind(control) ?? "none"]++;
  return { baseline: baseline.id, controls: baseline.controls.length, ...counts };
}
