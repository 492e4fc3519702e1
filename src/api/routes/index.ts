// Every file of routes. A test compares what they add with the table of access.
import { openapiRoute } from "../openapi.js";
import { tokenRoutes } from "../identity/token-routes.js";
import { opaRoutes } from "../opa/opa-routes.js";
import type { Routes } from "../server.js";
import { actionRoutes } from "./actions.js";
import { auditRoutes } from "./audit.js";
import { baselineRoutes } from "./baselines.js";
import { driftRoutes } from "./drift.js";
import { eventRoutes } from "./events.js";
import { evidenceRoutes, type EvidenceRoutes } from "./evidence.js";
import { findingRoutes } from "./findings.js";
import { flapRoutes } from "./flaps.js";
import { healthRoutes } from "./health.js";
import { metricRoutes } from "./metrics.js";
import { resourceRoutes } from "./resources.js";
import { scanRoutes } from "./scans.js";
import { directoryRoutes } from "./service-directory.js";
import { sloRoutes } from "./slo.js";
import { waiverRoutes } from "./waivers.js";

export const allRoutes: readonly Routes[] = [
  openapiRoute,
  healthRoutes,
  metricRoutes,
  eventRoutes,
  findingRoutes,
  resourceRoutes,
  scanRoutes,
  baselineRoutes,
  waiverRoutes,
  actionRoutes,
  sloRoutes,
  directoryRoutes,
  driftRoutes,
  flapRoutes,
  auditRoutes,
  tokenRoutes,
  ...opaRoutes,
];

export interface MadeRoutes {
  /** Of what is checked before it is applied. */
  readonly hooks: readonly Routes[];
  readonly evidence: EvidenceRoutes;
}

/** All of the service, those that are made from the configuration among them. */
export function serviceRoutes({ hooks, evidence }: MadeRoutes): readonly Routes[] {
  return [...allRoutes, ...hooks, evidenceRoutes(evidence)];
}
