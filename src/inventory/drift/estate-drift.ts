// The drift of an estate: all that is wanted is held, what is live comes one by one, and only what differs is kept. What could
// not be looked at is unknown: it is never missing, and never without drift.
import type { ScanItem, ScannedResource, ScanProblem } from "../scan-item.js";
import { isDefaultResource } from "./default-resources.js";
import { driftOf } from "./drift-of.js";
import type { DesiredResource, LiveResource, PropertyChange, Uncompared } from "./drift.js";
import { DesiredIndex, isNameless } from "./identity.js";

/** A resource in a result, without what it is like. */
export interface DriftSubject {
  /** The provider's id where it is known, else where it is said. */
  readonly id: string;
  readonly address: string | null;
  readonly provider: string;
  readonly type: string;
  readonly name: string | null;
  readonly account: string | null;
  readonly region: string | null;
  readonly against: DesiredResource["against"] | null;
  readonly source: string | null;
}

export interface EstateDrift {
  readonly changed: readonly (DriftSubject & { readonly changes: readonly PropertyChange[] })[];
  readonly missing: readonly DriftSubject[];
  readonly unmanaged: readonly DriftSubject[];
  readonly unknown: readonly (DriftSubject & { readonly parts: readonly Uncompared[] })[];
  /** Where secrets stand (variables by their names) that a snapshot keeps no value of: they may be others now. */
  readonly withheld: readonly (DriftSubject & { readonly parts: readonly Uncompared[] })[];
  readonly counts: {
    readonly desired: number;
    readonly live: number;
    /** Compared in full, and the same. */
    readonly same: number;
    /** The same but for secrets that a snapshot does not keep. */
    readonly withheld: number;
    readonly changed: number;
    readonly missing: number;
    readonly unmanaged: number;
    readonly unknown: number;
    /** Made by the provider in every account, and not managed. */
    readonly defaults: number;
    /** Of other providers, or of services that were left out by the user. */
    readonly outside: number;
  };
}

/** Where and what was looked at. */
export interface LookedAt {
  readonly provider: string;
  /** Types that can be read at all. */
  readonly readable: ReadonlySet<string>;
  /** Types that were asked for. */
  readonly types: ReadonlySet<string>;
  /** Null: everywhere. */
  readonly places: readonly { readonly account: string; readonly regions: readonly string[] }[] | null;
}

export interface EstateOptions {
  readonly desired: Iterable<DesiredResource>;
  readonly live: AsyncIterable<ScanItem> | Iterable<ScanItem>;
  readonly lookedAt: LookedAt;
  /** Nobody asks for what is not managed. */
  readonly managedOnly: boolean;
}

export async function estateDrift(
  options: EstateOptions,
): Promise<EstateDrift & { readonly problems: readonly ScanProblem[] }> {
  const comparison = new Comparison(options);
  for await (const item of options.live) {
    if (item.kind === "resource") comparison.see(item);
    else if (item.kind === "problem") comparison.problems.push(item);
  }
  return { ...comparison.end(), problems: comparison.problems };
}

