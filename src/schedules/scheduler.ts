// Runs what is due. Any number of schedulers may share a database: each due time is run by one of them. Nothing here knows what
// a run is, or where runs are kept.
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../clock.js";
import { messageOf } from "../errors.js";
import { holdRun, retryMs, type HoldOptions } from "./hold-run.js";
import { Limiter } from "../concurrency.js";
import { nextStart, planDue } from "./plan.js";
import type { ClaimedRun, Outcome, ScheduleRuns } from "./runs.js";
import type { Schedule } from "./schedule.js";

/** The runs of schedules, however they are reached. */
export interface RunsAccess {
  /** Only one process can have the store open: the scheduler gives it up while a scan runs, and is the only one there is. */
  readonly exclusive: boolean;
  use<T>(work: (runs: ScheduleRuns) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Does the work. Never throws; ends soon after the signal: `interrupted` then. */
export type Execute = (schedule: Schedule, run: ClaimedRun, signal: AbortSignal) => Promise<Outcome>;

export interface SchedulerOptions {
  readonly schedules: readonly Schedule[];
  readonly access: RunsAccess;
  /** Distinct from that of every other scheduler, and of one that ran here before. */
  readonly replica: string;
  readonly execute: Execute;
  /** Runs at once; more wait for their turn. */
  readonly parallel: number;
  readonly clock: Pick<Clock, "now">;
  readonly note: (message: string) => void;
}

export interface Scheduler {
  start(): void;
  /** Claims nothing more, waits so long for what runs, then interrupts it, so that another scheduler resumes it. */
  stop(graceMs: number): Promise<void>;
}

export function createScheduler(options: SchedulerOptions): Scheduler {
  return new LoopingScheduler(options);
}

/** The longest sleep: a clock that jumps is noticed afterwards. */
const longestSleep = 5_000;
/** What a stop may take after its grace: ending the work, and writing down that it was interrupted. */
const endingMs = 15_000;

class LoopingScheduler implements Scheduler {
  readonly #options: SchedulerOptions;
  readonly #stop = new AbortController();
  readonly #interrupt = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #slots: Limiter;
  /** When each schedule is to be looked at, on the database's clock; absent: at once. */
  readonly #wakeAt = new Map<string, number>();
  #wake = new AbortController();
  /** What the database's clock shows more than ours. */
  #skew = 0;
  #lookForOthers = true;
  #reachableSince: number | null = null;
  #trouble: string | null = null;
  #loop: Promise<void> | null = null;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#slots = new Limiter(options.access.exclusive ? 1 : options.parallel);
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  async stop(graceMs: number): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    await atMost(graceMs, this.#settled());
    this.#interrupt.abort();
    await atMost(endingMs, this.#settled());
    await this.#options.access.close();
  }

  async #settled(): Promise<void> {
    await Promise.allSettled([...this.#running]);
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#wake = new AbortController(); // before the look: a run that ends meanwhile must be seen
      const pause = Math.max(1, await this.#tick());
      const signal = AbortSignal.any([this.#wake.signal, this.#stop.signal]);
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  /** How long nothing is to be done, in milliseconds. */
  async #tick(): Promise<number> {
    const { access, note } = this.#options;
    if (access.exclusive && this.#running.size > 0) return longestSleep; // woken when the run ends
    if (access.exclusive && !this.#lookForOthers && this.#pause() > 0) return this.#pause();
    try {
      const { claimed, pause } = await access.use((runs) => this.#look(runs));
      for (const one of claimed) this.#begin(one);
      this.#trouble = null;
      return pause;
    } catch (error) {
      if (this.#trouble !== messageOf(error)) note(messageOf(error)); // said once, and tried again and again
      this.#trouble = messageOf(error);
      this.#reachableSince = null;
      this.#lookForOthers = true;
      return retryMs;
    }
  }

  async #look(runs: ScheduleRuns): Promise<{ readonly claimed: readonly ClaimedRun[]; readonly pause: number }> {
    const claimed = [...(await this.#resume(runs))];
    this.#setClock(await runs.now());
    for (const schedule of this.#options.schedules) {
      if (this.#stop.signal.aborted) break;
      if ((this.#wakeAt.get(schedule.name) ?? 0) > this.#now()) continue;
      const run = await this.#take(runs, schedule);
      if (run !== null) claimed.push(run);
    }
    return { claimed, pause: Math.min(this.#pause(), runs.leaseMs / 3) };
  }

  /**
   * Others' runs are taken over only after the database could be reached for as long as a lease holds: where it was gone, their
   * replicas had the time to come back and renew.
   */
  async #resume(runs: ScheduleRuns): Promise<readonly ClaimedRun[]> {
    const { schedules, replica, access } = this.#options;
    const now = performance.now();
    this.#reachableSince ??= now;
    this.#lookForOthers = false;
    const lapsed = access.exclusive || now - this.#reachableSince >= runs.leaseMs;
    return runs.resume({ schedules: schedules.map(({ name }) => name), replica, lapsed });
  }

  async #take(runs: ScheduleRuns, schedule: Schedule): Promise<ClaimedRun | null> {
    const { run, plan, now } = await runs.take({
      schedule: schedule.name,
      definition: JSON.stringify([schedule.cron, schedule.timeZone]),
      replica: this.#options.replica,
      plan: (input) => planDue(schedule, input),
    });
    this.#setClock(now);
    this.#wakeAt.set(schedule.name, nextStart(schedule, plan.considered)?.getTime() ?? Infinity);
    for (const status of ["missed", "skipped"] as const) {
      const count = plan.passedOver.reduce((sum, one) => sum + (one.status === status ? one.count : 0), 0);
      if (count > 0) this.#options.note(`schedule ${schedule.name}: ${count} due times ${status}`);
    }
    return run;
  }

  #setClock(database: Date): void {
    this.#skew = database.getTime() - this.#options.clock.now().getTime();
  }

  #now(): number {
    return this.#options.clock.now().getTime() + this.#skew;
  }

  #pause(): number {
    const times = this.#options.schedules.map(({ name }) => this.#wakeAt.get(name) ?? 0);
    return Math.min(longestSleep, Math.max(0, Math.min(...times) - this.#now()));
  }

  #begin(run: ClaimedRun): void {
    const schedule = this.#options.schedules.find(({ name }) => name === run.schedule);
    if (schedule === undefined) return;
    const work = this.#hold(schedule, run).finally(() => {
      this.#running.delete(work);
      this.#wake.abort();
    });
    this.#running.add(work);
  }

  async #hold(schedule: Schedule, run: ClaimedRun): Promise<void> {
    const { access, execute, note } = this.#options;
    const due = `schedule ${run.schedule}: ${run.kind} run of ${run.due.toISOString()}`;
    const work = (signal: AbortSignal): Promise<Outcome> => {
      note(`${due} starts, attempt ${run.attempt}`);
      return execute(schedule, run, signal);
    };
    const hold = (how: HoldOptions["work"]) =>
      holdRun(run, { access, signal: this.#interrupt.signal, work: how, note });
    // The next run may open the embedded store only after the outcome of this one was kept in it.
    const outcome = await (access.exclusive
      ? this.#slots.run(() => hold(work))
      : hold((signal) => this.#slots.run(() => work(signal))));
    if (outcome === null) note(`${due}: another scheduler has it now, or will`);
    else note(`${due} ${outcome.status}${outcome.message === null ? "" : `: ${outcome.message}`}`);
    this.#lookForOthers ||= outcome?.status === "interrupted";
  }
}

async function atMost(milliseconds: number, work: Promise<void>): Promise<void> {
  const timer = new AbortController();
  const limit = sleep(milliseconds, undefined, { signal: timer.signal }).catch(() => undefined);
  await Promise.race([work, limit]);
  timer.abort();
}
