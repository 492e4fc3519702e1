// Repositories of desired environments as a part of the service: looked at from time to time, and when somebody says that there is
// something new. One process at a time looks at a repository.
import { join, resolve } from "node:path";
import { readSecret } from "../../alerts/secret.js";
import { Limiter } from "../../concurrency.js";
import { messageOf } from "../../errors.js";
import { LeaseHolder } from "../../events/lease-holder.js";
import { makeFolder } from "../../folders.js";
import type { Logger } from "../../observability/log.js";
import type { Metrics } from "../../observability/metrics.js";
import type { Part } from "../../service/part.js";
import { PollLoop } from "../../service/poll-loop.js";
import type { Store } from "../../store/store.js";
import { sendStatuses } from "./commit-status.js";
import { createGit } from "./git.js";
import type { RepositorySettings } from "./gitops-settings.js";
import { reconcile, type ReconcileOptions } from "./reconcile.js";

export interface GitopsOptions extends Pick<ReconcileOptions, "actions" | "run"> {
  readonly repositories: readonly RepositorySettings[];
  readonly store: Pick<Store, "gitops" | "outbox">;
  /** A folder for what is fetched. */
  readonly cache: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly log: Logger;
  readonly metrics?: Pick<Metrics, "gitopsRepositoryUp">;
  /** This process among its replicas; never the same twice. */
  readonly holder: string;
  readonly pollMs?: number;
  readonly leaseMs?: number;
  /** Between two looks while something runs: its end is told beside the commit. */
  readonly soonMs?: number;
}

/** Between two looks that deliveries bring forward, however many come. */
const leastMs = 1_000;
const longestBackOffMs = 600_000;
const atOnce = 4;

export class GitopsPart implements Part {
  readonly name = "gitops";
  readonly #options: GitopsOptions;
  readonly #watched: readonly Watched[];
  readonly #limiter = new Limiter(atOnce);

  constructor(options: GitopsOptions) {
    this.#options = options;
    this.#watched = options.repositories.map((settings) => new Watched(settings, options, this.#limiter));
  }

