// How drift is told: as JSON, as a table, as Markdown. Everything in it is untrusted text.
import type { Attribution } from "../inventory/drift/change-history.js";
import type { DriftSubject, EstateDrift } from "../inventory/drift/estate-drift.js";
import type { ScanProblem } from "../inventory/scan-item.js";
import { redactText } from "../redact.js";
import type { ExitCode } from "./exit-code.js";
import { renderRows } from "./rows.js";

export interface DriftReport {
  readonly drift: EstateDrift;
  readonly problems: readonly ScanProblem[];
  /** By the id of the resource. */
  readonly who: ReadonlyMap<string, Attribution>;
}

/** Nobody reads more, and to lay a table out takes longer with every row. */
const mostRows = 1_000;

/** The worst first, as for a check: a state that cannot be read, what could not be looked at, drift. */
export function driftExitCode({ drift, problems }: DriftReport): ExitCode {
  if (problems.some(({ problem }) => problem === "unreadable")) return 2;
  if (problems.length > 0 || drift.unknown.length > 0) return 3;
  if (drift.changed.length + drift.missing.length + drift.unmanaged.length > 0) return 1;
  return isNothingCompared(drift) ? 3 : 0;
}

export const nothingCompared = "nothing was compared: all that is wanted is of other providers or services";

/** All that is wanted is elsewhere: of another provider, or of services that were left out. That is not the same as no drift. */
export function isNothingCompared({ counts }: EstateDrift): boolean {
  return counts.desired === 0 && counts.outside > 0;
}

export function renderDrift(report: DriftReport, format: "table" | "json" | "markdown"): string {
  if (format === "json") return asJson(report);
  const rows = rowsOf(report);
  const head = ["what", "resource", "where it differs", "desired", "live", "changed by"];
  const summary = summaryOf(report);
  if (format === "table") {
    const more = rows.length > mostRows ? `\n${rows.length - mostRows} more rows: --format json has them all` : "";
    return `${renderRows(head, rows.slice(0, mostRows))}${more}\n${summary}`;
  }
  const lines = [head, head.map(() => "---"), ...rows].map((row) => `| ${row.map(markdownCell).join(" | ")} |`);
  return `# Drift\n\n${summary.split("\n").map(markdownCell).join("  \n")}\n\n${rows.length === 0 ? "" : lines.join("\n")}\n`;
}

function asJson({ drift, problems, who }: DriftReport): string {
  const withWho = <T extends DriftSubject>(list: readonly T[]) =>
    list.map((one) => ({ ...one, changedBy: who.get(one.id) ?? { change: null, reason: "nobody was asked" } }));
  const errors = problems.map(({ at, line, message }) => ({ file: at, line, message: redactText(message) }));
  const { changed, missing, unmanaged, unknown, withheld, counts } = drift;
  return JSON.stringify(
    {
      ...{ version: 1, summary: counts, changed: withWho(changed), missing: withWho(missing) },
      ...{ unmanaged: withWho(unmanaged), unknown, withheld, errors },
    },
    null,
    2,
  );
}

function rowsOf({ drift, who }: DriftReport): string[][] {
  const by = ({ id }: DriftSubject): string => {
    const change = who.get(id)?.change;
    return change === null || change === undefined ? "" : `${change.by} ${change.at} (${change.event})`;
  };
  const named = ({ address, id }: DriftSubject): string =>
    address === null || address === id ? id : `${address} (${id})`;
  return [
    ...drift.changed.flatMap((one) =>
      one.changes.map(({ path, desired, live }) => ["changed", named(one), path, short(desired), short(live), by(one)]),
    ),
    ...drift.missing.map((one) => ["missing", named(one), "", "", "", by(one)]),
    ...drift.unmanaged.map((one) => ["unmanaged", named(one), "", "", "", by(one)]),
    ...drift.unknown.flatMap((one) => one.parts.map((part) => ["unknown", named(one), part.path, part.reason, "", ""])),
    ...drift.withheld.map((one) => [
      "withheld",
      named(one),
      short(one.parts.map(({ path }) => path).join(" ")),
      "",
      "",
      "",
    ]),
  ];
}

function summaryOf({ drift, problems }: DriftReport): string {
  const { desired, live, same, changed, missing, unmanaged, unknown, withheld, defaults, outside } = drift.counts;
  const lines = [
    `${changed} changed, ${missing} missing, ${unmanaged} unmanaged, ${unknown} unknown, ${same} as wanted`,
    `${desired} wanted, ${live} live, ${defaults} of them made by the provider itself, ${outside} wanted elsewhere`,
    ...(isNothingCompared(drift) ? [nothingCompared] : []),
    ...(withheld === 0
      ? []
      : [`${withheld} as wanted but for secrets: a snapshot keeps none, and they were not compared`]),
    ...problems.map(({ at, message }) => `not looked at: ${at}: ${redactText(message)}`),
  ];
  return lines.join("\n");
}

function short(value: unknown): string {
  const text = value === null ? "" : typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)} ...` : text;
}

/** Nothing in a cell is markup, and nothing ends it. */
function markdownCell(text: string): string {
  return text
    .replace(/[\r\n\u0000-\u001f\u007f-\u009f]+/g, " ")
    .replace(/[\\`*_{}[\]<>#|!~&]/g, (one) => `&#${one.charCodeAt(0)};`);
}
