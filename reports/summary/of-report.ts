// A check or a scan as a summary document: what was not evaluated first, then the totals, the controls and the findings.
import { severities } from "../../src/engine/policy.js";
import type { Verdict, VerdictKind } from "../../src/engine/verdict.js";
import type { Report } from "../../src/report.js";
import type { Chart, Fact, SummaryBlock, SummaryDocument, SummarySection, Tile } from "../../src/summary.js";
import { omittedText, type Limits, type ReportOptions } from "./context.js";
import { baselineSections } from "./of-baselines.js";
import { findingSections } from "./of-findings.js";
import { counted, grouped } from "./figures.js";
import { thinned } from "./thinned.js";

export function summaryOfReport(report: Report, options: ReportOptions): SummaryDocument {
  return {
    title: titleOf(report),
    subtitle: conclusion(report),
    createdAt: report.startedAt,
    producer: `${report.tool.name} ${report.tool.version}`,
    facts: factsOf(report),
    sections: [
      ...notEvaluated(report, options.limits),
      ...warnings(report),
      overview(report),
      ...baselineSections(report),
      ...findingSections(report, options),
      reading(report),
    ],
  };
}

function titleOf({ command, summary }: Report): string {
  const what = command === "check" ? "Compliance check" : "Compliance scan";
  return `${what}: ${summary.fail === 0 ? "nothing failed" : `${grouped(summary.fail)} failed`}${undecided(summary) === 0 ? "" : `, ${grouped(undecided(summary))} not decided`}`;
}

function undecided({ unknown, error }: Report["summary"]): number {
  return unknown + error;
}

function conclusion({ summary, errors }: Report): string {
  const judged = summary.pass + summary.fail + summary.waived + undecided(summary);
  const decided = `${grouped(summary.pass)} of ${grouped(judged)} checks on ${grouped(summary.resources)} resources passed.`;
  return errors.length + undecided(summary) === 0 ? decided : `${decided} Not everything could be evaluated.`;
}

function factsOf({ command, targets, startedAt, summary, tool, failOn, baselines, policies }: Report): readonly Fact[] {
  const used = baselines.map(({ title }) => title);
  return [
    { label: command === "check" ? "Checked" : "Scanned", value: targets.join(", ") },
    { label: "Started", value: startedAt },
    { label: "Took", value: `${(summary.durationMs / 1000).toFixed(1)} s` },
    { label: "Policies with something to judge", value: grouped(policies.length) },
    ...(used.length === 0 ? [] : [{ label: "Baselines", value: used.join(", ") }]),
    { label: "Fails from severity", value: failOn },
    { label: "Version", value: `${tool.name} ${tool.version}` },
  ];
}

function notEvaluated({ errors, summary }: Report, { rowsPerGroup }: Limits): readonly SummarySection[] {
  if (errors.length + undecided(summary) === 0) return [];
  const parts = [
    ...(errors.length === 0 ? [] : [`${counted(errors.length, "input or call", "inputs or calls")} could not be read`]),
    ...(summary.unknown === 0
      ? []
      : [`${counted(summary.unknown, "check depends", "checks depend")} on values that are not known`]),
    ...(summary.error === 0 ? [] : [`${counted(summary.error, "check")} could not be made`]),
  ];
  const text = `${parts.join("; ")}. None of this counts as passed.`;
  const left = errors.length - rowsPerGroup;
  const table: SummaryBlock = {
    kind: "table",
    caption: "What could not be read",
    columns: [
      { heading: "Where", style: "code" },
      { heading: "Why", weight: 2 },
    ],
    rows: errors.slice(0, rowsPerGroup).map(({ file, line, message }) => ({
      cells: [line === null ? file : `${file}:${line}`, message],
    })),
    ...(left > 0 ? { omitted: omittedText(left) } : {}),
  };
  return [
    {
      id: "not-evaluated",
      heading: "Not everything was evaluated",
      alarm: true,
      blocks: [
        { kind: "paragraph", text },
        ...(errors.length === 0 ? [] : [table]),
        ...(undecided(summary) === 0
          ? []
          : [{ kind: "links" as const, label: "The checks", links: [{ text: "Not decided", to: "not-decided" }] }]),
      ],
    },
  ];
}

function warnings({ warnings: texts = [] }: Report): readonly SummarySection[] {
  if (texts.length === 0) return [];
  return [{ id: "warnings", heading: `Warnings (${texts.length})`, blocks: [{ kind: "list", items: texts }] }];
}

function overview(report: Report): SummarySection {
  const { summary, results } = report;
  const failed = results.filter(({ verdict }) => verdict === "fail");
  return {
    id: "overview",
    heading: "Overview",
    blocks: [
      { kind: "tiles", tiles: tiles(summary) },
      ...(failed.length === 0
        ? [{ kind: "paragraph" as const, text: "Nothing failed.", tone: "pass" as const }]
        : [{ kind: "chart" as const, chart: bySeverity(failed) }]),
      ...trend(report),
    ],
  };
}

function tiles(summary: Report["summary"]): readonly Tile[] {
  return [
    { label: "resources", value: summary.resources, tone: "plain" },
    { label: "passed", value: summary.pass, tone: "pass" },
    { label: "failed", value: summary.fail, tone: summary.fail === 0 ? "plain" : "fail" },
    { label: "unknown", value: summary.unknown, tone: summary.unknown === 0 ? "plain" : "unknown" },
    { label: "errors", value: summary.error, tone: summary.error === 0 ? "plain" : "error" },
    { label: "waived", value: summary.waived, tone: summary.waived === 0 ? "plain" : "waived" },
  ];
}

function bySeverity(failed: readonly Verdict[]): Chart {
  const count = (wanted: string): number => failed.filter(({ severity }) => severity === wanted).length;
  return {
    kind: "parts",
    title: "Failures by severity",
    parts: severities.map((severity) => ({ label: severity, value: count(severity), tone: severity })),
  };
}

const trendOf = ["fail", "error", "unknown", "waived"] as const satisfies readonly VerdictKind[];

function trend({ trend: points = [] }: Report): readonly SummaryBlock[] {
  if (points.length < 2) return [];
  const chart: Chart = {
    kind: "trend",
    title: "What did not pass, scan by scan",
    series: trendOf.map((kind) => ({ label: kind, tone: kind })),
    points: thinned(points).map((point) => ({ at: point.at, values: trendOf.map((kind) => point[kind]) })),
  };
  return [{ kind: "chart", chart }];
}

function reading({ tool }: Report): SummarySection {
  return {
    id: "reading",
    heading: "How to read this",
    blocks: [
      {
        kind: "list",
        items: [
          "pass: the policy looked at the resource and found it right.",
          "fail: the policy found it wrong; the reason and its place are given.",
          "unknown: the answer depends on a value that is not known, such as one that is set only when the plan is applied.",
          "error: the check could not be made, for example because a call was refused.",
          "waived: it would be a fail or an unknown, and somebody has excused it for a time; it fails again by itself.",
          "A control is “not assessed” when no policy of it looked at anything, or when only a person can show it; that is never a pass.",
        ],
      },
      { kind: "paragraph", text: `Made by ${tool.name} ${tool.version}. The same run as data: --report json=FILE.` },
    ],
  };
}
