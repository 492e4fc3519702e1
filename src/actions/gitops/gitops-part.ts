// Repositories of desired environments as a part of the service: looked at from time to time, and when somebody says that there is
// something new. One process at a time looks at a repository.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readSecret } from "../../alerts/secret.js";
import { messageOf } from "../../errors.js";
import { LeaseHolder } from "../../events/lease-holder.js";
import { Wake } from "../../events/wake.js";
import { makeFolder } from "../../folders.js";
import type { Logger } from "../../observability/log.js";
import type { Part } from "../../service/part.js";
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
  /** This process among its replicas; never the same twice. */
  readonly holder: string;
  readonly pollMs?: number;
}

const leaseMs = 60_000;

export class GitopsPart implements Part {
  readonly name = "gitops";
  readonly #options: GitopsOptions;
  readonly #wake = new Wake();
  readonly #stopping = new AbortController();
  readonly #leases: ReadonlyMap<string, LeaseHolder>;
  readonly #troubles = new Map<string, string>();
  #loop: Promise<void> | null = null;

  constructor(options: GitopsOptions) {
    this.#options = options;
    const { store, holder, repositories } = options;
    this.#leases = new Map(
      repositories.map(({ name }) => [
        name,
        new LeaseHolder(store.outbox.leases, { name: `gitops:${name}`, holder, ms: leaseMs }),
      ]),
    );
  }

  start(): Promise<void> {
    makeFolder(this.#options.cache);
    this.#loop ??= this.#run();
    return Promise.resolve();
  }

  trouble(): Promise<string | null> {
    const [first] = this.#troubles.entries();
    return Promise.resolve(first === undefined ? null : `${first[0]}: ${first[1]}`);
  }

  /** There may be something new. */
  wake(): void {
    this.#wake.wake();
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    this.#wake.wake();
    await Promise.race([this.#loop, sleep(graceMs, undefined, { ref: false })]);
  }

  /** One look at each, whenever the last one was; the problems by repository. */
  async once(): Promise<ReadonlyMap<string, string>> {
    makeFolder(this.#options.cache);
    for (const settings of this.#options.repositories) await this.#guarded(settings, 0);
    for (const lease of this.#leases.values()) await lease.release();
    return this.#troubles;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#wake.clear();
      for (const settings of this.#options.repositories)
        if (!this.#isStopping()) await this.#guarded(settings, (settings.poll ?? 60) * 1_000);
      await this.#wake.wait(this.#options.pollMs ?? 1_000);
    }
    for (const lease of this.#leases.values()) await lease.release();
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #guarded(settings: RepositorySettings, everyMs: number): Promise<void> {
    const { name } = settings;
    try {
      const lease = this.#leases.get(name);
      if (lease === undefined || !(await lease.isHeld())) return;
      if (await this.#options.store.gitops.isDue(name, everyMs)) {
        await this.#look(settings, lease);
        this.#troubles.delete(name);
      }
    } catch (error) {
      this.#troubles.set(name, messageOf(error));
      if (!this.#isStopping())
        this.#options.log.warn({ err: error, repository: name }, "gitops: the repository could not be looked at");
    } finally {
      await this.#send(settings);
    }
  }

  async #look(settings: RepositorySettings, lease: LeaseHolder): Promise<void> {
    const { store, actions, run, log, cache, environment } = this.#options;
    const { signal } = this.#stopping;
    const token = settings.credentials === undefined ? null : readSecret(settings.credentials.token, environment);
    const git = createGit({ settings, cache: join(cache, settings.name), token, signal });
    const goOn = async (): Promise<boolean> => !signal.aborted && (await lease.isHeld());
    await reconcile({ settings, git, store: store.gitops, actions, run, goOn, log });
  }

  async #send({ name, status }: RepositorySettings): Promise<void> {
    if (status === undefined) return;
    const { store, log, environment } = this.#options;
    try {
      const token = readSecret(status.token, environment);
      await sendStatuses({ store: store.gitops, repository: name, settings: status, token, log });
    } catch (error) {
      log.warn({ err: error, repository: name }, "gitops: statuses could not be sent");
    }
  }
}
