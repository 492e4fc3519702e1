// Two policies that propose different values for one property would undo each other for ever: that is found before anything is written.
import { leavesOf } from "../../scanners/pulumi/written.js";
import { parseUrn } from "../../scanners/pulumi/urn.js";
import type { ProposedChange } from "../../src/engine/verdict.js";
import { parsePointer, pointer } from "../../src/inventory/pointer.js";
import type { Judged } from "./judgement.js";

interface Wish {
  readonly judged: Judged;
  readonly change: ProposedChange;
}

/** Why a failure is not put right: another policy wants something else of the same property. */
export function opposedProposals(all: readonly Judged[]): ReadonlyMap<Judged, string> {
  const opposed = new Map<Judged, string>();
  for (const wishes of byResource(all).values()) {
    for (const { judged, change } of wishes) {
      const other = wishes.find(
        (one) => one.judged.verdict.policy !== judged.verdict.policy && isOpposed(one.change, change),
      );
      if (other === undefined || opposed.has(judged)) continue;
      const { policy } = other.judged.verdict;
      opposed.set(
        judged,
        `${policy} wants ${wish(other.change)}, and this policy wants ${wish(change)}: they would undo each other`,
      );
    }
  }
  return opposed;
}

function byResource(all: readonly Judged[]): Map<string, Wish[]> {
  const found = new Map<string, Wish[]>();
  for (const judged of all) {
    const { proposal } = judged.verdict;
    if (proposal === undefined) continue;
    const { id, source } = judged.item.resource;
    // A type may go by several names, and each policy may know another one.
    const key = JSON.stringify([id, source.uri, source.line, parseUrn(proposal.urn)?.name]);
    const wishes = found.get(key) ?? [];
    for (const change of proposal.changes.flatMap(apart)) wishes.push({ judged, change });
    found.set(key, wishes);
  }
  return found;
}

/** Two that each set one tag of an object that is not there yet agree. */
function apart(change: ProposedChange): ProposedChange[] {
  if (change.op === "remove") return [change];
  return leavesOf(parsePointer(change.path), change.value).map(({ path, value }) => ({
    ...{ op: change.op, path: pointer(path), value },
  }));
}

function isOpposed(one: ProposedChange, other: ProposedChange): boolean {
  if (one.path === other.path) return one.op !== other.op || JSON.stringify(one.value) !== JSON.stringify(other.value);
  return one.path.startsWith(`${other.path}/`) || other.path.startsWith(`${one.path}/`);
}

function wish({ op, path, value }: ProposedChange): string {
  return op === "remove" ? `no ${path}` : `${path} to be ${JSON.stringify(value).slice(0, 100)}`;
}
