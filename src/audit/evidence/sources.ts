// What an export reads, and whatever makes its readable parts: small ports, so that it runs over any store and none.
import type { Severity } from "../../engine/policy.js";
import type { Baseline } from "../../compliance/baseline.js";
import type { History, Period } from "../../store/history.js";
import type { ScheduleRun } from "../../schedules/runs.js";
import type { SummaryRenderer } from "../../summary.js";
import type { SigningKey } from "../signing-key.js";
import type { AuditSlice } from "../slice.js";
import type { AuditEntry, AuditEvent, AuditQuery } from "../trail.js";

export interface EvidenceSources {
  readonly history: History;
  /** In force at some time of the period, whoever ended them since. */
  waivers(period: Period): Promise<readonly EvidenceWaiver[]>;
  /** Due in the period, the earliest first. */
  scheduleRuns(period: Period): AsyncIterable<ScheduleRun>;
  /** The policies as they are now; null for one that is not there any more. */
  policy(id: string): Promise<EvidencePolicy | null>;
  /** Null where nothing is audited. */
  readonly audit: EvidenceAudit | null;
  readonly renderer: SummaryRenderer;
}

export interface EvidenceAudit {
  entries(query: AuditQuery): AsyncIterable<AuditEntry>;
  /** After a checkpoint over all that is there; null of an empty trail. */
  slice(query: AuditQuery): Promise<AuditSlice | null>;
  append(event: AuditEvent): Promise<unknown>;
}

export interface EvidencePolicy {
  readonly title: string;
  readonly description: string;
  readonly severity: Severity;
  readonly engine: string;
  readonly provider: string;
  readonly fix: string;
  /** SHA-256 of the source, as `PolicyVersion.hash`. */
  readonly hash: string | null;
  readonly source: string | null;
}

export interface EvidenceWaiver {
  readonly id: string;
  /** In words. */
  readonly scope: string;
  readonly reason: string;
  readonly ticket: string | null;
  readonly requester: string | null;
  readonly requestedAt: string | null;
  readonly approver: string | null;
  readonly approvedAt: string | null;
  /** By the one who asked. */
  readonly selfApproved: boolean;
  readonly starts: string | null;
  readonly expires: string | null;
  readonly revokedAt: string | null;
  readonly revokedBy: string | null;
  /** When the period ended. */
  readonly state: string;
  /** The file that it is from, or `store`. */
  readonly origin: string;
}

export interface ExportRequest {
  readonly baseline: Baseline;
  readonly period: Period;
  readonly output: string;
  readonly form: "zip" | "folder";
  readonly sampleSize: number;
  /** The auditor's; null to derive one from the audit trail. */
  readonly seed: string | null;
  readonly maximumGapHours: number;
  readonly version: string;
  readonly createdAt: string;
  readonly signingKey: SigningKey;
  /** Of the event `evidence.exported`. */
  readonly exporter: Pick<AuditEvent, "actor" | "origin">;
  readonly progress: (message: string) => void;
}
