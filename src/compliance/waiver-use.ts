// What the waivers of a run were good for, and what is to be said of them after it.
import { isPattern } from "./glob.js";
import type { PolicyNames } from "./policy-names.js";
import { stateOf, warningPeriod, type Waiver } from "./waiver.js";

export class WaiverUse {
  readonly #waivers: readonly Waiver[];
  readonly #names: PolicyNames;
  readonly #isComplete: boolean;
  readonly #matches = new Map<Waiver, number>();
  readonly #changes = new Map<Waiver, Map<string, string>>();

  constructor(waivers: readonly Waiver[], names: PolicyNames, isComplete: boolean) {
    this.#waivers = waivers;
    this.#names = names;
    this.#isComplete = isComplete;
  }

  /** The waiver covers the verdict; whether it excuses it is a matter of its state. */
  matched(waiver: Waiver): void {
    this.#matches.set(waiver, (this.#matches.get(waiver) ?? 0) + 1);
  }

  /** It covers the resource, which is not what it was. */
  changed(waiver: Waiver, resource: string, hash: string): void {
    const changes = this.#changes.get(waiver) ?? new Map<string, string>();
    this.#changes.set(waiver, changes.set(resource, hash));
  }

  warnings(now: Date): string[] {
    return this.#waivers.flatMap((waiver) => {
      const name = `waiver ${waiver.id}${waiver.file === null ? "" : ` (${waiver.file})`}`;
      return this.#said(waiver, now).map((said) => `${name} ${said}`);
    });
  }

  #said(waiver: Waiver, now: Date): string[] {
    const state = stateOf(waiver, now);
    if (waiver.status !== "approved" || state === "waiting") return [];
    const changes = [...(this.#changes.get(waiver) ?? [])].slice(0, shownChanges).map(changeText(waiver));
    const said = state === "expired" ? this.#expired(waiver) : this.#inForce(waiver, now);
    return [...changes, ...this.#unknownPolicies(waiver), ...(said === null ? [] : [said])];
  }

  #expired(waiver: Waiver): string | null {
    const count = this.#matches.get(waiver) ?? 0;
    if (count === 0 && waiver.file === null) return null;
    const again = count === 0 ? "it can be removed" : `${verdicts(count)} that it excused count again`;
    return `expired at ${waiver.expires}: ${again}`;
  }

  #inForce(waiver: Waiver, now: Date): string | null {
    const count = this.#matches.get(waiver) ?? 0;
    if (count === 0) {
      const isWorthAWord = (waiver.file !== null || this.#isComplete) && !this.#changes.has(waiver);
      return isWorthAWord ? "excuses nothing: no failed or unknown verdict is in its scope" : null;
    }
    if (Date.parse(waiver.expires) - now.getTime() > warningPeriod) return null;
    return `expires at ${waiver.expires}: ${verdicts(count)} that it excuses will count again`;
  }

  #unknownPolicies({ scope: { policies } }: Waiver): string[] {
    return policies
      .filter((policy) => !isPattern(policy) && !this.#names.exists(policy))
      .map((policy) => `names the policy ${policy}, which does not exist; see: portcullis policies list`);
  }
}

const shownChanges = 10;

function changeText({ configHash, file }: Waiver): (change: readonly [string, string]) => string {
  return ([resource, hash]) =>
    file !== null && configHash === null
      ? `ends when ${resource} changes, but says no configHash; its hash is ${hash}`
      : `does not hold for ${resource} any more, which has changed since it was approved; its hash is now ${hash}`;
}

function verdicts(count: number): string {
  return count === 1 ? "1 verdict" : `${count} verdicts`;
}
