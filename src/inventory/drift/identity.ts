// Which live resource is the one that was wanted: the one with the provider's id, and only where the state has none, the one
// with the type and name. What could be several is none of them.
import type { DesiredResource, LiveResource } from "./drift.js";

/** Types of which a place has exactly one, whatever it is called in the code. */
const singletons: ReadonlySet<string> = new Set([
  "AWS::EC2::EbsEncryptionByDefault",
  "AWS::IAM::AccountPasswordPolicy",
  "AWS::S3::AccountPublicAccessBlock",
]);

interface Entry {
  readonly desired: DesiredResource;
  taken: boolean;
  ambiguous: boolean;
}

/** Holds all that is wanted; live resources come one by one. */
export class DesiredIndex {
  readonly #byId = new Map<string, Entry>();
  readonly #byName = new Map<string, Entry[]>();
  readonly #entries: Entry[] = [];
  /** Wanted twice: in two states, or in one that lists it twice. */
  readonly repeated: DesiredResource[] = [];

  add(desired: DesiredResource): void {
    const entry = { desired, taken: false, ambiguous: false };
    if (desired.id !== null) {
      const key = idKey(desired.id);
      if (this.#byId.has(key)) {
        this.repeated.push(desired);
        return;
      }
      this.#byId.set(key, entry);
    } else {
      for (const key of nameKeys(desired)) this.#byName.set(key, [...(this.#byName.get(key) ?? []), entry]);
    }
    this.#entries.push(entry);
  }

  get size(): number {
    return this.#entries.length;
  }

  /** What was wanted of it; null where nobody did, `ambiguous` where it could be several. */
  take(live: LiveResource): DesiredResource | "ambiguous" | null {
    const exact = this.#byId.get(idKey(live.id));
    if (exact !== undefined && exact.desired.type === live.type) {
      exact.taken = true;
      return exact.desired;
    }
    const keys = [liveKey(live.type, live.name), liveKey(live.type, lastOf(live.id)), liveKey(live.type, null)];
    const found = keys.flatMap((key) => this.#byName.get(key) ?? []).filter(({ desired }) => isIn(desired, live));
    const all = [...new Set(found)];
    const [entry, second] = all;
    if (entry === undefined) return null;
    if (second === undefined && !entry.taken) {
      entry.taken = true;
      return entry.desired;
    }
    for (const one of all) one.ambiguous = true;
    return "ambiguous";
  }

  /** What no live resource was. */
  *left(): Generator<DesiredResource & { readonly isAmbiguous: boolean }> {
    for (const { desired, taken, ambiguous } of this.#entries) if (!taken) yield { ...desired, isAmbiguous: ambiguous };
  }

  /** Those that more than one live resource could be. */
  *ambiguous(): Generator<DesiredResource> {
    for (const { desired, taken, ambiguous } of this.#entries) if (taken && ambiguous) yield desired;
  }
}

function isIn(desired: DesiredResource, live: LiveResource): boolean {
  const isAny = (wanted: string | null, found: string | null) => wanted === null || found === null || wanted === found;
  return isAny(desired.account, live.account) && isAny(desired.region, live.region);
}

/** The ARN of a log group is written with and without `:*`. */
function idKey(id: string): string {
  return id.endsWith(":*") ? id.slice(0, -2) : id;
}

function liveKey(type: string, name: string | null): string {
  return JSON.stringify([type, singletons.has(type) ? "" : name]);
}

function nameKeys({ type, name }: DesiredResource): string[] {
  return name === null && !singletons.has(type) ? [] : [liveKey(type, name)];
}

function lastOf(id: string): string {
  return id.slice(Math.max(id.lastIndexOf("/"), id.lastIndexOf(":")) + 1);
}
