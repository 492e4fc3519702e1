// Syncs, rollbacks and removals of Argo CD: begun, and watched until the application is healthy.
import { setTimeout as wait } from "node:timers/promises";
import { redactText } from "../../../redact.js";
import type { StackContext } from "../stack-tool.js";
import { refused, toolFailed } from "../tool-errors.js";
import type { ApplicationName, ArgocdClient, SyncRequest } from "./argocd-client.js";
import { operationOf, sourceOf } from "./argocd-plan.js";
import type { Application } from "./argocd-shapes.js";

export interface SyncingOptions {
  readonly client: ArgocdClient;
  /** Until a sync is healthy. */
  readonly applyMs: number;
  /** Between two looks. */
  readonly pollMs: number;
}

/** Nothing begins while another operation is under way. */
export class Syncing {
  readonly #options: SyncingOptions;

  constructor(options: SyncingOptions) {
    this.#options = options;
  }

  async sync(name: ApplicationName, request: SyncRequest, context: StackContext): Promise<void> {
    const { client } = this.#options;
    const before = await this.#idle(name, context);
    const begun = await client.sync(name, request, context.signal);
    const source = begun.operation?.sync?.source ?? sourceOf(begun);
    if (JSON.stringify(source) !== JSON.stringify(sourceOf(before))) {
      await client.terminate(name, context.signal);
      throw refused(`application ${name.name} was given another source since it was planned: its sync was stopped`);
    }
    await this.#finished(name, { revision: request.revision, since: startOf(before) }, context);
  }

  /** What was added since would stay without pruning. */
  async rollback(
    name: ApplicationName,
    { id, revision }: { readonly id: number; readonly revision: string },
    context: StackContext,
  ): Promise<void> {
    const before = await this.#idle(name, context);
    await this.#options.client.rollback(name, { id, prune: true }, context.signal);
    await this.#finished(name, { revision, since: startOf(before) }, context);
  }

  async remove(name: ApplicationName, context: StackContext): Promise<void> {
    const { client } = this.#options;
    await this.#idle(name, context);
    await client.remove(name, context.signal);
    await this.#until(context, `application ${name.name} is not gone`, async () => {
      return (await client.application(name, context.signal)) === null ? true : null;
    });
  }

  async #idle(name: ApplicationName, { signal }: StackContext): Promise<Application> {
    const application = await this.#options.client.application(name, signal);
    if (application === null) throw toolFailed(`there is no application ${name.name} that the token may see`);
    const running = operationOf(application);
    if (running !== null) throw refused(`application ${name.name} is locked by ${running}`);
    return application;
  }

  async #finished(name: ApplicationName, sync: Begun, context: StackContext): Promise<void> {
    const look = async (done: (application: Application) => true | null): Promise<true | null> => {
      const application = await this.#options.client.application(name, context.signal);
      return application === null ? null : done(application);
    };
    const what = `the sync of ${name.name} to ${sync.revision}`;
    await this.#until(context, `${what} has not ended`, () => look((application) => operationEnded(application, sync)));
    context.say(`${name.name}: synced to ${sync.revision}`);
    const unhealthy = `application ${name.name} is not healthy`;
    await this.#until(context, unhealthy, () => look((application) => isHealthy(application, sync.revision)));
  }

  /** Looks until `done` gives something else than null. */
  async #until(context: StackContext, what: string, done: () => Promise<true | null>): Promise<void> {
    const { applyMs, pollMs } = this.#options;
    const end = performance.now() + applyMs;
    while ((await done()) === null) {
      if (performance.now() > end) throw toolFailed(`${what} within ${Math.round(applyMs / 1000)} s`);
      await wait(pollMs, undefined, { signal: context.signal });
    }
  }
}

interface Begun {
  readonly revision: string;
  /** When the operation before it began. */
  readonly since: string | null;
}

function startOf({ status }: Application): string | null {
  return status?.operationState?.startedAt ?? null;
}

/** Null while it runs; throws for one that failed, and for another one than ours. */
function operationEnded(application: Application, { revision, since }: Begun): true | null {
  const state = application.status?.operationState;
  if (application.operation !== undefined || state === undefined || (state.startedAt ?? null) === since) return null;
  if (state.phase === "Running" || state.phase === "Terminating") return null;
  const name = application.metadata.name;
  const synced = state.syncResult?.revision ?? state.operation?.sync?.revision;
  if (synced !== revision)
    throw refused(`application ${name} was synced to ${synced ?? "another revision"} by somebody else`);
  if (state.phase === "Succeeded") return true;
  throw toolFailed(
    `the sync of ${name} ended as ${state.phase ?? "unknown"}: ${redactText((state.message ?? "").slice(0, 2_000))}`,
  );
}

/** A branch may have moved on since: then Argo CD compares with another commit, and `OutOfSync` says nothing of ours. */
function isHealthy({ status, metadata }: Application, revision: string): true | null {
  const health = status?.health?.status ?? "Unknown";
  // What it says of the time before the sync says nothing of ours.
  const isFresh = (status?.reconciledAt ?? "") > (status?.operationState?.finishedAt ?? "");
  if (health === "Degraded" && isFresh) {
    throw toolFailed(
      `application ${metadata.name} is degraded: ${redactText((status?.health?.message ?? "").slice(0, 2_000))}`,
    );
  }
  const isCompared = status?.sync?.revision === revision;
  const isSynced = status?.sync?.status === "Synced" || (!isCompared && status?.sync?.status === "OutOfSync");
  return health === "Healthy" && isSynced ? true : null;
}
