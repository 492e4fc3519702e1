// The package's lists. Each is written twice: as JSON Lines (canonical JSON, one row a line), which is the list itself, and as
// CSV for spreadsheets, which is made from it and says nothing else.
import type { Json, JsonObject } from "../../json.js";

/** A list's columns, in the order in which the CSV has them. A row has these keys and no others. */
export const tables = {
  population: [
    "item",
    "policy",
    "verdict",
    "resource",
    "provider",
    "type",
    "name",
    "account",
    "region",
    "owner",
    "from",
    "until",
    "ended",
    "configuration",
  ],
  exceptions: [
    "exception",
    "verdict",
    "severity",
    "policy",
    "resource",
    "type",
    "account",
    "region",
    "owner",
    "firstSeen",
    "ended",
    "how",
    "hours",
    "openSince",
    "findings",
    "waivers",
  ],
  timeline: ["scan", "at", "status", "pass", "fail", "unknown", "error", "waived", "notApplicable"],
  scans: [
    "scan",
    "order",
    "startedAt",
    "finishedAt",
    "status",
    "targets",
    "schedule",
    "version",
    "policySet",
    "resources",
    "pass",
    "fail",
    "unknown",
    "error",
    "waived",
    "problems",
    "notes",
  ],
  gaps: ["target", "from", "to", "hours"],
  problems: ["scan", "startedAt", "problem", "at", "message", "hides", "account", "region"],
  scheduleRuns: [
    "schedule",
    "due",
    "status",
    "count",
    "kind",
    "attempt",
    "startedAt",
    "finishedAt",
    "seconds",
    "scan",
    "exitCode",
    "message",
  ],
  findingEvents: ["at", "event", "finding", "policy", "severity", "resource", "scan", "waiver"],
  waivers: [
    "waiver",
    "scope",
    "reason",
    "ticket",
    "requester",
    "requestedAt",
    "approver",
    "approvedAt",
    "selfApproved",
    "starts",
    "expires",
    "revokedAt",
    "revokedBy",
    "state",
    "origin",
    "auditEntries",
  ],
  changes: [
    "change",
    "at",
    "resource",
    "type",
    "account",
    "region",
    "what",
    "before",
    "after",
    "approvedBy",
    "auditEntries",
  ],
  policyVersions: ["policySet", "policy", "title", "severity", "engine", "hash"],
} as const;

export type Table = keyof typeof tables;
export type RowOf<T extends Table> = { readonly [column in (typeof tables)[T][number]]: Json };

export function csvHead(table: Table): string {
  return csvLine(tables[table]);
}

export function csvRow(table: Table, row: JsonObject): string {
  return csvLine(tables[table].map((column) => row[column] ?? null));
}

export function csvLine(cells: readonly Json[]): string {
  return `${cells.map(csvCell).join(",")}\r\n`;
}

/** Spreadsheets take a text that begins like this for a formula, and would run it. */
const formula = /^\s*[=+\-@|%＝＋－＠]|^[\t\r\n]/u;

function csvCell(value: Json): string {
  if (value === null) return "";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const text = textOf(value);
  const safe = formula.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function textOf(value: string | JsonObject | readonly Json[]): string {
  if (typeof value === "string") return value;
  const isTexts = Array.isArray(value) && value.every((one) => typeof one === "string" || typeof one === "number");
  return isTexts ? value.join(" ") : JSON.stringify(value);
}
