// How a waiver is told in a line of a report. Untrusted text: whoever shows it escapes it.
import type { AppliedWaiver } from "../engine/verdict.js";

/** `waiver W-1 until 2026-12-31, approved by ben, requested by ada, ticket SEC-12: the reason`. */
export function waiverText({ kind, id, reason, ticket, requester, approver, expires }: AppliedWaiver): string {
  const parts = [
    `${kind === "waiver" ? "waiver" : "ignored in the code at"} ${id}`,
    ...(expires === null ? [] : [`until ${dayOrTime(expires)}`]),
  ];
  const more = [
    ...(approver === null
      ? []
      : [approver === requester ? `approved by ${approver} alone` : `approved by ${approver}`]),
    ...(requester === null || requester === approver ? [] : [`requested by ${requester}`]),
    ...(ticket === null ? [] : [`ticket ${ticket}`]),
  ];
  return `${[parts.join(" "), ...more].join(", ")}: ${reason}`;
}

function dayOrTime(time: string): string {
  return time.replace(/T00:00:00(?:\.000)?Z$/, "");
}
