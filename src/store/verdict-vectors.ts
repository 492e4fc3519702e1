// The verdicts on one resource, as one number. Most resources of a type stand alike: the same policies judge them with the
// same verdicts. So the verdicts that come in are followed down a tree whose branches they share, and what a resource holds
// in memory and in the database is a number, whatever the number of policies.
import type { VerdictKind } from "../engine/verdict.js";
import { setOwn } from "../json.js";

/** The worst first: of several verdicts of a policy on a resource it counts. */
export const worstFirst: readonly VerdictKind[] = ["fail", "error", "unknown", "waived", "pass", "not-applicable"];

export type VerdictsByPolicy = Readonly<Record<string, VerdictKind>>;

/** No verdict yet. */
export const emptyVector = 0;

export class VectorTree {
  readonly #policies = new Map<string, number>();
  readonly #names: string[] = [];
  readonly #children = new Map<number, number>();
  readonly #parents: number[] = [emptyVector];
  readonly #steps: number[] = [0];

  /** The vector after one more verdict. */
  add(vector: number, policy: string, verdict: VerdictKind): number {
    const step = this.#policy(policy) * worstFirst.length + worstFirst.indexOf(verdict);
    // Policies are at most some thousands, vectors some millions: together far below 2^53.
    const branch = vector * 1_048_576 + step;
    const known = this.#children.get(branch);
    if (known !== undefined) return known;
    const next = this.#parents.length;
    this.#parents.push(vector);
    this.#steps.push(step);
    this.#children.set(branch, next);
    return next;
  }

  /** What the vector stands for, by policy in the order of their names. */
  verdicts(vector: number): VerdictsByPolicy {
    const worst = new Map<string, number>();
    for (let at = vector; at !== emptyVector; at = this.#parents[at] ?? emptyVector) {
      const step = this.#steps[at] ?? 0;
      const policy = this.#names[Math.floor(step / worstFirst.length)] ?? "";
      const rank = step % worstFirst.length;
      worst.set(policy, Math.min(rank, worst.get(policy) ?? rank));
    }
    return byName([...worst].map(([policy, rank]) => [policy, worstFirst[rank] ?? "error"]));
  }

  /** Every policy that gave a verdict. */
  get policies(): readonly string[] {
    return this.#names;
  }

  #policy(name: string): number {
    const known = this.#policies.get(name);
    if (known !== undefined) return known;
    this.#policies.set(name, this.#names.length);
    this.#names.push(name);
    return this.#names.length - 1;
  }
}

/** `now`, and what others that did not run this time said `before`. */
export function withFormer(
  now: VerdictsByPolicy,
  before: VerdictsByPolicy,
  ran: ReadonlySet<string>,
): VerdictsByPolicy {
  const kept = Object.entries(before).filter(([policy]) => !ran.has(policy));
  return kept.length === 0 ? now : byName([...Object.entries(now), ...kept]);
}

function byName(entries: readonly (readonly [string, VerdictKind])[]): VerdictsByPolicy {
  const result: Record<string, VerdictKind> = {};
  for (const [policy, verdict] of entries.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
    setOwn(result, policy, verdict);
  return result;
}
