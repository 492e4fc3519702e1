// The port to a scanner whose scans can be split. Adapters are named in `compose.ts`; the workers know nothing of providers.
import type { ScanItem, ScanProblem } from "../inventory/scan-item.js";
import type { JsonObject } from "../json.js";

/** What a scan is asked to look at. Names only: credentials are each worker's own, endpoints those of its configuration. */
export interface ScanScope {
  readonly accounts: readonly string[];
  /** Null: as configured where it is planned, else all that are enabled. */
  readonly regions: readonly string[] | null;
  /** Empty: all. */
  readonly services: readonly string[];
  /** The role to assume in accounts that are not the caller's. */
  readonly roleName: string | null;
  /** Take from the provider's own inventory what it knows. */
  readonly useConfig: boolean;
}

/** One piece of a scan, which one worker reads. */
export interface ShardTarget {
  readonly kind: "shard";
  readonly provider: string;
  /** Null where it is about more than one, as is the region. */
  readonly account: string | null;
  readonly region: string | null;
  readonly service: string;
  /** What the scanner needs besides, such as the regions of the scan. At most a few kilobytes, no secrets. */
  readonly details: JsonObject;
}

/** An adapter guarantees that the shards of a plan, read once each, yield what the scan yields that is not split. */
export interface ShardSource {
  /** Never throws for what it reads, as scanners do. No two shards have the same account, region and service. */
  plan(scope: ScanScope): AsyncIterable<ShardTarget | ScanProblem>;
  /** Called in any process and any order, also more than once. Never throws for what it reads. */
  read(target: ShardTarget, scope: ScanScope): AsyncIterable<ScanItem>;
  /** The types that go unseen when the shard is not read. */
  typesOf(target: ShardTarget): readonly string[];
  /** Gives up connections; may be called twice. */
  close(): void;
}

export type ShardSources = ReadonlyMap<string, ShardSource>;

/** Unique in its scan, and the same however often it is planned. */
export function shardId({ provider, account, region, service }: ShardTarget): string {
  return [provider, account ?? "all", region ?? "global", service].join("/");
}
