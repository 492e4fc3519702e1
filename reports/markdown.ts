import { waiverText } from "../src/compliance/waiver-text.js";
import type { Verdict } from "../src/engine/verdict.js";
import type { BaselineResult, Report, ReportFormat } from "../src/report.js";
import { code, text } from "../src/markdown-text.js";

/** A pull request comment: short first, details folded, within GitHub's limit of 65,536 characters. */
export const markdown: ReportFormat = { name: "markdown", render };

const maximumLength = 60_000;

function render(report: Report): string {
  const lines = [
    `## Portcullis: ${headline(report)}`,
    "",
    `${report.summary.resources} resources, ${report.summary.pass} passed, ${report.summary.fail} failed, ${report.summary.unknown} unknown, ${report.summary.error} errors, ${report.summary.waived} waived`,
    "",
    ...notEvaluated(report),
    ...warningLines(report),
    ...report.baselines.flatMap(baselineLines),
  ];
  return [...lines, ...findings(report, maximumLength - length(lines))].join("\n");
}

function headline({ summary, errors }: Report): string {
  if (errors.length > 0 || summary.error > 0) return "not everything could be evaluated";
  if (summary.fail > 0) return `${summary.fail} failed`;
  return summary.unknown > 0 ? `nothing failed, ${summary.unknown} unknown` : "all passed";
}

function notEvaluated({ errors }: Report): string[] {
  if (errors.length === 0) return [];
  const shown = errors
    .slice(0, 20)
    .map(({ file, line, message }) => `- ${code(line === null ? file : `${file}:${line}`)} ${text(message)}`);
  const more = errors.length > shown.length ? [`- and ${errors.length - shown.length} more`] : [];
  return ["**Not evaluated**", "", ...shown, ...more, ""];
}

function warningLines({ warnings = [] }: Report): string[] {
  if (warnings.length === 0) return [];
  const more = warnings.length > 20 ? [`- and ${warnings.length - 20} more`] : [];
  return ["**Warnings**", "", ...warnings.slice(0, 20).map((warning) => `- ${text(warning)}`), ...more, ""];
}

function baselineLines({ title, controls }: BaselineResult): string[] {
  const count = (status: string): number => controls.filter((control) => control.status === status).length;
  const failing = controls.filter(({ status }) => status === "fail").map(({ control }) => code(control));
  const line = `**${text(title)}**: ${count("pass")} controls pass, ${count("fail")} fail, ${count("unknown")} unknown, ${count("not-assessed")} not assessed`;
  return [line, ...(failing.length === 0 ? [] : ["", `Failing: ${failing.slice(0, 50).join(" ")}`]), ""];
}

function findings({ results }: Report, room: number): string[] {
  if (results.length === 0) return [];
  const lines = ["| severity | verdict | resource | what | where |", "| --- | --- | --- | --- | --- |"];
  const rows = results.map(row);
  let left = room - length(lines) - 100;
  let shown = 0;
  for (const one of rows) {
    if (one.length + 1 > left) break;
    left -= one.length + 1;
    shown++;
  }
  const rest = shown < rows.length ? ["", `${rows.length - shown} more are left out; see the full report.`] : [];
  return [...lines, ...rows.slice(0, shown), ...rest];
}

function row(verdict: Verdict): string {
  const [reason] = verdict.reasons;
  const place = reason?.location ? code(`${reason.location.file}:${reason.location.line}`) : "";
  const waived = verdict.waiver === undefined ? "" : ` Waived: ${text(waiverText(verdict.waiver))}`;
  const what = `${text(reason?.message ?? verdict.title)} (${code(verdict.policy)})${waived}`;
  return `| ${verdict.severity} | ${verdict.verdict} | ${code(verdict.resource.id)} | ${what} | ${place} |`;
}

function length(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0);
}
