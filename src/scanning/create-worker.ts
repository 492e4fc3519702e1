// A worker as the configuration has it: for `portcullis worker`, for `portcullis serve`, and for a scan that is split in one process.
import { hostname } from "node:os";
import { shardSources, type Run } from "../compose.js";
import { ownersOf, type Config } from "../config.js";
import type { EventBus } from "../events/bus.js";
import type { Logger } from "../observability/log.js";
import type { Metrics } from "../observability/metrics.js";
import type { Store } from "../store/store.js";
import { policyDigest } from "./policy-digest.js";
import type { ShardSources } from "./shard-source.js";
import { workerDefaults } from "./worker-settings.js";
import { Worker } from "./worker.js";

export interface WorkerParts {
  readonly store: Store;
  readonly bus: EventBus;
  /** Its own: while it merges, the policies look at the inventory of that scan. */
  readonly run: Run;
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Metrics | null;
  readonly waiverFiles: readonly string[];
  /** Instead of those of the configuration: a person's own scan in one process. */
  readonly own?: { readonly endpointUrl: string | null; readonly concurrency?: number };
  readonly sources?: ShardSources;
}

export async function createWorker(parts: WorkerParts): Promise<Worker> {
  const { store, bus, run, config, log, metrics, waiverFiles, own } = parts;
  const { concurrency, calls, roles, endpointUrl, shardTimeoutMs } = workerDefaults(config.workers);
  const endpoint = own === undefined ? endpointUrl : own.endpointUrl;
  return new Worker({
    ...{ store, bus, run, log, metrics, shardTimeoutMs },
    sources: parts.sources ?? (await shardSources({ endpointUrl: endpoint, calls })),
    settings: { waiverFiles, suppressions: config.suppressions ?? "allow", ownerOf: ownersOf(config) },
    roles: own === undefined ? roles : null,
    name: `${hostname()}:${process.pid}`,
    policies: policyDigest(run, config),
    concurrency: own?.concurrency ?? concurrency,
  });
}
