// What is asked for when Prometheus asks: see `scrape.ts`. One that could not be measured has no value, never an old one.
import { Gauge, type Registry } from "prom-client";

export function measuredMetrics(registers: Registry[]) {
  return {
    queueDepth: new Gauge({
      name: "portcullis_queue_depth",
      help: "What waits, by queue: outbox, alerts, shards, dead-letters, parked (events that the broker refuses)",
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
    lastScanVerdicts: new Gauge({
      name: "portcullis_last_scan_verdicts",
      help: "Verdicts of the last scan that ended, by what it scanned and kind",
      labelNames: ["targets", "verdict"],
      registers,
    }),
    storeUp: new Gauge({
      name: "portcullis_store_up",
      help: "1 while the database answers, 0 while it does not",
      registers,
    }),
    brokerUp: new Gauge({
      name: "portcullis_broker_up",
      help: "1 while the broker answers, 0 while it does not",
      registers,
    }),
    partUp: new Gauge({
      name: "portcullis_part_up",
      help: "1 while a part of the service does its work, 0 while it cannot",
      labelNames: ["part"],
      registers,
    }),
  };
}
