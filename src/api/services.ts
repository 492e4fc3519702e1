// What routes are given. A route knows these and nothing of how they were made.
import type { Actions } from "../actions/actions.js";
import type { Clock } from "../clock.js";
import type { Run } from "../compose.js";
import type { Config } from "../config.js";
import type { EventBus } from "../events/bus.js";
import type { Logger } from "../observability/log.js";
import type { Metrics } from "../observability/metrics.js";
import type { Part } from "../service/part.js";
import type { Store } from "../store/store.js";
import type { Authenticator } from "./identity.js";
import type { Opa } from "./opa/opa.js";

export interface Services {
  readonly store: Store;
  /** The policies and baselines that the service was started with. Its evaluation is admission's: see `Evaluation.begin`. */
  readonly run: Run;
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly bus: EventBus;
  readonly authenticator: Authenticator;
  readonly actions: Actions;
  /** The policies as OPA's API serves them. */
  readonly opa?: Opa;
  /** For readiness. */
  readonly parts: readonly Part[];
}
