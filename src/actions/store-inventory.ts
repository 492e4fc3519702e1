// What the store knows last of an account, as policies see it.
import type { Resource } from "../inventory/resource.js";
import type { ScannedResource, ScanProblem } from "../inventory/scan-item.js";
import { isObject, type Json, type JsonObject } from "../json.js";
import type { StoredResource, StoredScan } from "../store/inventory-rows.js";
import type { Store } from "../store/store.js";
import type { KnownInventory } from "./after-state.js";

/** Where the gate looks for what a plan does not say. */
export interface InventorySource {
  /** Another text whenever something else is known. */
  version(): Promise<string>;
  known(account: string): Promise<KnownInventory>;
  /** What the last scans saw of these, by their ids; nothing of what they did not see. */
  seen(ids: readonly string[]): Promise<readonly SeenResource[]>;
}

/** Without secrets; null where it was too large to be kept. */
export interface SeenResource extends Pick<StoredResource, "id" | "lastSeen"> {
  readonly config: JsonObject | null;
  readonly tags: Resource["tags"] | null;
}

const pageSize = 1_000;
const scansLooked = 20;

export function storeInventory(store: Pick<Store, "listScans" | "getScan" | "resources">): InventorySource {
  return {
    async version() {
      const scans = await store.listScans(scansLooked);
      return JSON.stringify(scans.map(({ id, status }) => [id, status]));
    },
    async known(account) {
      const stored: StoredResource[] = [];
      for (let after: string | undefined; ;) {
        const page = await store.resources({ account, limit: pageSize, ...(after === undefined ? {} : { after }) });
        stored.push(...page.resources);
        if (page.next === null) break;
        after = page.next;
      }
      if (stored.length === 0) return { resources: [], problems: [neverScanned(account)] };
      const covering = new Set(stored.map(({ lastScan }) => lastScan));
      return { resources: scanned(stored), problems: await problemsOf(store, account, covering) };
    },
    async seen(ids) {
      const found: StoredResource[] = [];
      for (let at = 0; at < ids.length; at += pageSize) {
        const page = await store.resources({ ids: ids.slice(at, at + pageSize), limit: pageSize });
        found.push(...page.resources);
      }
      return found;
    },
  };
}

/** Of the scans that saw the account last, and of those since that tried to: the last scan of all may have been of another account. */
async function problemsOf(
  store: Pick<Store, "listScans" | "getScan">,
  account: string,
  covering: ReadonlySet<string>,
): Promise<ScanProblem[]> {
  const recent = await store.listScans(scansLooked);
  const seenAt = recent.findIndex(({ id }) => covering.has(id));
  const since = recent.slice(0, seenAt < 0 ? recent.length : seenAt);
  const problems = since.flatMap((scan) => problemsIn(scan).filter((problem) => problem.account === account));
  for (const id of [...covering].slice(0, scansLooked)) {
    const scan = recent.find((one) => one.id === id) ?? (await store.getScan(id));
    if (scan === null) problems.push(incomplete(account, `scan ${id}, which saw account ${account} last, is not kept`));
    else problems.push(...problemsIn(scan).filter((one) => one.account === null || one.account === account));
  }
  return problems;
}

function problemsIn({ status, problems }: StoredScan): readonly ScanProblem[] {
  return status === "finished" ? (problems ?? []) : [];
}

function neverScanned(account: string): ScanProblem {
  return incomplete(account, `nothing is known of account ${account}: scan it first`);
}

function incomplete(account: string, message: string): ScanProblem {
  return {
    ...{
      kind: "problem",
      problem: "incomplete",
      at: account,
      line: null,
      column: null,
      hides: [],
      account,
      region: null,
    },
    message,
  };
}

/** The store keeps no references: they are found again, by the ids of others that a configuration names. */
function scanned(stored: readonly StoredResource[]): ScannedResource[] {
  const names = new Map<string, string>();
  for (const { id } of stored) {
    names.set(id, id);
    const short = shortName(id);
    if (short !== null) names.set(short, id);
  }
  return stored.map((one) => itemOf(one, names));
}

/** `sg-0123456789abcdef0` of an ARN: resources are referred to by it as well. */
function shortName(id: string): string | null {
  return /[/:]([a-z]+-[0-9a-f]{8,})$/.exec(id)?.[1] ?? null;
}

function itemOf(stored: StoredResource, names: ReadonlyMap<string, string>): ScannedResource {
  const { id, provider, type, name, account, region, config, lastSeen } = stored;
  // The tags are kept with the configuration, and not there where that is not.
  const tags = stored.tags as Resource["tags"] | null;
  const resource: Resource = {
    ...{ id, provider, type, name, account, region, tags: tags ?? {}, config: config ?? {}, unknown: [], raw: null },
    source: { scanner: "store", uri: null, line: null, column: null, capturedAt: lastSeen },
  };
  const references = new Set<string>();
  collectNames(resource.config, names, references);
  references.delete(id);
  const missing = [...(config === null ? ["/config"] : []), ...(tags === null ? ["/tags"] : [])];
  const failures = missing.map((pointer) => ({ pointer, message: "it was too large to be kept" }));
  return { kind: "resource", resource, locate: () => null, references: [...references], failures };
}

function collectNames(value: Json, names: ReadonlyMap<string, string>, found: Set<string>): void {
  if (typeof value === "string") {
    const id = names.get(value);
    if (id !== undefined) found.add(id);
  } else if (Array.isArray(value)) for (const inner of value as readonly Json[]) collectNames(inner, names, found);
  else if (isObject(value)) for (const inner of Object.values(value)) collectNames(inner, names, found);
}
