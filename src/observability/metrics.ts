// What is counted and timed, for Prometheus. One object of named metrics; who counts gets it handed in.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

export type Metrics = ReturnType<typeof createMetrics>;

const fast = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const slow = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: "portcullis_" }); // with event-loop lag
  return {
    registry,
    verdicts: new Counter({
      name: "portcullis_verdicts_total",
      help: "Verdicts of scans, by kind",
      labelNames: ["verdict"],
      registers,
    }),
    policyErrors: new Counter({
      name: "portcullis_policy_errors_total",
      help: "Evaluations that failed, by policy",
      labelNames: ["policy"],
      registers,
    }),
    decisionSeconds: new Histogram({
      name: "portcullis_decision_seconds",
      help: "From a request for a decision to its answer, by road: data, admission, run-task",
      labelNames: ["road"],
      buckets: fast,
      registers,
    }),
    requestSeconds: new Histogram({
      name: "portcullis_http_request_seconds",
      help: "HTTP requests, by route, method and status",
      labelNames: ["method", "route", "status"],
      buckets: fast,
      registers,
    }),
    scanSeconds: new Histogram({
      name: "portcullis_scan_seconds",
      help: "How long scans took, by how they ended",
      labelNames: ["status"],
      buckets: slow,
      registers,
    }),
    shards: new Counter({
      name: "portcullis_scan_shards_total",
      help: "Shards of scans, by how they ended: done, failed, repeated",
      labelNames: ["status"],
      registers,
    }),
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
      buckets: slow,
      registers,
    }),
    alerts: new Counter({
      name: "portcullis_alerts_total",
      help: "Alerts to destinations outside the broker, by destination and how they ended: sent, retried, failed",
      labelNames: ["destination", "status"],
      registers,
    }),
    /** The three below are asked for when Prometheus does. */
    queueDepth: new Gauge({
      name: "portcullis_queue_depth",
      help: "What waits, by queue: outbox, alerts, shards, dead-letters",
      labelNames: ["queue"],
      registers,
    }),
    scanAge: new Gauge({
      name: "portcullis_scan_age_seconds",
      help: "Since the last scan that ended, by provider",
      labelNames: ["provider"],
      registers,
    }),
    findings: new Gauge({
      name: "portcullis_open_findings",
      help: "Findings that are open, by severity",
      labelNames: ["severity"],
      registers,
    }),
  };
}
