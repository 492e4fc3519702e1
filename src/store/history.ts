// What was true when: the scans of a period, what each judged, and what each resource looked like.
import type { VerdictKind, VerdictResource } from "../engine/verdict.js";
import type { JsonObject } from "../json.js";
import type { ScanProblem } from "../inventory/scan-item.js";
import type { Summary } from "../report.js";
import type { Severity } from "../engine/policy.js";

/** A scan that ended, or was aborted, in a period. */
export interface HistoryScan {
  readonly id: string;
  /** The place in the order in which scans were merged; null for one that was aborted or still runs. */
  readonly seq: number | null;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly status: "running" | "finished" | "aborted";
  readonly targets: readonly string[];
  /** The schedule that started it, or null. */
  readonly schedule: string | null;
  /** The version of portcullis. */
  readonly version: string | null;
  readonly summary: Summary | null;
  readonly problems: readonly ScanProblem[];
  /** Digest of the policies that ran: see `policySet`. */
  readonly policies: string | null;
  /** What happened besides: a database that was away for a while. */
  readonly notes: readonly string[];
  /** Verdicts of each policy in this scan. */
  readonly tally: ReadonlyMap<string, PolicyTally>;
}

export type PolicyTally = Readonly<Record<VerdictKind, number>>;

/** A policy as it was when it ran. */
export interface PolicyVersion {
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  readonly engine: string;
  /** SHA-256 of its source, hex; null where there is none to hash. */
  readonly hash: string | null;
}

/**
 * How a resource stood over a time: nothing that is kept here changed between `from` and `until`. The scan that ended at
 * `from` saw it first; the one that ended at `until` saw something else, saw that it was gone, or could not see it.
 */
export interface ResourceState {
  readonly resource: VerdictResource;
  readonly owner: string | null;
  readonly fromSeq: number;
  readonly from: string;
  /** Null while it still holds, as is `until`. */
  readonly untilSeq: number | null;
  readonly until: string | null;
  readonly ended: "changed" | "gone" | "unseen" | null;
  /** Names the resource's tags and configuration as they were: see `bodies`. */
  readonly body: string;
  /** Of every policy that judged it. */
  readonly verdicts: ReadonlyMap<string, VerdictKind>;
}

/**
 * A resource's name, tags and configuration, redacted. The hash that names it is the SHA-256 of its canonical JSON (RFC 8785).
 * `config` is null where it was too large to keep; then `omitted` is the SHA-256 of the config's canonical JSON.
 */
export interface ResourceBody {
  readonly name: string | null;
  readonly tags: { readonly [key: string]: string };
  readonly config: JsonObject | null;
  readonly omitted?: string;
}

export const findingEventKinds = ["opened", "reopened", "resolved", "waived", "waiver-ended"] as const;
export type FindingEventKind = (typeof findingEventKinds)[number];

export interface FindingEvent {
  readonly at: string;
  readonly fingerprint: string;
  readonly kind: FindingEventKind;
  readonly scan: string;
  readonly policy: string;
  readonly resource: string;
  readonly severity: Severity;
  /** The waiver, for `waived`; null otherwise. */
  readonly waiver: string | null;
}

export interface Period {
  /** RFC 3339; inclusive. */
  readonly from: string;
  /** Exclusive. */
  readonly to: string;
}

/** Reads only. Times are those at which scans ended. */
export interface History {
  /** The last finished scans of these targets, at most so many, oldest first. */
  latest(targets: readonly string[], limit: number): Promise<readonly HistoryScan[]>;
  /** Scans that started in the period, oldest first. */
  scans(period: Period): Promise<readonly HistoryScan[]>;
  policySet(digest: string): Promise<readonly PolicyVersion[]>;
  /** Every state that held at some time of the period, resource by resource and then by time. In pages: bounded memory. */
  states(period: Period): AsyncIterable<ResourceState>;
  /** The states that the scan judged: those that held when it ended, in the places that it covered. */
  population(scan: HistoryScan): AsyncIterable<ResourceState>;
  /** At most 1,000 a call. What is not kept any more is absent. */
  bodies(hashes: readonly string[]): Promise<ReadonlyMap<string, ResourceBody>>;
  findingEvents(period: Period): AsyncIterable<FindingEvent>;
}
