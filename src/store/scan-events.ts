// What the audit trail is told of a scan.
import type { AuditEvent, AuditTrail, Caller } from "../audit/trail.js";
import type { JsonObject } from "../json.js";

/** A scan that a schedule started was started by no person. */
export async function scanCaller(audit: AuditTrail, schedule: string | null): Promise<Caller> {
  const caller = await audit.caller();
  return schedule === null ? caller : { ...caller, actor: { name: schedule, source: "schedule" } };
}

export function scanEvent(
  kind: "scan.started" | "scan.finished" | "scan.aborted",
  scan: { readonly id: string; readonly at: string; readonly by: Caller },
  details: JsonObject,
): AuditEvent {
  const { actor, origin } = scan.by;
  return { at: scan.at, kind, actor, origin, subject: scan.id, decision: null, details };
}
