// What a check says of every resource of the code: before a fix, and of the code as it would be after.
import type { CodeOptions } from "../../scanners/code/index.js";
import { readCode } from "../../scanners/code/index.js";
import { runChecks, type RunOptions } from "../../src/compliance/run.js";
import type { PackJudge } from "../../src/engine/crossguard/pack-evaluation.js";
import type { Verdict } from "../../src/engine/verdict.js";
import type { Resource } from "../../src/inventory/resource.js";
import type { ScanItem, ScannedResource, ScanProblem } from "../../src/inventory/scan-item.js";

export interface Judgement {
  readonly judged: readonly Judged[];
  readonly problems: readonly ScanProblem[];
  readonly items: readonly ScannedResource[];
}

export interface Judged {
  readonly item: ScannedResource;
  readonly verdict: Verdict;
}

export interface JudgeOptions {
  readonly paths: readonly string[];
  readonly code: CodeOptions;
  readonly run: Omit<RunOptions, "record" | "targets" | "command" | "all" | "severity">;
}

/** Packs are asked about many resources at once: whose verdict comes when is kept, for ids may be there twice. */
class PackOwners implements PackJudge {
  readonly #packs: PackJudge;
  readonly #next: (ScannedResource | undefined)[] = [];

  constructor(packs: PackJudge) {
    this.#packs = packs;
  }

  get needsInventory(): boolean {
    return this.#packs.needsInventory;
  }

  async judge(items: readonly ScannedResource[]): Promise<Verdict[]> {
    return this.#remembered(await this.#packs.judge(items), items);
  }

  async judgeInventory(...given: Parameters<PackJudge["judgeInventory"]>): Promise<Verdict[]> {
    return this.#remembered(await this.#packs.judgeInventory(...given), given[0]);
  }

  judgeProblem(problem: ScanProblem): Verdict[] {
    return this.#remembered(this.#packs.judgeProblem(problem), []);
  }

  /** Of the next verdict of a pack. */
  next(): ScannedResource | undefined {
    return this.#next.shift();
  }

  /** A policy judges resources in their order: the second verdict on an id is on the second resource of that id. */
  #remembered(verdicts: Verdict[], items: readonly ScannedResource[]): Verdict[] {
    const byId = grouped(items);
    const seen = new Map<string, number>();
    for (const { policy, resource } of verdicts) {
      const key = `${policy} ${resource.id}`;
      const at = seen.get(key) ?? 0;
      seen.set(key, at + 1);
      this.#next.push(byId.get(resource.id)?.[at]);
    }
    return verdicts;
  }
}

function grouped(items: readonly ScannedResource[]): Map<string, ScannedResource[]> {
  const found = new Map<string, ScannedResource[]>();
  for (const item of items) {
    const same = found.get(item.resource.id);
    if (same === undefined) found.set(item.resource.id, [item]);
    else same.push(item);
  }
  return found;
}

/** `overlay` has the texts of files, by absolute path, that are not on the disk yet. */
export async function judgeCode(options: JudgeOptions, overlay: ReadonlyMap<string, string>): Promise<Judgement> {
  const items = new Map<Resource, ScannedResource>();
  const judged: Judged[] = [];
  const packs = options.run.packs === null ? null : new PackOwners(options.run.packs);
  const ofPacks = new Set(options.run.policies.filter(({ engine }) => engine === "crossguard").map(({ id }) => id));
  let current: ScannedResource | undefined;
  const record = {
    resource: (resource: Resource) => {
      current = items.get(resource);
      return Promise.resolve();
    },
    verdict: (verdict: Verdict) => {
      const item = ofPacks.has(verdict.policy) ? packs?.next() : current;
      if (item?.resource.id === verdict.resource.id) judged.push({ item, verdict });
      return Promise.resolve();
    },
  };
  const seen = rememberResources(readCode(options.paths, { ...options.code, overlay }), items);
  const { problems } = await runChecks(seen, {
    ...options.run,
    packs,
    ...{ command: "check", targets: options.paths, all: false, severity: "info", record },
  });
  return { judged, problems, items: [...items.values()] };
}

async function* rememberResources(
  source: AsyncIterable<ScanItem>,
  items: Map<Resource, ScannedResource>,
): AsyncGenerator<ScanItem> {
  for await (const item of source) {
    if (item.kind === "resource") items.set(item.resource, item);
    yield item;
  }
}

/** The same resource and policy before and after, wherever in its file it stands. */
export function keyOf({ item, verdict }: Judged): string {
  return JSON.stringify([verdict.policy, item.resource.id, item.resource.source.uri]);
}

/** What the code would have after that it has not today, in words; empty where there is nothing. */
export function worsened(before: Judgement, after: Judgement): string[] {
  const known = new Set(before.judged.flatMap((one) => [`${keyOf(one)} ${one.verdict.verdict}`]));
  const failed = new Set(before.judged.filter(({ verdict }) => verdict.verdict === "fail").map(keyOf));
  const news = after.judged.filter((one) => {
    const { verdict } = one.verdict;
    if (verdict === "pass" || verdict === "not-applicable" || verdict === "waived") return false;
    return !known.has(`${keyOf(one)} ${verdict}`) && !(failed.has(keyOf(one)) && verdict === "fail");
  });
  const problems = new Set(before.problems.map(({ at, message }) => `${at} ${message}`));
  const added = after.problems.filter(({ at, message }) => !problems.has(`${at} ${message}`));
  return [
    ...news.map(({ verdict }) => `${verdict.policy} would be ${verdict.verdict} for ${verdict.resource.id}`),
    ...added.map(({ at, message }) => `${at}: ${message}`),
  ];
}
