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
    const byPath = grouped(wishes);
    for (const one of wishes) {
      const other = opposed.has(one.judged) ? undefined : opponentOf(one, byPath);
      if (other === undefined) continue;
      opposed.set(one.judged, because(one, other));
      if (!opposed.has(other.judged)) opposed.set(other.judged, because(other, one));
    }
  }
  return opposed;
}

function because(one: Wish, other: Wish): string {
  const { policy } = other.judged.verdict;
  return `${policy} wants ${wish(other.change)}, and this policy wants ${wish(one.change)}: they would undo each other`;
}

/** Of the same property, or of one that holds it: a pack may wish for very many, so they are not compared each with each. */
function opponentOf(one: Wish, byPath: ReadonlyMap<string, readonly Wish[]>): Wish | undefined {
  const parts = parsePointer(one.change.path);
  for (let length = parts.length; length > 0; length--) {
    const found = byPath
      .get(pointer(parts.slice(0, length)))
      ?.find(
        ({ judged, change }) => judged.verdict.policy !== one.judged.verdict.policy && isOpposed(change, one.change),
      );
    if (found !== undefined) return found;
  }
  return undefined;
}

function grouped(wishes: readonly Wish[]): Map<string, Wish[]> {
  const found = new Map<string, Wish[]>();
  for (const one of wishes) {
    const same = found.get(one.change.path);
    if (same === undefined) found.set(one.change.path, [one]);
    else same.push(one);
  }
  return found;
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
  return one.path !== other.path || one.op !== other.op || JSON.stringify(one.value) !== JSON.stringify(other.value);
}

function wish({ op, path, value }: ProposedChange): string {
  return op === "remove" ? `no ${path}` : `${path} to be ${JSON.stringify(value).slice(0, 100)}`;
}
