// What a worker does with a shard that it holds: plan the scan, read and judge a piece of it, or merge it.
import type { Run } from "../compose.js";
import { PortcullisError } from "../errors.js";
import type { Metrics } from "../observability/metrics.js";
import type { Store } from "../store/store.js";
import { ChunkWriter } from "./chunks.js";
import { judgeShard } from "./judge-shard.js";
import { mergeShards, type MergeSettings } from "./merge-shards.js";
import { scopeOf } from "./scan-request.js";
import type { ShardSource, ShardSources, ShardTarget } from "./shard-source.js";
import type { ClaimedShard } from "./shards.js";
import { until } from "./until.js";

export interface ShardWorkOptions {
  readonly store: Store;
  readonly run: Run;
  readonly sources: ShardSources;
  readonly settings: MergeSettings;
  /** The roles that may be assumed; null where whoever asks uses credentials of their own. */
  readonly roles: readonly string[] | null;
  /** Does what is to be kept again while the database is away. */
  readonly metrics?: Metrics | null;
  readonly persist: <T>(write: () => Promise<T>) => Promise<T>;
  readonly notify: (message: string) => void;
}

/** Another attempt would fail as well. */
export class Hopeless extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Hopeless";
  }
}

const mostShards = 100_000;

/** False: the shard was not this attempt's any more, and nothing was kept. Throws what the attempt failed of. */
export function doShard(claim: ClaimedShard, options: ShardWorkOptions, signal: AbortSignal): Promise<boolean> {
  switch (claim.kind) {
    case "plan":
      return planScan(claim, options, signal);
    case "read":
      return readShard(claim, options, signal);
    case "merge":
      return mergeShards(claim, { ...options, signal });
  }
}

async function planScan(claim: ClaimedShard, options: ShardWorkOptions, signal: AbortSignal): Promise<boolean> {
  const { request } = claim;
  if (request.roleName !== null && options.roles?.includes(request.roleName) === false)
    throw new Hopeless(`the role ${request.roleName} is not one of workers.roles in this worker's configuration`);
  const targets: ShardTarget[] = [];
  const writer = writerOf(claim, options);
  for (const provider of request.providers) {
    for await (const part of until(sourceOf(provider, options).plan(scopeOf(request)), signal)) {
      if (part.kind === "problem") await writer.add(part);
      else if (targets.push(part) > mostShards)
        throw new Hopeless(`more than ${mostShards} shards: scan fewer accounts at once`);
    }
  }
  await writer.flush();
  return options.persist(() => options.store.shards.planned(claim, targets, writer.counts));
}

async function readShard(claim: ClaimedShard, options: ShardWorkOptions, signal: AbortSignal): Promise<boolean> {
  const { target, request } = claim;
  if (target === null) throw new PortcullisError("internal", `the shard ${claim.shard} says nothing of what to read`);
  const writer = writerOf(claim, options);
  const items = until(sourceOf(target.provider, options).read(target, scopeOf(request)), signal);
  await judgeShard(items, options.run, writer);
  return options.persist(() => options.store.shards.done(claim, writer.counts));
}

function writerOf(claim: ClaimedShard, { store, persist }: ShardWorkOptions): ChunkWriter {
  return new ChunkWriter((seq, body) => persist(() => store.shards.stage(claim, seq, body)));
}

function sourceOf(provider: string, { sources }: ShardWorkOptions): ShardSource {
  const source = sources.get(provider);
  if (source !== undefined) return source;
  throw new Hopeless(`this worker cannot scan ${provider}: expected one of ${[...sources.keys()].join(", ")}`);
}
