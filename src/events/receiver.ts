// Events from others, as a part of the service: they are kept for a while, and a change of a component's health is told on.
// Deployment requirements and scaling requests are kept as `received`: `src/actions/requests-part.ts` has them decided.
import type { Clock } from "../clock.js";
import { messageOf } from "../errors.js";
import type { Logger } from "../observability/log.js";
import type { Metrics } from "../observability/metrics.js";
import type { Part } from "../service/part.js";
import type { Inbox } from "../store/inbox.js";
import { receiveEvent } from "../store/inbox-received.js";
import type { EventBus } from "./bus.js";
import type { EventType } from "./cloud-event.js";
import { EventConsumer } from "./consumer.js";
import type { EventSettings } from "./event-settings.js";
import { topics } from "./topics.js";

export const incomingTopics: ReadonlyMap<string, readonly EventType[]> = new Map([
  [topics.deploymentRequirements, ["DeploymentRequirementsEvent"]],
  [topics.scalingRequests, ["ScalingRequestEvent"]],
  [topics.performanceMetrics, ["PerformanceMetricsEvent"]],
  [topics.capacityAlerts, ["CapacityAlertEvent"]],
  [topics.healthStatus, ["HealthStatusEvent"]],
]);

export interface ReceiverOptions {
  readonly bus: EventBus;
  readonly inbox: Inbox;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly clock: Clock;
  readonly settings: EventSettings["receive"];
  /** CloudEvents' `source` of what follows; null where nobody publishes it. */
  readonly announceAs: string | null;
}

const subscription = "portcullis";
const pruneEveryMs = 60 * 60_000;
const subscribeAgainMs = 10_000;

/** A broker that is away does not keep the service from starting: it is tried again, and `trouble` says so. */
export function createReceiver(options: ReceiverOptions): Part {
  const { clock, inbox, settings, announceAs, log } = options;
  const { bus, metrics } = options;
  const consumer = new EventConsumer({
    ...{ bus, inbox, metrics, log, subscription, topics: incomingTopics },
    concurrency: settings?.concurrency ?? 8,
    handle: (event, session, { topic }) => receiveEvent(session, event, { topic, at: clock.now(), announceAs }),
  });
  const keepMs = milliseconds(settings?.keep ?? "30d");
  const timers = new Set<NodeJS.Timeout>();
  let problem: string | null = "not started";
  let isStopped = false;

  const later = (ms: number, work: () => Promise<void>): void => {
    if (isStopped) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      void work();
    }, ms);
    timers.add(timer);
  };
  const subscribe = async (): Promise<void> => {
    try {
      await consumer.start();
      problem = null;
    } catch (error) {
      problem = messageOf(error);
      log.warn({ err: error }, "events cannot be received yet");
      later(subscribeAgainMs, subscribe);
    }
  };
  const prune = async (): Promise<void> => {
    await inbox.prune(new Date(clock.now().getTime() - keepMs)).catch((error: unknown) => {
      log.warn({ err: error }, "old events could not be removed");
    });
    later(pruneEveryMs, prune);
  };
  return {
    name: "receiver",
    start() {
      void subscribe();
      void prune();
      return Promise.resolve();
    },
    trouble: () => Promise.resolve(problem ?? (consumer.connected ? null : "no connection to the broker")),
    async stop(graceMs) {
      isStopped = true;
      for (const timer of timers) clearTimeout(timer);
      await consumer.stop(graceMs);
    },
  };
}

const units: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 604_800_000, y: 31_536_000_000 };

function milliseconds(age: string): number {
  return Number(age.slice(0, -1)) * (units[age.slice(-1)] ?? 86_400_000);
}