  async start(): Promise<void> {
    makeFolder(this.#options.cache);
    await Promise.all(this.#watched.map(({ loop }) => loop.start()));
  }

  /** A repository that cannot be read is no trouble of this process: metrics and the log say so. */
  trouble(): Promise<string | null> {
    return Promise.resolve(this.#watched.find(({ outage }) => outage !== null)?.outage ?? null);
  }

  /** There may be something new. */
  wake(): void {
    for (const { loop } of this.#watched) loop.wake();
  }

  async stop(graceMs: number): Promise<void> {
    await Promise.all(this.#watched.map((one) => one.stop(graceMs)));
  }

  /** One look at each, whenever the last one was; the problems by repository. */
  async once(): Promise<ReadonlyMap<string, string>> {
    makeFolder(this.#options.cache);
    const problems = new Map<string, string>();
    for (const one of this.#watched) {
      const problem = await one.once();
      if (problem !== null) problems.set(one.name, problem);
    }
    return problems;
  }
}

/** One repository: looked at by the process that has its lease, and by no other. */
class Watched {
  readonly name: string;
  readonly loop: PollLoop;
  /** Why the database could not be asked; null while it can. */
  outage: string | null = null;
  readonly #settings: RepositorySettings;
  readonly #options: GitopsOptions;
  readonly #lease: LeaseHolder;
  readonly #leaseMs: number;
  readonly #ending = new AbortController();
  #failures = 0;
  #isRunning = false;

  constructor(settings: RepositorySettings, options: GitopsOptions, limiter: Limiter) {
    const { store, holder, leaseMs = 60_000, pollMs = 1_000 } = options;
    this.name = settings.name;
    this.#settings = settings;
    this.#options = options;
    this.#leaseMs = leaseMs;
    this.#lease = new LeaseHolder(store.outbox.leases, { name: `gitops:${settings.name}`, holder, ms: leaseMs });
    this.loop = new PollLoop({
      pollMs,
      look: () => limiter.run(() => this.#lookWhenDue()),
      failed: (error) => this.#failed(error),
      ended: () => this.#lease.release(),
    });
  }

  stop(graceMs: number): Promise<void> {
    this.#ending.abort();
    return this.loop.stop(graceMs);
  }

  async once(): Promise<string | null> {
    const { gitops } = this.#options.store;
    if (!(await this.#lease.isHeld())) {
      await gitops.want(this.name);
      return "another process, such as portcullis serve, has this repository; it was told to look at it now";
    }
    try {
      await gitops.isDue(this.name, 0, 0);
      return await this.#lookAndSend();
    } finally {
      await this.#lease.release();
    }
  }

  async #lookWhenDue(): Promise<void> {
    const { gitops } = this.#options.store;
    if (this.#ending.signal.aborted || !(await this.#lease.isHeld())) return;
    const { soonMs = 5_000 } = this.#options;
    const poll = Math.min((this.#settings.poll ?? 60) * 1_000, this.#isRunning ? soonMs : Infinity);
    const backOff = this.#failures === 0 ? 0 : Math.min(longestBackOffMs, poll * 2 ** (this.#failures - 1));
    if (await gitops.isDue(this.name, Math.max(poll, backOff), leastMs)) await this.#lookAndSend();
    else await this.#send(() => this.#isMine());
    this.outage = null;
  }

  #failed(error: unknown): string {
    this.outage = messageOf(error).slice(0, 200);
    if (!this.#ending.signal.aborted)
      this.#options.log.warn({ err: error, repository: this.name }, "gitops: the database cannot be asked");
    return this.outage;
  }

  #isMine(): boolean {
    return !this.#ending.signal.aborted && this.#lease.isValid();
  }

  /** What kept it from seeing everything. The lease is renewed all the while: a plan takes longer than it lasts. */
  async #lookAndSend(): Promise<string | null> {
    const lost = new AbortController();
    const renewing = setInterval(() => {
      void this.#lease.isHeld().then(
        (isHeld) => {
          if (!isHeld) lost.abort();
        },
        () => undefined,
      );
    }, this.#leaseMs / 4);
    const goOn = (): boolean => !lost.signal.aborted && this.#isMine();
    try {
      return await this.#look(goOn, lost.signal);
    } finally {
      await this.#send(goOn);
      clearInterval(renewing);
    }
  }

  async #look(goOn: () => boolean, lost: AbortSignal): Promise<string | null> {
    const { log, metrics } = this.#options;
    try {
      this.#isRunning = await this.#reconcile(goOn, AbortSignal.any([lost, this.#ending.signal]));
      this.#failures = 0;
      metrics?.gitopsRepositoryUp.set({ repository: this.name }, 1);
      return null;
    } catch (error) {
      this.#failures++;
      metrics?.gitopsRepositoryUp.set({ repository: this.name }, 0);
      if (!this.#ending.signal.aborted)
        log.warn({ err: error, repository: this.name }, "gitops: the repository could not be looked at");
      return messageOf(error);
    }
  }

  #reconcile(goOn: () => boolean, signal: AbortSignal): Promise<boolean> {
    const { store, actions, run, log, cache, environment } = this.#options;
    const settings = this.#settings;
    const token =
      settings.credentials === undefined ? null : readSecret(settings.credentials.token, environment, "gitops");
    const git = createGit({ settings, cache: join(cache, settings.name), token, signal });
    const others = this.#options.repositories.filter(({ name }) => name !== settings.name);
    return reconcile({ settings, others, git, store: store.gitops, actions, run, goOn, log });
  }

  async #send(goOn: () => boolean): Promise<void> {
    const { status, caFile } = this.#settings;
    if (status === undefined) return;
    const { store, log, environment } = this.#options;
    try {
      const token = readSecret(status.token, environment, "gitops");
      const common = { store: store.gitops, repository: this.name, settings: status, token, log, goOn };
      await sendStatuses({ ...common, caFile: caFile === undefined ? null : resolve(caFile) });
    } catch (error) {
      log.warn({ err: error, repository: this.name }, "gitops: statuses could not be sent");
    }
  }
}
