// The audit trail for spreadsheets.
import type { ProvenEntry } from "../proof.js";
import { csvLine } from "./tables.js";

export const auditHead = csvLine(["seq", "at", "kind", "actor", "source", "origin", "subject", "decision", "details"]);

export function auditCsvRow({ seq, event }: ProvenEntry): string {
  const { at, kind, actor, origin, subject, decision, details } = event;
  return csvLine([seq, at, kind, actor.name, actor.source, origin, subject, decision, details]);
}
