// The name of a plan: what a decision and an approval are bound to. Two plans with one hash do the same thing.
import { createHash } from "node:crypto";
import { canonicalJson } from "../audit/canonical-json.js";
import type { Json } from "../json.js";
import type { Plan, PlanIdentity, PlannedResource } from "./action.js";

/**
 * SHA-256 (hex) over the kind, the parameters and the plan, but for `source` of resources: when and where they were read is no
 * part of what is done. Throws PortcullisError `internal` for what JSON cannot say.
 */
export function planHash(kind: string, parameters: Json, plan: Plan): string {
  return hashOfText(planText({ kind, parameters, plan }));
}

/** What is hashed. */
export function planText({ kind, parameters, plan }: PlanIdentity): string {
  const changes = plan.changes.map(({ before, after }) => ({
    before: withoutSource(before),
    after: withoutSource(after),
  }));
  return canonicalJson({ kind, parameters, plan: { ...plan, changes } } as unknown as Json);
}

export function hashOfText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function withoutSource(planned: PlannedResource | null): object | null {
  if (planned === null) return null;
  const { source: _, ...resource } = planned.resource;
  return { ...planned, resource };
}
