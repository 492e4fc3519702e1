// A row a verdict, for spreadsheets: RFC 4180, UTF-8, lines that end in CR LF. What could not be evaluated has its rows too.
import type { Verdict } from "../src/engine/verdict.js";
import { printable } from "../src/printable.js";
import type { Report, ReportError, TextFormat } from "../src/report.js";

export const csv: TextFormat = { name: "csv", render };

type Column =
  | "verdict"
  | "severity"
  | "policy"
  | "title"
  | "resource_id"
  | "resource_type"
  | "resource_name"
  | "account"
  | "region"
  | "owner"
  | "message"
  | "path"
  | "file"
  | "line"
  | "controls"
  | "waiver_id"
  | "waiver_reason"
  | "waiver_expires"
  | "fingerprint";

type Cells = Readonly<Partial<Record<Column, string | number | null | undefined>>>;

/** In this order; new ones come last. */
const columns: readonly Column[] = [
  ...(["verdict", "severity", "policy", "title"] as const),
  ...(["resource_id", "resource_type", "resource_name", "account", "region", "owner"] as const),
  ...(["message", "path", "file", "line", "controls"] as const),
  ...(["waiver_id", "waiver_reason", "waiver_expires", "fingerprint"] as const),
];

function render({ results, errors }: Report): string {
  const rows = [...errors.map(notEvaluated), ...results.map(cellsOf)];
  return [columns.join(","), ...rows.map(line), ""].join("\r\n");
}

function cellsOf({ resource, reasons, controls, waiver, ...verdict }: Verdict): Cells {
  const place = reasons[0]?.location;
  return {
    ...{ verdict: verdict.verdict, severity: verdict.severity, policy: verdict.policy, title: verdict.title },
    ...{ resource_id: resource.id, resource_type: resource.type, resource_name: resource.name },
    ...{ account: resource.account, region: resource.region, owner: verdict.owner },
    message: reasons.map(({ message }) => message).join("; "),
    ...{ path: reasons[0]?.path, file: place?.file, line: place?.line },
    controls: controls.map(({ baseline, control }) => `${baseline} ${control}`).join("; "),
    ...{ waiver_id: waiver?.id, waiver_reason: waiver?.reason, waiver_expires: waiver?.expires },
    fingerprint: verdict.fingerprint,
  };
}

function notEvaluated({ file, line: at, message }: ReportError): Cells {
  return { verdict: "not-evaluated", message, file, line: at };
}

function line(cells: Cells): string {
  return columns.map((column) => quoted(cellText(cells[column]))).join(",");
}

/** A spreadsheet's cell holds 32,767 characters. */
const longestCell = 32_000;

/** What a spreadsheet takes for a formula, in its wide forms too. */
const formula = /^\s*[=+\-@\uff0b\uff0d\uff1d\uff20]/u;

/** The text as a cell shows it: nothing invisible, and nothing that a spreadsheet would compute (it begins with ' then). */
export function cellText(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = printable(value.toWellFormed());
  // A tab or a line end at the start is an escape by now, and no formula any more.
  const shown = formula.test(text) ? `'${text}` : text;
  return shown.length <= longestCell ? shown : `${shown.slice(0, longestCell).toWellFormed()} [cut]`;
}

function quoted(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
