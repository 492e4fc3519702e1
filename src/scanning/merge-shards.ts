// The end of a split scan: all that the accepted attempts have staged goes through the same run as a scan that is not split.
import { gunzipSync, gzipSync } from "node:zlib";
import { loadBaselines } from "../compliance/load-baselines.js";
import { policyVersions } from "../compliance/policy-versions.js";
import type { RunResult } from "../compliance/run.js";
import { readWaiverFiles } from "../compliance/waiver-file.js";
import type { Run } from "../compose.js";
import type { Metrics } from "../observability/metrics.js";
import type { ScanItem, ScanProblem } from "../inventory/scan-item.js";
import type { Report } from "../report.js";
import type { Store } from "../store/store.js";
import type { OwnerOf } from "../compliance/owners.js";
import type { SuppressionMode } from "../compliance/suppressions.js";
import { itemsOfChunk } from "./chunks.js";
import { recordedScan } from "./recorded-scan.js";
import type { ShardSources } from "./shard-source.js";
import { shardId } from "./shard-source.js";
import type { ClaimedShard, MergeInput } from "./shards.js";
import { restored, stagedJudge, stagedPacks } from "./staged-judge.js";

export interface MergeSettings {
  readonly waiverFiles: readonly string[];
  readonly suppressions: SuppressionMode;
  readonly ownerOf: OwnerOf;
}

export interface Merging {
  readonly store: Store;
  readonly run: Run;
  readonly settings: MergeSettings;
  readonly sources: ShardSources;
  readonly notify: (message: string) => void;
  readonly metrics?: Metrics | null;
  /** Aborted when the shard is somebody else's: then nothing more is done. */
  readonly signal: AbortSignal;
}

/** May be done again by another process, from any point at which this one stopped. */
export async function mergeShards(claim: ClaimedShard, merging: Merging): Promise<boolean> {
  const { store, notify, signal } = merging;
  const { shards } = store;
  if (!(await shards.isMerged(claim.scan))) {
    const input = await shards.mergeInput(claim);
    const recording = await shards.resume(claim, startOf(claim, merging));
    const run = await runOf(claim, merging);
    const before = (result: RunResult): Promise<void> => shards.keepReport(claim, packed(result));
    const { outcome, report } = await recordedScan(stagedItems(input, merging, signal), run, {
      store,
      recording,
      before,
      metrics: merging.metrics ?? null,
    });
    notify(
      `scan ${claim.scan}: ${report.summary.resources} resources, ${outcome.opened} findings opened, ${outcome.resolved} resolved`,
    );
  } else await bindAgain(claim, store);
  return shards.finished(claim);
}

function startOf({ request }: ClaimedShard, { run, settings, notify }: Merging) {
  return {
    targets: request.providers,
    complete: request.services.length === 0,
    version: run.version,
    policies: policyVersions(run.policies, run.documentPolicies),
    notify,
    ownerOf: settings.ownerOf,
  };
}

async function runOf({ request, requestedAt }: ClaimedShard, { store, run, settings }: Merging) {
  const waivers = [...(await readWaiverFiles(settings.waiverFiles)), ...(await store.waivers.approved())];
  const knownPolicies = new Set(run.policies.map(({ id }) => id));
  const baselines =
    request.baselines.length === 0 ? [] : await loadBaselines({ ids: request.baselines, knownPolicies });
  return {
    ...{ version: run.version, policies: run.policies, clock: run.clock, baselines, waivers },
    ...{ targets: request.providers, failOn: request.failOn, severity: request.severity, all: request.all },
    ...{ suppressions: settings.suppressions, ownerOf: settings.ownerOf, progress: () => undefined },
    startedAt: new Date(requestedAt),
    evaluation: stagedJudge(run.evaluation),
    packs: run.packs === null ? null : stagedPacks(run.packs),
  };
}

/** Throws where something is missing of what was accepted: nothing is ever concluded from a part of it. */
async function* stagedItems(input: MergeInput, { sources }: Merging, signal: AbortSignal): AsyncGenerator<ScanItem> {
  const seen = { resources: 0, verdicts: 0, chunks: 0 };
  for await (const body of input.chunks) {
    signal.throwIfAborted();
    seen.chunks++;
    for (const item of itemsOfChunk(body)) {
      if (item.kind === "resource") {
        seen.resources++;
        seen.verdicts += item.verdicts.length + item.packVerdicts.length;
      }
      yield item.kind === "resource" ? restored(item) : item;
    }
  }
  const { expected } = input;
  if (seen.resources !== expected.resources || seen.verdicts !== expected.verdicts || seen.chunks !== expected.chunks)
    throw new Error(
      `${expected.chunks} pieces with ${expected.resources} resources were staged, ${seen.chunks} with ${seen.resources} are there`,
    );
  yield* input.failed.map((failed) => problemOf(failed, sources));
}

/** What a shard that failed for good would have shown counts as unseen, so that nothing there is resolved. */
function problemOf({ target, attempts, error }: MergeInput["failed"][number], sources: ShardSources): ScanProblem {
  const { account, region } = target;
  const hides = sources.get(target.provider)?.typesOf(target) ?? [];
  const message = `the shard ${shardId(target)} was given up after ${attempts} attempts: ${error}`;
  const at = [target.provider, target.service].join(":");
  return { kind: "problem", problem: "incomplete", at, line: null, column: null, message, hides, account, region };
}

type KeptResult = Pick<RunResult, "report" | "problems" | "bindings">;

function packed({ report, problems, bindings }: RunResult): Uint8Array {
  return gzipSync(JSON.stringify({ report, problems, bindings } satisfies KeptResult), { level: 3 });
}

export function unpacked(body: Uint8Array): KeptResult & { readonly report: Report } {
  return JSON.parse(gunzipSync(body).toString("utf8")) as KeptResult;
}

/** The process that merged died before it had recorded what its waivers matched. */
async function bindAgain({ scan }: ClaimedShard, store: Store): Promise<void> {
  const kept = await store.shards.report(scan);
  if (kept !== null) await store.waivers.bind(unpacked(kept).bindings);
}
