// Of events and alerts, on their way in and out.
import { Counter, Histogram, type Registry } from "prom-client";

const waits = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800];

export function eventMetrics(registers: Registry[]) {
  return {
    published: new Counter({
      name: "portcullis_events_published_total",
      help: "Events that the broker has, by topic",
      labelNames: ["topic"],
      registers,
    }),
    consumed: new Counter({
      name: "portcullis_events_consumed_total",
      help: "Messages that were taken, by topic and how they ended: done, repeated, retried, dead",
      labelNames: ["topic", "status"],
      registers,
    }),
    publishSeconds: new Histogram({
      name: "portcullis_event_publish_seconds",
      help: "From the commit of a change to the broker's answer",
      buckets: waits,
      registers,
    }),
    alerts: new Counter({
      name: "portcullis_alerts_total",
      help: "Alerts to destinations outside the broker, by destination and how they ended: sent, retried, failed",
      labelNames: ["destination", "status"],
      registers,
    }),
  };
}
