// Every kind of action there is: one line for each module. What a module needs of an SDK it loads when the kind is first used.
import type { Clock } from "../clock.js";
import type { Config } from "../config.js";
import { PortcullisError } from "../errors.js";
import type { PendingEvent } from "../events/outbox.js";
import type { Store } from "../store/store.js";
import type { ActionKind } from "./action.js";
import type { StoredAction } from "./actions.js";

export interface KindSources {
  readonly store: Store;
  readonly config: Config;
  readonly clock: Clock;
  /** Of the provider's API, where it is not the usual one: a server in a test. */
  readonly endpointUrl: string | null;
}

/** What a module brings. */
export interface KindSet {
  readonly kinds: readonly ActionKind[];
  /**
   * What others are told when an action of these kinds has ended, in the transaction that ends it: so quick, and without a look at
   * the world. Null for nothing. Ids of events must be stable: the action's id is a part of them.
   */
  readonly eventsOf: ((action: StoredAction) => readonly PendingEvent[]) | null;
  /** May be called twice. */
  readonly close: () => Promise<void>;
}

type Loader = (sources: KindSources) => Promise<KindSet>;

const loaders: readonly Loader[] = [
  async (sources) => (await import("./provisioning/open-provisioning.js")).openProvisioning(sources),
  async (sources) => (await import("./remediation/open-remediations.js")).openRemediations(sources),
];

export interface OpenKinds {
  readonly kinds: ReadonlyMap<string, ActionKind>;
  readonly eventsOf: (action: StoredAction) => readonly PendingEvent[];
  close(): Promise<void>;
}

export async function openKinds(sources: KindSources): Promise<OpenKinds> {
  return joinKinds(await Promise.all(loaders.map((load) => load(sources))));
}

/** Throws `internal` for two kinds of one name. */
export function joinKinds(sets: readonly KindSet[]): OpenKinds {
  const kinds = new Map<string, ActionKind>();
  const owners = new Map<string, KindSet>();
  for (const set of sets) {
    for (const kind of set.kinds) {
      if (kinds.has(kind.kind)) throw new PortcullisError("internal", `there are two kinds of action ${kind.kind}`);
      kinds.set(kind.kind, kind);
      owners.set(kind.kind, set);
    }
  }
  return {
    kinds,
    eventsOf: (action) => owners.get(action.kind)?.eventsOf?.(action) ?? [],
    async close() {
      for (const set of sets) await set.close();
    },
  };
}
