// The routes of OPA's API, for the list of all routes.
import type { Routes } from "../server.js";
import { opaBundleRoutes } from "./bundle-routes.js";
import { opaDataRoutes } from "./data-routes.js";
import { decisionLogRoutes } from "./decision-log-routes.js";
import { opaPolicyRoutes } from "./policy-routes.js";

export const opaRoutes: readonly Routes[] = [opaDataRoutes, opaPolicyRoutes, opaBundleRoutes, decisionLogRoutes];
