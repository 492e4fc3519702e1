// Who may call what: the one table. A route that is not in it is refused when the server starts.

import type { Role } from "../roles.js";

export { roles, type Role } from "../roles.js";

/** `public`: without authentication. `signed`: the route checks a signature of its own. */
export type Access = "public" | "signed" | readonly Role[];

const reading = ["viewer", "auditor", "operator", "approver", "admin"] as const;

/** By `METHOD /path`, as Fastify writes it. `admin` is always named: nothing is implied. */
export const access: Readonly<Record<string, Access>> = {
  "GET /healthz": "public",
  "GET /readyz": "public",
  "GET /openapi.json": reading,
  "GET /metrics": reading,
  "GET /v1/scans": reading,
  "GET /v1/scans/:id": reading,
  "POST /v1/scans": ["operator", "admin"],
  "POST /v1/scans/:id/cancel": ["operator", "admin"],
  "GET /v1/findings": reading,
  "GET /v1/findings/:fingerprint": reading,
  "GET /v1/resources": reading,
  "GET /v1/policies": reading,
  "GET /v1/policies/*": reading,
  "GET /v1/data": reading,
  "GET /v1/data/*": reading,
  "POST /v1/data": reading,
  "POST /v1/data/*": reading,
  "POST /v0/data": reading,
  "POST /v0/data/*": reading,
  "POST /": reading,
  "GET /health": "public",
  "GET /v1/bundles/:name": reading,
  "GET /v1/decision-logs": ["auditor", "admin"],
  "GET /v1/baselines": reading,
  "GET /v1/baselines/:id": reading,
  "GET /v1/waivers": reading,
  "GET /v1/waivers/:id": reading,
  "POST /v1/waivers": ["operator", "approver", "admin"],
  "POST /v1/waivers/:id/approve": ["approver", "admin"],
  "POST /v1/waivers/:id/reject": ["approver", "admin"],
  "POST /v1/waivers/:id/revoke": ["approver", "admin"],
  "POST /v1/decisions": ["operator", "approver", "admin"],
  "GET /v1/actions": reading,
  "GET /v1/actions/:id": reading,
  "GET /v1/actions/kinds": reading,
  "POST /v1/actions": ["operator", "approver", "admin"],
  "POST /v1/actions/:id/approve": ["approver", "admin"],
  "POST /v1/actions/:id/reject": ["approver", "admin"],
  "POST /v1/actions/:id/run": ["operator", "approver", "admin"],
  "POST /v1/actions/:id/rollback": ["operator", "approver", "admin"],
  "GET /v1/actions-stop": reading,
  "POST /v1/actions-stop": ["operator", "approver", "admin"],
  "DELETE /v1/actions-stop": ["approver", "admin"],
  "GET /v1/slo": reading,
  "GET /v1/services": reading,
  "POST /v1/admission": reading,
  "POST /v1/integrations/terraform-run-task": "signed",
  "POST /v1/integrations/git": "signed",
  "GET /v1/events": reading,
  "GET /v1/dead-letters": ["operator", "admin"],
  "POST /v1/dead-letters/:id/replay": ["operator", "admin"],
  "GET /v1/tokens": ["admin"],
  "POST /v1/tokens": ["admin"],
  "DELETE /v1/tokens/:id": ["admin"],
  "POST /v1/evidence": ["auditor", "admin"],
  "GET /v1/audit": ["auditor", "admin"],
  "GET /v1/audit/:seq": ["auditor", "admin"],
};
