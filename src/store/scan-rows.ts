// What is sent to the database of a scan's resources and verdicts: rows of plain JSON, complete, with names as columns have.
import { createHash } from "node:crypto";
import { canonicalJson } from "../audit/canonical-json.js";
import { severities } from "../engine/policy.js";
import type { Verdict } from "../engine/verdict.js";
import type { Resource } from "../inventory/resource.js";
import type { Json, JsonObject } from "../json.js";
import { redactJson } from "../redact.js";
import { storable, storableId, storablePolicy } from "./storable.js";

/** A config with more text than this is not kept (null); its hash is. */
export const maximumConfigText = 4 * 1024 * 1024;

export type ScanRow = JsonObject & { readonly seq: number };

/** A resource's name, tags and configuration as they are kept: once for every content, without secrets. */
export interface BodyRow {
  readonly hash: string;
  readonly name: string | null;
  readonly tags: Json;
  readonly config: Json;
  readonly omitted: string | null;
  /** Of its text. */
  readonly size: number;
}

export interface ResourceRow {
  readonly seq: number;
  readonly id: string;
  readonly provider: string;
  readonly type: string;
  readonly name: string | null;
  readonly account: string | null;
  readonly region: string | null;
  readonly owner: string | null;
  readonly body: BodyRow;
}

export function resourceRow(resource: Resource, seq: number, owner: string | null): ResourceRow {
  const columns = resourceColumns(resource);
  return {
    seq,
    id: storableId(resource.id),
    ...columns,
    owner: storable(owner) as string | null,
    body: bodyRow(resource),
  };
}

/** The hash is that of what is kept: it tells nothing of a secret, and whoever has the body can check it. */
function bodyRow({ name, tags, config }: Resource): BodyRow {
  const kept = storable(redactJson({ name, tags, config }).value) as { name: string | null; tags: Json; config: Json };
  const text = canonicalJson(kept);
  if (text.length <= maximumConfigText) return { ...kept, omitted: null, hash: sha256(text), size: text.length };
  const without = { name: kept.name, tags: kept.tags, config: null, omitted: sha256(canonicalJson(kept.config)) };
  return { ...without, hash: sha256(canonicalJson(without)), size: 0 };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Of a verdict that is more than a pass. Null for the others. */
export function verdictRow(verdict: Verdict, seq: number): ScanRow | null {
  if (verdict.verdict === "pass" || verdict.verdict === "not-applicable") return null;
  const row = {
    seq,
    policy: storablePolicy(verdict.policy),
    resource: storableId(verdict.resource.id),
    verdict: verdict.verdict,
  };
  if (verdict.verdict === "error") return row;
  const [first] = verdict.reasons;
  return {
    ...row,
    ...resourceColumns(verdict.resource),
    fingerprint: verdict.fingerprint,
    would: verdict.waiver?.would ?? verdict.verdict,
    severity: verdict.severity,
    severity_rank: severities.indexOf(verdict.severity),
    title: storable(verdict.title),
    owner: storable(verdict.owner ?? null),
    message: storable(first?.message ?? verdict.title),
    path: storable(first?.path ?? null),
    reasons: storable(verdict.reasons),
    location: storable(first?.location ?? null),
    controls: storable(verdict.controls),
    remediation: storable(verdict.remediation),
    waiver: storable(verdict.waiver ?? null),
  };
}

type Columns = Pick<ResourceRow, "provider" | "type" | "name" | "account" | "region">;

function resourceColumns(resource: Omit<Verdict["resource"], "id">): Columns & JsonObject {
  const { provider, type, name, account, region } = resource;
  return storable({ provider, type, name, account, region }) as Columns & JsonObject;
}
