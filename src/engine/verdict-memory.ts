// What the last scan decided, so that the next one decides again only what could have changed. It holds one scan: what a
// scan did not see is gone after it.
import { mayRead } from "./reads.js";
import type { RegoPolicy } from "./policy.js";
import type { Verdict } from "./verdict.js";
import type { ScannedResource } from "../inventory/scan-item.js";
import { pointer } from "../inventory/pointer.js";
import { isObject, own, type Json } from "../json.js";

interface Memory {
  item: ScannedResource;
  /** One for each policy about the type, in their order. */
  verdicts: readonly Verdict[];
  /** The scan that saw it last. */
  scan: number;
}

export class VerdictMemory {
  readonly #known = new Map<string, Memory>();
  readonly #looking: readonly RegoPolicy[];
  readonly #fields: readonly Field[];
  #scan = 0;
  /** Policies whose verdicts on any resource may have changed, since other resources did. */
  #affected: ReadonlySet<string> = new Set();

  constructor(policies: readonly RegoPolicy[]) {
    this.#looking = policies.filter(({ reads }) => reads.inventory !== null);
    const read = policies.flatMap(({ reads }) => [...reads.input, ...(reads.inventory ?? [])]);
    this.#fields = fields.filter((field) => always.has(field) || mayRead(read, `/${field}`));
  }

  /** Begins a scan. `resources` are all of it where policies look at others, else empty. */
  begin(resources: readonly ScannedResource[]): void {
    for (const [id, { scan }] of this.#known) if (scan !== this.#scan) this.#known.delete(id);
    this.#scan++;
    this.#affected = this.#looking.length === 0 ? new Set() : affectedPolicies(this.#looking, resources, this.#known);
  }

  /** The verdicts of the last scan on the resource, or null when it is new or another one now. */
  recall(item: ScannedResource): readonly Verdict[] | null {
    const before = this.#known.get(item.resource.id);
    return before !== undefined && isSame(before.item, item, this.#fields) ? before.verdicts : null;
  }

  remember(item: ScannedResource, verdicts: readonly Verdict[]): void {
    const known = this.#known.get(item.resource.id);
    if (known === undefined) {
      this.#known.set(item.resource.id, { item, verdicts, scan: this.#scan });
      return;
    }
    known.item = item;
    known.verdicts = verdicts;
    known.scan = this.#scan;
  }

  isAffected(policy: RegoPolicy): boolean {
    return this.#affected.has(policy.id);
  }
}

function affectedPolicies(
  policies: readonly RegoPolicy[],
  resources: readonly ScannedResource[],
  last: ReadonlyMap<string, Memory>,
): Set<string> {
  const all = new Set(policies.map(({ id }) => id));
  if (resources.length !== last.size) return all;
  const changes = new Set<string>();
  for (const item of resources) {
    const before = last.get(item.resource.id)?.item;
    if (before === undefined || !isEqual(before.references, item.references)) return all;
    for (const change of changesOf(before, item)) changes.add(change);
  }
  return new Set(
    policies.filter(({ reads }) => [...changes].some((at) => mayRead(reads.inventory ?? [], at))).map(({ id }) => id),
  );
}

/** When and where a resource was read is no change of it. */
const fields = ["id", "provider", "type", "name", "account", "region", "tags", "config", "unknown", "raw"] as const;
type Field = (typeof fields)[number];
/** A verdict shows these, and depends on the unknown ones, whatever the policies read. */
const always: ReadonlySet<Field> = new Set(["provider", "type", "name", "account", "region", "config", "unknown"]);

function isSame(a: ScannedResource, b: ScannedResource, compared: readonly Field[]): boolean {
  for (const field of compared) if (!isEqual(a.resource[field], b.resource[field])) return false;
  return isEqual(a.failures as unknown as Json, b.failures as unknown as Json);
}

/** Pointers to what is not the same, two levels deep. */
function changesOf(a: ScannedResource, b: ScannedResource): string[] {
  if (!isEqual(a.failures as unknown as Json, b.failures as unknown as Json)) return [""];
  return fields.flatMap((field) => {
    const [before, after] = [a.resource[field], b.resource[field]];
    if (isEqual(before, after)) return [];
    if (!isObject(before) || !isObject(after)) return [pointer([field])];
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].filter((key) => !isEqual(own(before, key), own(after, key))).map((key) => pointer([field, key]));
  });
}

function isEqual(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) return isEqualList(a as readonly Json[], b as readonly Json[]);
  const [left, right] = [a as Readonly<Record<string, Json>>, b as Readonly<Record<string, Json>>];
  let count = 0;
  for (const key in left) {
    // What an object inherits is no JSON, so that only one name could be taken for its own.
    if (key === "__proto__" && !Object.hasOwn(right, key)) return false;
    if (!isEqual(left[key], right[key])) return false;
    count++;
  }
  for (const _ in right) count--;
  return count === 0;
}

function isEqualList(a: readonly Json[], b: readonly Json[]): boolean {
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (!isEqual(a[at] as Json, b[at] as Json)) return false;
  return true;
}
