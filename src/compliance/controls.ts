import type { ControlReference } from "../engine/verdict.js";
import type { Baseline, Control, ControlKind } from "./baseline.js";

/** What a policy's verdict bears on: the controls that name it, in the order of the baselines. */
export function controlsByPolicy(baselines: readonly Baseline[]): Map<string, ControlReference[]> {
  const controls = new Map<string, ControlReference[]>();
  for (const baseline of baselines) {
    for (const control of baseline.controls) {
      for (const policy of new Set(control.policies)) {
        const references = controls.get(policy) ?? [];
        references.push({ baseline: baseline.id, control: control.id });
        controls.set(policy, references);
      }
    }
  }
  return controls;
}

/** Null for a control that says nothing at all; loading refuses those. */
export function controlKind(control: Control): ControlKind | null {
  if (control.policies.length === 0) return control.manual === null ? null : "manual";
  return control.manual === null ? "automated" : "partly";
}
