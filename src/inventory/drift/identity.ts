// Which live resource is the one that was wanted: the one with the provider's id, and only where the state has none, the one
// with the type and name. What could be several is none of them.
import type { DesiredResource, LiveResource } from "./drift.js";

/** Types of which a place has exactly one, whatever it is called in the code. */
const singletons: ReadonlySet<string> = new Set([
  "AWS::EC2::EbsEncryptionByDefault",
  "AWS::IAM::AccountPasswordPolicy",
  "AWS::S3::AccountPublicAccessBlock",
]);

/** Which live resource it is nobody can say. */
export function isNameless({ id, name, type }: DesiredResource): boolean {
  return id === null && name === null && !singletons.has(type);
}

interface Entry {
  readonly desired: DesiredResource;
  /** Of those that nothing tells apart; null of one that has the provider's id. */
  readonly bucket: Bucket | null;
  taken: boolean;
}

/** Wanted under one type, name and place. More than one: nobody can say which is which. */
interface Bucket {
  readonly account: string | null;
  readonly region: string | null;
  readonly entries: Entry[];
  ambiguous: boolean;
}

/** Holds all that is wanted; live resources come one by one. */
export class DesiredIndex {
  readonly #byId = new Map<string, Entry>();
  /** By type and name, then by place. */
  readonly #byName = new Map<string, Map<string, Bucket>>();
  readonly #entries: Entry[] = [];
  /** Wanted twice: in two states, or in one that lists it twice. */
  readonly repeated: DesiredResource[] = [];

  add(desired: DesiredResource): void {
    if (desired.id === null) {
      this.#entries.push(this.#named(desired));
      return;
    }
    const key = idKey(desired.id);
    if (this.#byId.has(key)) {
      this.repeated.push(desired);
      return;
    }
    const entry = { desired, bucket: null, taken: false };
    this.#byId.set(key, entry);
    this.#entries.push(entry);
  }

  #named(desired: DesiredResource): Entry {
    const { type, name, account, region } = desired;
    const bucket: Bucket = { account, region, entries: [], ambiguous: false };
    if (name === null && !singletons.has(type)) return { desired, bucket, taken: false };
    const places = atKey(this.#byName, liveKey(type, name), () => new Map<string, Bucket>());
    const shared = atKey(places, placeKey(account, region), () => bucket);
    const entry = { desired, bucket: shared, taken: false };
    shared.entries.push(entry);
    return entry;
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
    const found = this.#couldBe(live);
    const [bucket, second] = found;
    if (bucket === undefined) return null;
    const [entry, other] = bucket.entries;
    if (second === undefined && other === undefined && entry !== undefined && !entry.taken) {
      entry.taken = true;
      return entry.desired;
    }
    for (const one of found) one.ambiguous = true;
    return "ambiguous";
  }

  #couldBe(live: LiveResource): readonly Bucket[] {
    const names = [live.name, lastOf(live.id), null];
    const found = new Set<Bucket>();
    for (const name of names) {
      const places = this.#byName.get(liveKey(live.type, name));
      if (places !== undefined) for (const bucket of bucketsAt(places, live)) found.add(bucket);
    }
    return [...found];
  }

  /** What no live resource was. */
  *left(): Generator<DesiredResource & { readonly isAmbiguous: boolean }> {
    for (const { desired, taken, bucket } of this.#entries)
      if (!taken) yield { ...desired, isAmbiguous: bucket?.ambiguous === true };
  }

  /** Those that more than one live resource could be. */
  *ambiguous(): Generator<DesiredResource> {
    for (const { desired, taken, bucket } of this.#entries) if (taken && bucket?.ambiguous === true) yield desired;
  }
}

/** Where the place of either is not known it may be any. */
function bucketsAt(places: ReadonlyMap<string, Bucket>, live: LiveResource): readonly Bucket[] {
  const { account, region } = live;
  if (account === null || region === null || places.size <= 4)
    return [...places.values()].filter((bucket) => isIn(bucket, live));
  const keys = [account, null].flatMap((one) => [placeKey(one, region), placeKey(one, null)]);
  return keys.flatMap((key) => places.get(key) ?? []);
}

function placeKey(account: string | null, region: string | null): string {
  return JSON.stringify([account, region]);
}

function atKey<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function isIn(wanted: Bucket, live: LiveResource): boolean {
  const isAny = (one: string | null, other: string | null) => one === null || other === null || one === other;
  return isAny(wanted.account, live.account) && isAny(wanted.region, live.region);
}

/** The ARN of a log group is written with and without `:*`. */
function idKey(id: string): string {
  return id.endsWith(":*") ? id.slice(0, -2) : id;
}

function liveKey(type: string, name: string | null): string {
  return JSON.stringify([type, singletons.has(type) ? "" : name]);
}

function lastOf(id: string): string {
  return id.slice(Math.max(id.lastIndexOf("/"), id.lastIndexOf(":")) + 1);
}
