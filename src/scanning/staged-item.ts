// What a worker keeps of a shard until the scan is merged: resources without their secrets, with their verdicts.
import type { Verdict } from "../engine/verdict.js";
import type { PropertyFailure, ScannedResource, ScanProblem } from "../inventory/scan-item.js";
import type { Resource } from "../inventory/resource.js";
import type { Json, JsonObject } from "../json.js";
import { redactJson } from "../redact.js";

/** A resource that was judged by what looks at it alone. */
export interface StagedResource {
  readonly kind: "resource";
  readonly resource: Resource;
  readonly references: readonly string[];
  readonly failures: readonly PropertyFailure[];
  /** Pointers to what was replaced because it is a secret, or left out because nobody reads it. */
  readonly withheld: readonly string[];
  readonly verdicts: readonly Verdict[];
  /** Of policy packs, which are asked about many resources together. */
  readonly packVerdicts: readonly Verdict[];
}

export type StagedItem = StagedResource | ScanProblem;

/** `redactJson` names so many pointers at most. */
const mostPointers = 1_000;

/**
 * Without secrets: what is staged is on the database's disk and in its backups. `keepsRaw`: something that still has to judge
 * the resource can read what the scanner read.
 */
export function staged(item: ScannedResource, keepsRaw: boolean): Omit<StagedResource, "verdicts" | "packVerdicts"> {
  const { name, tags, config } = item.resource;
  const raw = keepsRaw ? item.resource.raw : null;
  const { value, redacted } = redactJson({ name, tags, config, raw });
  const kept = value as { name: string | null; tags: Resource["tags"]; config: JsonObject; raw: Json };
  const named = redacted.length < mostPointers ? redacted : ["/name", "/tags", "/config", "/raw"];
  const withheld = keepsRaw ? named : [...named, "/raw"];
  const { references, failures } = item;
  return { kind: "resource", resource: { ...item.resource, ...kept }, references, failures, withheld };
}
