// Actions over a store: the gate, the journal and every kind, opened together and closed together.
import type { Clock } from "../clock.js";
import type { Config } from "../config.js";
import { hasBroker } from "../events/event-settings.js";
import type { Store } from "../store/store.js";
import { createActions, type OpenedActions } from "./create-actions.js";
import type { Gate } from "./decision.js";
import type { ActionFacts } from "./gate.js";
import { openKinds, type OpenKinds } from "./kinds.js";

export interface OpenActions {
  readonly store: Store;
  readonly config: Config;
  readonly clock: Clock;
  /** Of the provider's API, where it is not the usual one: a server in a test. */
  readonly endpointUrl: string | null;
  readonly openGate: (facts: ActionFacts) => Promise<{ readonly gate: Gate; close(): Promise<void> }>;
  /** Instead of those of every module: in tests. */
  readonly kinds?: OpenKinds;
}

export async function openActions({ openGate, kinds: given, ...sources }: OpenActions): Promise<OpenedActions> {
  const { store, config, clock } = sources;
  const opened = given ?? (await openKinds(sources));
  const { kinds } = opened;
  // Without a broker nobody would ever take them out of the outbox.
  const eventsOf = hasBroker(config.events) ? opened.eventsOf.bind(opened) : () => [];
  try {
    const made = await openGate(factsOf(sources, opened));
    const actions = createActions({
      journal: store.actions,
      gate: made.gate,
      kinds,
      settings: config.actions,
      clock,
      eventsOf,
    });
    const closeActions = actions.close.bind(actions);
    let closed: Promise<void> | null = null;
    const close = async (): Promise<void> => {
      await closeActions();
      await opened.close();
      await made.close();
    };
    return Object.assign(actions, { close: () => (closed ??= close()) });
  } catch (error) {
    await opened.close();
    throw error;
  }
}

const mostRunning = 1_000;

/** What policies about actions are told of the others. */
function factsOf({ store, clock }: Pick<OpenActions, "store" | "clock">, { kinds }: OpenKinds): ActionFacts {
  return {
    async recentFailures(kind, since) {
      const minutes = Math.max(1, Math.ceil((clock.now().getTime() - since.getTime()) / 60_000));
      return (await store.actionGauges(minutes)).failures.get(kind) ?? 0;
    },
    async running() {
      const pages = await Promise.all(
        (["running", "rolling-back"] as const).map((state) => store.actions.list({ state, limit: mostRunning })),
      );
      return pages.flatMap(({ actions }) =>
        actions.map(({ id, kind, plan }) => {
          const module = kinds.get(kind)?.module ?? kind.split(".")[0] ?? kind;
          return { action: id, kind, module, region: plan.target.region };
        }),
      );
    },
    errorBudget: ({ key }) => store.errorBudget(key),
  };
}
