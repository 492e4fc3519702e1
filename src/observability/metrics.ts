// What is counted and timed, for Prometheus. One object of named metrics; who counts gets it handed in. Labels have few values,
// none of them from outside: the name of a topic, of a known policy, of a route's template.
import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { actionMetrics } from "./action-metrics.js";
import { eventMetrics } from "./event-metrics.js";
import { measuredMetrics } from "./measured-metrics.js";
import { requestMetrics } from "./request-metrics.js";
import { scanMetrics } from "./scan-metrics.js";

export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics(version = "unknown") {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: "portcullis_" }); // with event-loop lag
  new Gauge({
    name: "portcullis_build_info",
    help: "1, by what runs",
    labelNames: ["version", "node"],
    registers,
  }).set({ version, node: process.versions.node }, 1);
  return {
    registry,
    ...requestMetrics(registers),
    ...scanMetrics(registers),
    ...eventMetrics(registers),
    ...actionMetrics(registers),
    ...measuredMetrics(registers),
  };
}
