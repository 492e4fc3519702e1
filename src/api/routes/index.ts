// Every file of routes. A test compares what they add with the table of access.
import { openapiRoute } from "../openapi.js";
import type { Routes } from "../server.js";
import { healthRoutes } from "./health.js";

export const allRoutes: readonly Routes[] = [openapiRoute, healthRoutes];
