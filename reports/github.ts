import { waiverText } from "../src/compliance/waiver-text.js";
import { atLeast, type Severity } from "../src/engine/policy.js";
import type { Verdict } from "../src/engine/verdict.js";
import { printable } from "../src/printable.js";
import type { Report, ReportFormat } from "../src/report.js";

/** Workflow commands, which GitHub Actions shows beside the lines of a pull request. */
export const github: ReportFormat = { name: "github", render };

function render({ results, errors, failOn, summary, warnings = [] }: Report): string {
  const lines = [
    ...errors.map(({ file, line, message }) => command("error", { file, line, title: "not evaluated" }, message)),
    ...warnings.map((warning) => command("warning", { file: null, line: null, title: "portcullis" }, warning)),
    ...results.map((verdict) => annotation(verdict, failOn)),
    `${summary.fail} failed, ${summary.unknown} unknown, ${summary.error} errors, ${summary.waived} waived, ${summary.pass} passed`,
  ];
  return lines.join("\n");
}

function annotation(verdict: Verdict, failOn: Severity): string {
  const [reason] = verdict.reasons;
  const title = `${verdict.policy}: ${verdict.title} (${verdict.severity}, ${verdict.verdict})`;
  const place = { file: reason?.location?.file ?? null, line: reason?.location?.line ?? null, title };
  const waived = verdict.waiver === undefined ? "" : ` (${waiverText(verdict.waiver)})`;
  const message = `${verdict.resource.id}: ${reason?.message ?? verdict.verdict}${waived}`;
  return command(levelOf(verdict, failOn), place, message);
}

function levelOf({ verdict, severity }: Verdict, failOn: Severity): "error" | "warning" | "notice" {
  if (verdict === "error") return "error";
  if (verdict !== "fail") return "notice";
  return atLeast(severity, failOn) ? "error" : "warning";
}

interface Place {
  readonly file: string | null;
  readonly line: number | null;
  readonly title: string;
}

function command(level: string, { file, line, title }: Place, message: string): string {
  const properties = Object.entries({ file, line, title })
    .filter(([, value]) => value !== null)
    .map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
  return `::${level} ${properties.join(",")}::${escapeData(message)}`;
}

/** As GitHub's own toolkit escapes; other control characters are shown. */
function escapeData(text: string): string {
  return printable(text.replaceAll("%", "%25")).replaceAll("\\u000d", "%0D").replaceAll("\\u000a", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
