// Reads a shard, judges each resource by the policies that look at it alone, and stages both.
import { withoutSecrets } from "../compliance/verdict-secrets.js";
import type { PackEvaluation } from "../engine/crossguard/pack-evaluation.js";
import type { Evaluation } from "../engine/evaluation.js";
import type { Verdict } from "../engine/verdict.js";
import type { ScanItem, ScannedResource } from "../inventory/scan-item.js";
import type { ChunkWriter } from "./chunks.js";
import { staged } from "./staged-item.js";

export interface LoneJudges {
  readonly evaluation: Evaluation;
  readonly packs: PackEvaluation | null;
}

/** Packs answer many questions faster than one after the other; without them nothing has to wait. */
const batchSize = 512;

export async function judgeShard(
  items: AsyncIterable<ScanItem>,
  judges: LoneJudges,
  writer: ChunkWriter,
): Promise<void> {
  const { evaluation, packs } = judges;
  const keepsRaw = packs?.needsInventory === true || evaluation.inventoryPolicyReads("/raw");
  const most = packs === null ? 1 : batchSize;
  let batch: ScannedResource[] = [];
  const write = async (): Promise<void> => {
    const byPack = groupedById(packs === null ? [] : await packs.judge(batch));
    for (const item of batch) {
      const verdicts = [...evaluation.judge(item, "alone")].map((verdict) => withoutSecrets(verdict, [item]));
      const packVerdicts = (byPack.get(item.resource.id) ?? []).map((verdict) => withoutSecrets(verdict, [item]));
      byPack.delete(item.resource.id); // several of one id have theirs together
      await writer.add({ ...staged(item, keepsRaw), verdicts, packVerdicts });
    }
    batch = [];
  };
  for await (const item of items) {
    if (item.kind === "problem") await writer.add(item);
    else if (item.kind === "document") throw new Error("a document cannot be read in shards");
    else if (batch.push(item) >= most) await write();
  }
  await write();
  await writer.flush();
}

function groupedById(verdicts: readonly Verdict[]): Map<string, Verdict[]> {
  const byId = new Map<string, Verdict[]>();
  for (const verdict of verdicts) {
    const same = byId.get(verdict.resource.id);
    if (same === undefined) byId.set(verdict.resource.id, [verdict]);
    else same.push(verdict);
  }
  return byId;
}
