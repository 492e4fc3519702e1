// Every file of routes. A test compares what they add with the table of access.
import { openapiRoute } from "../openapi.js";
import type { Routes } from "../server.js";
import { auditRoutes } from "./audit.js";
import { baselineRoutes } from "./baselines.js";
import { eventRoutes } from "./events.js";
import { findingRoutes } from "./findings.js";
import { healthRoutes } from "./health.js";
import { resourceRoutes } from "./resources.js";
import { waiverRoutes } from "./waivers.js";

export const allRoutes: readonly Routes[] = [
  openapiRoute,
  healthRoutes,
  eventRoutes,
  findingRoutes,
  resourceRoutes,
  baselineRoutes,
  waiverRoutes,
  auditRoutes,
];
