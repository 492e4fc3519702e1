// Of the API: requests, and the decisions that they ask for.
import { Counter, Histogram, type Registry } from "prom-client";

const fast = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

export function requestMetrics(registers: Registry[]) {
  return {
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
    requestsDenied: new Counter({
      name: "portcullis_http_requests_denied_total",
      help: "HTTP requests that were turned away, by reason: unauthenticated, forbidden, rate-limited",
      labelNames: ["reason"],
      registers,
    }),
  };
}
