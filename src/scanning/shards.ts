// The port to where split scans are kept: which shards there are, who has each, what was read. Messages are only hints at it.
import type { ScanRecording, ScanStart } from "../store/scan-recording.js";
import { PortcullisError } from "../errors.js";
import type { Actor } from "../identity.js";
import type { ScanProblem } from "../inventory/scan-item.js";
import type { Summary } from "../report.js";
import type { ScanOutcome } from "../store/merge-scan.js";
import type { ScanRequest } from "./scan-request.js";
import type { ShardTarget } from "./shard-source.js";

export type ShardKind = "plan" | "read" | "merge";

export interface ShardHint {
  readonly scan: string;
  readonly shard: string;
  /** The digest of the policies that the scan wants. */
  readonly policies: string;
}

/** A shard that a worker holds. `attempt` is the fencing token: once another has the shard, nothing by this one counts. */
export interface ClaimedShard {
  readonly scan: string;
  readonly shard: string;
  readonly kind: ShardKind;
  readonly attempt: number;
  readonly target: ShardTarget | null;
  readonly request: ScanRequest;
  readonly actor: Actor;
  readonly origin: string;
  readonly requestedAt: string;
}

export interface ClaimQuery {
  readonly worker: string;
  readonly policies: string;
  readonly kinds: readonly ShardKind[];
  /** This one; absent for any whose hint is so old that it must be lost. */
  readonly hint?: Pick<ShardHint, "scan" | "shard">;
  readonly hintedBefore?: number;
}

export interface ShardCounts {
  readonly resources: number;
  readonly verdicts: number;
  readonly chunks: number;
}

export type RequestState = "open" | "finished" | "failed" | "cancelled";

export interface RequestedScan {
  readonly id: string;
  readonly state: RequestState;
  readonly request: ScanRequest;
  readonly policies: string;
  readonly requestedAt: string;
  readonly endedAt: string | null;
  readonly error: string | null;
  /** These three are null until it is finished. */
  readonly outcome: ScanOutcome | null;
  readonly summary: Summary | null;
  readonly problems: readonly ScanProblem[] | null;
  readonly shards: {
    /** Shards that read; planning and merging are not among them. */
    readonly total: number;
    readonly done: number;
    readonly failed: number;
    readonly running: number;
    readonly resources: number;
  };
  readonly phase: "planning" | "reading" | "merging" | "ended";
  /** Nobody has anything of it, though something could be taken: no worker is there, or none has these policies. */
  readonly isUntaken: boolean;
}

export interface NewScan {
  /** Given where whoever asks may ask again. */
  readonly id?: string;
  readonly request: ScanRequest;
  readonly policies: string;
  readonly version: string;
  readonly schedule: string | null;
  /** Null: who this process acts for. */
  readonly actor: Actor | null;
  readonly timeLimitMs: number;
}

export interface Limits {
  readonly leaseMs: number;
  /** So many failures of a shard are the last. */
  readonly attempts: number;
  /** The wait after a first failure; it doubles, up to a minute. */
  readonly backoffMs: number;
}

export const defaultLimits: Limits = { leaseMs: 30_000, attempts: 4, backoffMs: 2_000 };

export interface MergeInput {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly expected: ShardCounts;
  /** The shards that failed for good. */
  readonly failed: readonly { readonly target: ShardTarget; readonly attempts: number; readonly error: string }[];
}

/** Every method throws `store-unavailable` when the database is away. Done once more, each changes nothing more. */
export interface ShardStore {
  readonly limits: Limits;
  /** Gives the id of the scan, which is then to be planned. */
  request(scan: NewScan): Promise<string>;
  claim(query: ClaimQuery): Promise<ClaimedShard | null>;
  /** Whether there is something at the hint that waits to be taken, by anybody. */
  isReady(hint: Pick<ShardHint, "scan" | "shard">): Promise<boolean>;
  /** False: somebody else has it, or the scan has ended, and the work must stop. */
  renew(claim: ClaimedShard): Promise<boolean>;
  /** Keeps a part of what was read. Throws LostShard when the shard is not this attempt's any more. */
  stage(claim: ClaimedShard, seq: number, body: Uint8Array): Promise<void>;
  /** The end of planning. False: it was not this attempt's any more, and nothing was written. */
  planned(claim: ClaimedShard, targets: readonly ShardTarget[], counts: ShardCounts): Promise<boolean>;
  /** The end of reading; as `planned`. Gives what can be taken now. */
  done(claim: ClaimedShard, counts: ShardCounts): Promise<boolean>;
  /** It goes to another later, or has failed for good. `isOver`: at once, whatever the number of failures. */
  failed(claim: ClaimedShard, error: string, options?: { readonly isOver: boolean }): Promise<void>;
  /** Given back unfinished, by a worker that stops: no failure. */
  handBack(claim: ClaimedShard): Promise<void>;
  /** Takes shards from the dead, ends what took too long, forgets what is old. */
  sweep(): Promise<void>;
  /** What can be taken and was not hinted at for so long, in milliseconds, or never: whoever asks has to publish it. */
  hints(hintedBefore: number): Promise<readonly ShardHint[]>;
  /** What all accepted attempts have kept, for whoever merges. */
  mergeInput(claim: ClaimedShard): Promise<MergeInput>;
  /** A recording into the scan that takes writes only while the merge is this attempt's. */
  resume(claim: ClaimedShard, start: ScanStart): Promise<ScanRecording>;
  /** The state of the scan itself: a merge that was cut off after its transaction needs no other. */
  isMerged(scan: string): Promise<boolean>;
  keepReport(claim: ClaimedShard, body: Uint8Array): Promise<void>;
  report(scan: string): Promise<Uint8Array | null>;
  /** The scan has ended. False as for `planned`. */
  finished(claim: ClaimedShard): Promise<boolean>;
  /** False when it has ended already. */
  cancel(scan: string, actor: Actor | null): Promise<boolean>;
  get(scan: string): Promise<RequestedScan | null>;
  /** Of these scans, those that were split. */
  list(scans: readonly string[]): Promise<ReadonlyMap<string, RequestedScan>>;
  /** Shards that wait to be taken. */
  depth(): Promise<number>;
}

/** Somebody else has the shard by now, or its scan has ended: what this attempt does counts no more. */
export class LostShard extends PortcullisError {
  constructor(shard: string) {
    super("internal", `the shard ${shard} is not this worker's any more`);
    this.name = "LostShard";
  }
}