class Comparison {
  readonly problems: ScanProblem[] = [];
  readonly #options: EstateOptions;
  readonly #index = new DesiredIndex();
  readonly #result = {
    changed: [] as EstateDrift["changed"][number][],
    missing: [] as DriftSubject[],
    unmanaged: [] as DriftSubject[],
    unknown: [] as EstateDrift["unknown"][number][],
    withheld: [] as EstateDrift["withheld"][number][],
  };
  readonly #unseen = new Map<string, string | null>();
  #live = 0;
  #same = 0;
  #withheld = 0;
  #defaults = 0;
  #outside = 0;

  constructor(options: EstateOptions) {
    this.#options = options;
    const { lookedAt } = options;
    for (const one of options.desired) {
      const isOutside =
        one.provider !== lookedAt.provider || (lookedAt.readable.has(one.type) && !lookedAt.types.has(one.type));
      if (isOutside) this.#outside++;
      else this.#index.add(one);
    }
  }

  see(item: ScannedResource): void {
    const live = liveOf(item);
    this.#live++;
    const desired = this.#index.take(live);
    if (desired === "ambiguous") {
      this.#unknown(subjectOfLive(live), "", "several resources of the desired state could be this one");
      return;
    }
    if (desired !== null) this.#compare(desired, live);
    else if (isDefaultResource(item)) this.#defaults++;
    else if (!this.#options.managedOnly) this.#result.unmanaged.push(subjectOfLive(live));
  }

  #compare(desired: DesiredResource, live: LiveResource): void {
    const { changes, unknown, withheld } = driftOf(desired, live);
    const subject = { ...subjectOfDesired(desired), ...placeOf(live) };
    if (changes.length > 0) this.#result.changed.push({ ...subject, changes });
    if (unknown.length > 0) this.#result.unknown.push({ ...subject, parts: unknown });
    if (withheld.length > 0) this.#result.withheld.push({ ...subject, parts: withheld });
    if (changes.length > 0 || unknown.length > 0) return;
    if (withheld.length > 0) this.#withheld++;
    else this.#same++;
  }

  #unknown(subject: DriftSubject, path: string, reason: string): void {
    this.#result.unknown.push({ ...subject, parts: [{ path, reason }] });
  }

  end(): EstateDrift {
    for (const one of this.#index.repeated)
      this.#unknown(subjectOfDesired(one), "", "the desired state has it twice; the first one was compared");
    for (const one of this.#index.ambiguous())
      this.#unknown(subjectOfDesired(one), "", "several live resources could be this one");
    for (const one of this.#index.left()) {
      const reason = one.isAmbiguous
        ? "several live resources could be this one"
        : (this.#whyUnseen(one) ?? (isNameless(one) ? "the desired state has neither its id nor its name" : null));
      if (reason === null) this.#result.missing.push(subjectOfDesired(one));
      else this.#unknown(subjectOfDesired(one), "", reason);
    }
    const { changed, missing, unmanaged, unknown, withheld } = this.#result;
    for (const list of [changed, missing, unmanaged, unknown, withheld]) list.sort(byId);
    return {
      ...this.#result,
      counts: {
        ...{
          desired: this.#index.size,
          live: this.#live,
          same: this.#same,
          withheld: this.#withheld,
          changed: changed.length,
        },
        ...{ missing: missing.length, unmanaged: unmanaged.length, unknown: unknown.length },
        ...{ defaults: this.#defaults, outside: this.#outside },
      },
    };
  }

  /** The same for all of one type and place: what could not be read may be a long list. */
  #whyUnseen(one: DesiredResource): string | null {
    const key = JSON.stringify([one.type, one.account, one.region]);
    const known = this.#unseen.get(key);
    if (known !== undefined) return known;
    const reason = this.#whyUnseenAt(one);
    this.#unseen.set(key, reason);
    return reason;
  }

  /** Why a resource that was not seen may be there all the same; null where it would have been seen. */
  #whyUnseenAt(one: DesiredResource): string | null {
    const { readable, places } = this.#options.lookedAt;
    if (!readable.has(one.type)) return `resources of type ${one.type} are not read`;
    const hidden = this.problems.find((problem) => hides(problem, one));
    if (hidden !== undefined) return hidden.message;
    if (places === null) return null;
    const inAccount = places.filter(({ account }) => one.account === null || one.account === account);
    if (inAccount.length === 0) return `account ${one.account ?? ""} was not looked at`;
    if (one.region === null || inAccount.some(({ regions }) => regions.includes(one.region ?? ""))) return null;
    return isEverywhere(one) ? null : `region ${one.region} was not looked at`;
  }
}

/** What belongs to the whole account is listed wherever calls go. */
function isEverywhere({ type }: DesiredResource): boolean {
  return type.startsWith("AWS::IAM::");
}

function hides(problem: ScanProblem, one: DesiredResource): boolean {
  const isMaybe = (a: string | null, b: string | null): boolean => a === null || b === null || a === b;
  const isType = problem.hides.length === 0 || problem.hides.includes(one.type);
  return isType && isMaybe(problem.account, one.account) && isMaybe(problem.region, one.region);
}

export function liveOf({ resource, failures }: ScannedResource): LiveResource {
  const { id, provider, type, name, account, region, tags, config } = resource;
  return { id, provider, type, name, account, region, tags, config, failures };
}

function subjectOfLive({ id, provider, type, name, account, region }: LiveResource): DriftSubject {
  return { id, address: null, provider, type, name, account, region, against: null, source: null };
}

function subjectOfDesired(one: DesiredResource): DriftSubject {
  const { address, provider, type, name, account, region, against, source } = one;
  return { id: one.id ?? address, address, provider, type, name, account, region, against, source };
}

function placeOf({
  id,
  name,
  account,
  region,
}: LiveResource): Pick<DriftSubject, "id" | "name" | "account" | "region"> {
  return { id, name, account, region };
}

function byId(a: DriftSubject, b: DriftSubject): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
