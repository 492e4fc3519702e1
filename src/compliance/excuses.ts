// Applies waivers and suppressions to verdicts: the one place for every road that evaluates. Only `fail` and `unknown` are
// ever excused; what could not be evaluated never is.
import type { Clock } from "../clock.js";
import type { Policy } from "../engine/policy.js";
import type { AppliedWaiver, Verdict } from "../engine/verdict.js";
import type { ScannedDocument, ScannedResource } from "../inventory/scan-item.js";
import type { Json } from "../json.js";
import { storableId } from "../store/storable.js";
import { matches } from "./glob.js";
import { PolicyNames } from "./policy-names.js";
import { SuppressionUse, type SuppressionMode } from "./suppressions.js";
import { configHash, coversResource, stateOf, type ScopedResource, type Waiver } from "./waiver.js";
import { WaiverUse } from "./waiver-use.js";

export interface ExcuseOptions {
  readonly waivers: readonly Waiver[];
  readonly suppressions: SuppressionMode;
  readonly policies: readonly Policy[];
  readonly clock: Pick<Clock, "now">;
  /** Everything that the waivers of the store are about is looked at, so that one that excuses nothing is worth a word. */
  readonly isComplete: boolean;
}

export type Judged = ScannedResource | ScannedDocument;

/** A resource's configuration at the first match of a stored waiver that ends when it changes. */
export interface WaiverBinding {
  readonly waiver: string;
  readonly resource: string;
  readonly configHash: string;
}

export interface Excuses {
  /** Once for each resource and document, so that its comments are looked at also where every verdict is a pass. */
  see(item: Judged): void;
  /**
   * The verdict as it counts. `items` are what has the verdict's resource id: several where one id is there twice, and then
   * each of them has to be excused; none for a verdict about no single resource.
   */
  apply(verdict: Verdict, items: readonly Judged[]): Verdict;
  /** What a person should know of the waivers, after everything was judged. */
  warnings(): readonly string[];
  /** To be recorded where the waivers are from. */
  bindings(): readonly WaiverBinding[];
}

export function createExcuses(options: ExcuseOptions): Excuses {
  return new AppliedExcuses(options);
}

class AppliedExcuses implements Excuses {
  readonly #options: ExcuseOptions;
  readonly #names: PolicyNames;
  readonly #use: WaiverUse;
  readonly #suppressions: SuppressionUse;
  readonly #byPolicy = new Map<string, readonly Waiver[]>();
  readonly #bindings = new Map<string, WaiverBinding>();

  constructor(options: ExcuseOptions) {
    this.#options = options;
    this.#names = new PolicyNames(options.policies);
    this.#use = new WaiverUse(options.waivers, this.#names, options.isComplete);
    this.#suppressions = new SuppressionUse(options.suppressions, this.#names);
  }

  see({ suppressions }: Judged): void {
    if (suppressions !== undefined) this.#suppressions.see(suppressions);
  }

  apply(verdict: Verdict, items: readonly Judged[]): Verdict {
    this.#names.see(verdict.policy);
    if (verdict.verdict !== "fail" && verdict.verdict !== "unknown") return verdict;
    const isNamed = items.some((item) => item.suppressions !== undefined);
    if (this.#options.waivers.length === 0 && !isNamed) return verdict;
    const now = this.#options.clock.now();
    const waiver = this.#waiver(verdict, items, now) ?? this.#suppressions.of(verdict, items, now);
    return waiver === null ? verdict : { ...verdict, verdict: "waived", waiver };
  }

  warnings(): readonly string[] {
    const now = this.#options.clock.now();
    return [...this.#use.warnings(now), ...this.#suppressions.warnings(now)];
  }

  bindings(): readonly WaiverBinding[] {
    return [...this.#bindings.values()];
  }

  /** The one that holds longest, of those that are in force. */
  #waiver(verdict: Verdict, items: readonly Judged[], now: Date): AppliedWaiver | null {
    let best: Waiver | null = null;
    for (const waiver of this.#about(verdict)) {
      if (!scopedResources(verdict, items).every((resource) => coversResource(waiver.scope, resource))) continue;
      const state = stateOf(waiver, now);
      if (state === "in-force" && !this.#isUnchanged(waiver, verdict, items)) continue;
      this.#use.matched(waiver);
      if (state === "in-force" && (best === null || isBetter(waiver, best))) best = waiver;
    }
    return best === null ? null : appliedWaiver(best, verdict.verdict === "fail" ? "fail" : "unknown");
  }

  /** Waivers about the policy, whatever the resource: the same for each verdict of it. */
  #about(verdict: Verdict): readonly Waiver[] {
    const known = this.#byPolicy.get(verdict.policy);
    if (known !== undefined) return known;
    const names = this.#names.of(verdict.policy);
    const controls = verdict.controls.map(({ baseline, control }) => `${baseline}/${control}`);
    const fits = (patterns: readonly string[], texts: readonly string[]): boolean =>
      patterns.length === 0 || patterns.some((pattern) => texts.some((text) => matches(pattern, text)));
    const about = this.#options.waivers.filter(
      ({ status, scope }) => status === "approved" && fits(scope.policies, names) && fits(scope.controls, controls),
    );
    this.#byPolicy.set(verdict.policy, about);
    return about;
  }

  #isUnchanged(waiver: Waiver, { resource: { id } }: Verdict, items: readonly Judged[]): boolean {
    if (!waiver.endsOnChange) return true;
    const [hash, ...others] = new Set(items.map(hashOf));
    if (hash === undefined || others.length > 0) return false;
    const key = JSON.stringify([waiver.id, storableId(id)]);
    const first = waiver.bound.get(storableId(id)) ?? this.#bindings.get(key)?.configHash;
    const expected = waiver.configHash ?? first ?? null;
    if (expected === hash) return true;
    if (expected !== null || waiver.file !== null) this.#use.changed(waiver, id, hash);
    else this.#bindings.set(key, { waiver: waiver.id, resource: id, configHash: hash });
    return expected === null && waiver.file === null;
  }
}

/** What the verdict is about, as scopes see it. Where nothing of it is known there are no tags to go by. */
function scopedResources({ resource: { id, account } }: Verdict, items: readonly Judged[]): readonly ScopedResource[] {
  if (items.length === 0) return [{ id, account, tags: {} }];
  return items.map((item) => ({ id, account, tags: item.kind === "resource" ? item.resource.tags : {} }));
}

const hashes = new WeakMap<Judged, string>();

function hashOf(item: Judged): string {
  const known = hashes.get(item);
  if (known !== undefined) return known;
  const hash = configHash(item.kind === "resource" ? item.resource : documentContent(item));
  hashes.set(item, hash);
  return hash;
}

/** A document has no name and no tags of its own. */
export function documentContent({ value }: ScannedDocument): {
  name: null;
  tags: Record<string, string>;
  config: Json;
} {
  return { name: null, tags: {}, config: value };
}

function isBetter(a: Waiver, b: Waiver): boolean {
  const later = Date.parse(a.expires) - Date.parse(b.expires);
  return later !== 0 ? later > 0 : a.id < b.id;
}

function appliedWaiver(waiver: Waiver, would: "fail" | "unknown"): AppliedWaiver {
  const { id, reason, ticket, requester, approver, expires } = waiver;
  return { kind: "waiver", id, reason, ticket, requester, approver, expires, would };
}
