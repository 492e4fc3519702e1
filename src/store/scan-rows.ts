// What is sent to the database of a scan's resources and verdicts: rows of plain JSON, complete, with names as columns have.
import { createHash } from "node:crypto";
import { severities } from "../engine/policy.js";
import type { Verdict } from "../engine/verdict.js";
import type { Resource } from "../inventory/resource.js";
import type { Json, JsonObject } from "../json.js";
import { storable, storableId, storablePolicy } from "./storable.js";

/** A config with more text than this is not kept (null); its hash is. */
export const maximumConfigText = 4 * 1024 * 1024;

export type ScanRow = JsonObject & { readonly seq: number };

export interface ResourceRow extends ScanRow {
  readonly id: string;
  readonly content_hash: string;
  readonly config: Json;
  readonly config_changed: boolean;
}

export function resourceRow(resource: Resource, seq: number): ResourceRow {
  const config = storable(resource.config);
  const text = JSON.stringify(config);
  return {
    seq,
    ...resourceColumns(resource),
    id: storableId(resource.id),
    tags: storable(resource.tags),
    config: text.length > maximumConfigText ? null : config,
    config_changed: true,
    content_hash: createHash("sha256").update(text).digest("hex"),
  };
}

export function verdictRow(verdict: Verdict, seq: number): ScanRow {
  const row = {
    seq,
    policy: storablePolicy(verdict.policy),
    resource: storableId(verdict.resource.id),
    verdict: verdict.verdict,
  };
  if (verdict.verdict !== "fail" && verdict.verdict !== "unknown") return row;
  const [first] = verdict.reasons;
  return {
    ...row,
    ...resourceColumns(verdict.resource),
    fingerprint: verdict.fingerprint,
    severity: verdict.severity,
    severity_rank: severities.indexOf(verdict.severity),
    title: storable(verdict.title),
    message: storable(first?.message ?? verdict.title),
    path: storable(first?.path ?? null),
    reasons: storable(verdict.reasons),
    location: storable(first?.location ?? null),
  };
}

function resourceColumns(resource: Omit<Verdict["resource"], "id">): JsonObject {
  const { provider, type, name, account, region } = resource;
  return storable({ provider, type, name, account, region }) as JsonObject;
}
