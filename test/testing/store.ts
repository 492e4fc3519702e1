// Scans for the store's tests, made of plain values.
import type { Clock } from "../../src/clock.js";
import { fingerprint } from "../../src/engine/fingerprint.js";
import type { AppliedWaiver, Verdict, VerdictKind } from "../../src/engine/verdict.js";
import type { Resource } from "../../src/inventory/resource.js";
import type { ScanProblem } from "../../src/inventory/scan-item.js";
import type { Report } from "../../src/report.js";
import type { ScanOutcome } from "../../src/store/merge-scan.js";
import type { ScanRecording } from "../../src/store/scan-recording.js";
import { stagingTables } from "../../src/store/scan-writes.js";
import type { Store } from "../../src/store/store.js";

/** SQL that leaves nothing of scans, before a test that counts them. */
export const forgetScans = `truncate scan_requests, scan_shards, scan_chunks, scans, resources, states, past_states, bodies, vectors,
  places, policy_sets, place_sets, findings, finding_events, ${stagingTables.join(", ")}`;

export interface TestScan {
  readonly resources: readonly Resource[];
  readonly verdicts: readonly Verdict[];
  readonly problems: readonly ScanProblem[];
  readonly complete: boolean;
}

/** A minute later at each look; ids are counted. */
export function stepClock(start = "2026-01-01T00:00:00.000Z", prefix = "scan"): Clock {
  let time = Date.parse(start);
  let ids = 0;
  return { now: () => new Date((time += 60_000)), newId: () => `${prefix}-${++ids}` };
}

export function resource(id: string, change: Partial<Resource> = {}): Resource {
  return {
    ...{ id, provider: "aws", type: "AWS::S3::Bucket", name: id, account: "1", region: "us-east-1" },
    ...{ tags: {}, config: { BucketName: id }, unknown: [], raw: null },
    source: { scanner: "test", uri: null, line: null, column: null, capturedAt: null },
    ...change,
  };
}

const testWaiver: AppliedWaiver = {
  kind: "waiver",
  ...{ id: "w-0", reason: "a test", ticket: null, requester: "a", approver: "b" },
  ...{ expires: "2026-06-01T00:00:00.000Z" },
  would: "fail",
};

export function verdict(on: Resource, kind: VerdictKind, path = "/config/A", change: Partial<Verdict> = {}): Verdict {
  const { id, provider, type, name, account, region } = on;
  const policy = change.policy ?? "aws-s3-rule";
  const quiet = kind === "pass" || kind === "not-applicable";
  const made: Verdict = {
    ...{ policy, title: "A rule", severity: "high", verdict: kind },
    resource: { id, provider, type, name, account, region },
    reasons: quiet ? [] : [{ message: `${path} is wrong`, path, location: { file: "main.tf", line: 3 } }],
    ...{ unknown: [], controls: [], remediation: null, explanation: null },
    fingerprint: fingerprint(policy, on, quiet ? null : path),
    ...change,
  };
  return kind === "waived" ? { waiver: testWaiver, ...made } : made;
}

export function problem(change: Partial<ScanProblem>): ScanProblem {
  return {
    ...{ kind: "problem", problem: "incomplete", at: "s3:ListBuckets", line: null, column: null, message: "refused" },
    ...{ hides: ["AWS::S3::Bucket"], account: "1", region: "us-east-1" },
    ...change,
  };
}

export const summary = { resources: 1, pass: 0, fail: 1, unknown: 0, error: 0, waived: 0, durationMs: 5 };

export const report: Report = {
  tool: { name: "portcullis", version: "0.0.0" },
  startedAt: "2026-01-01T00:00:00.000Z",
  ...{
    command: "scan",
    targets: ["aws"],
    summary,
    results: [],
    errors: [],
    policies: [],
    baselines: [],
    failOn: "low",
  },
};

export async function feed(recording: ScanRecording, { resources, verdicts }: TestScan): Promise<void> {
  for (const one of resources) await recording.resource(one);
  for (const one of verdicts) await recording.verdict(one);
}

export async function recordScan(store: Store, scan: TestScan): Promise<ScanOutcome> {
  const recording = await store.beginScan({ targets: ["aws"], complete: scan.complete });
  await feed(recording, scan);
  return recording.finish(report, scan.problems);
}
