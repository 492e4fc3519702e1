// The port to where runs of schedules are kept. All replicas that share a database share it.
import type { Plan, PlanInput, RunKind } from "./plan.js";

export type RunStatus = "running" | "interrupted" | "finished" | "failed" | "skipped" | "missed";
export const runStatuses: readonly RunStatus[] = ["running", "interrupted", "finished", "failed", "skipped", "missed"];

/** What became of a due time. Times are RFC 3339, UTC. */
export interface ScheduleRun {
  readonly id: string;
  readonly schedule: string;
  readonly due: string;
  readonly kind: RunKind;
  /** `interrupted`: its replica was stopped; another one resumes it. */
  readonly status: RunStatus;
  /** More than 1: the due times up to `due` that this one row stands for. */
  readonly count: number;
  /** From 1; 0 for what was never started. */
  readonly attempt: number;
  readonly replica: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly durationMs: number | null;
  readonly scan: string | null;
  readonly exitCode: number | null;
  readonly message: string | null;
}

/** A run that this replica holds: nobody else works on it while the lease is renewed. */
export interface ClaimedRun {
  readonly id: string;
  readonly schedule: string;
  readonly due: Date;
  readonly kind: RunKind;
  readonly attempt: number;
  readonly replica: string;
}

export interface Outcome {
  readonly status: "finished" | "failed" | "interrupted";
  readonly scan: string | null;
  readonly exitCode: number | null;
  /** Redacted and printable already. */
  readonly message: string | null;
}

export interface TakeInput {
  readonly schedule: string;
  /** Cron and time zone: due times of another definition are not missed. */
  readonly definition: string;
  readonly replica: string;
  readonly plan: (input: PlanInput) => Plan;
}

export interface Taken {
  readonly run: ClaimedRun | null;
  readonly plan: Plan;
  /** The database's clock: replicas' own may differ. */
  readonly now: Date;
}

export interface RunQuery {
  readonly schedule?: string;
  readonly statuses: readonly RunStatus[];
  /** Due from then on. */
  readonly from?: string;
  /** Due before. */
  readonly to?: string;
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string;
}

export interface RunPage {
  readonly runs: readonly ScheduleRun[];
  /** Null on the last page. */
  readonly next: string | null;
}

export interface ResumeInput {
  readonly schedules: readonly string[];
  readonly replica: string;
  /** Runs whose lease has lapsed too, and not only those that were interrupted. */
  readonly lapsed: boolean;
}

/** A run may be tried so often: after that it is failed. */
export const maximumAttempts = 3;

/** What is done and its audit entry are kept together or not at all. Every method throws `store-unavailable`. */
export interface ScheduleRuns {
  /** How long a claim holds without renewal, in milliseconds. */
  readonly leaseMs: number;
  now(): Promise<Date>;
  /** Writes down what the plan passes over and claims what it starts; replicas that come together wait for each other. */
  take(input: TakeInput): Promise<Taken>;
  /** A run on demand. Null when a run of the schedule goes on: that is written down as skipped. */
  trigger(input: { readonly schedule: string; readonly replica: string }): Promise<ClaimedRun | null>;
  /** Claims runs whose replica is gone or was stopped; what was tried three times is failed. */
  resume(input: ResumeInput): Promise<readonly ClaimedRun[]>;
  /** False: somebody else has it now, and the work must stop. */
  renew(run: ClaimedRun): Promise<boolean>;
  /** False: somebody else has it now, and nothing was written. Done once more, it changes nothing. */
  finish(run: ClaimedRun, outcome: Outcome): Promise<boolean>;
  /** The latest due first. */
  list(query: RunQuery): Promise<RunPage>;
  /** Of each schedule that was ever taken: up to when its due times are dealt with, and its latest run or none. */
  states(): Promise<
    ReadonlyMap<
      string,
      { readonly considered: string; readonly definition: string; readonly lastRun: ScheduleRun | null }
    >
  >;
}
