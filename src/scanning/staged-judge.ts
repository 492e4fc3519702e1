// The second half of judging, with the whole inventory at hand: verdicts on single resources were given when those were read,
// and only policies that look at others too are asked now.
import type { PackEvaluation, PackJudge } from "../engine/crossguard/pack-evaluation.js";
import type { Evaluation, Judge } from "../engine/evaluation.js";
import type { PropertyFailure, ScannedResource, ScanProblem } from "../inventory/scan-item.js";
import type { StagedResource } from "./staged-item.js";

/** A staged resource as a run takes it, with what it was judged already. */
interface Restored extends ScannedResource {
  readonly staged: StagedResource;
}

/**
 * What was withheld is, for whoever looks at it now, something that could not be read: a policy whose answer depends on it
 * gives `error`, and never a pass.
 */
export function restored(staged: StagedResource): Restored {
  const { resource, references, failures, withheld } = staged;
  const missing = withheld.map((pointer) => ({ pointer, message: withheldMessage(pointer) }));
  return { kind: "resource", resource, references, failures: [...failures, ...missing], locate: () => null, staged };
}

function withheldMessage(pointer: string): PropertyFailure["message"] {
  return `${pointer} is a secret, which a scan by workers does not keep: scan without --distributed to judge it`;
}

function stagedOf(item: ScannedResource): StagedResource {
  const { staged } = item as Partial<Restored>;
  if (staged === undefined) throw new Error(`${item.resource.id} was not staged`);
  return staged;
}

export function stagedJudge(evaluation: Evaluation): Judge {
  return {
    needsInventory: evaluation.needsInventory,
    begin: (resources, problems) => {
      evaluation.begin(resources, problems);
    },
    *judge(item) {
      yield* stagedOf(item).verdicts;
      yield* evaluation.judge(item, "inventory");
    },
    judgeDocument: (document) => evaluation.judgeDocument(document),
    judgeProblem: (problem) => evaluation.judgeProblem(problem),
  };
}

export function stagedPacks(packs: PackEvaluation): PackJudge {
  return {
    needsInventory: packs.needsInventory,
    judge: (items) => Promise.resolve(items.flatMap((item) => stagedOf(item).packVerdicts)),
    // Packs see whole resources: with a secret withheld anywhere they cannot be asked about all together.
    judgeInventory: (items, problems) => packs.judgeInventory(items, [...problems, ...withheldProblems(items)]),
    judgeProblem: (problem) => packs.judgeProblem(problem),
  };
}

function withheldProblems(items: readonly ScannedResource[]): ScanProblem[] {
  const withheld = items.find((item) => stagedOf(item).withheld.length > 0);
  const [pointer] = withheld === undefined ? [] : stagedOf(withheld).withheld;
  if (withheld === undefined || pointer === undefined) return [];
  const { id, account, region } = withheld.resource;
  const message = `${id}: ${withheldMessage(pointer)}`;
  return [
    { kind: "problem", problem: "incomplete", at: id, line: null, column: null, message, hides: [], account, region },
  ];
}
