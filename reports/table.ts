import Table from "cli-table3";
import pc from "picocolors";
import { waiverText } from "../src/compliance/waiver-text.js";
import type { Severity } from "../src/engine/policy.js";
import type { PackExplanation, Proposal, ReadValue, Verdict, VerdictKind } from "../src/engine/verdict.js";
import { printable } from "../src/printable.js";
import type { BaselineResult, RenderOptions, Report, ReportFormat } from "../src/report.js";

/** For people at a terminal: what failed and where, what could not be judged, the totals, and the controls. */
export const table: ReportFormat = { name: "table", render };

type Colors = ReturnType<typeof pc.createColors>;

function render(report: Report, options: RenderOptions): string {
  const colors = pc.createColors(options.color);
  const parts = [
    ...report.results.map((verdict) => finding(verdict, report, options, colors)),
    ...report.errors.map(({ file, line, message }) => {
      const place = printable(line === null ? file : `${file}:${line}`);
      return `${colors.red("NOT EVALUATED")}  ${colors.bold(place)}\n  ${printable(message)}`;
    }),
    ...report.baselines.map((baseline) => controls(baseline, options, colors)),
    totals(report, colors),
  ];
  return parts.join("\n\n");
}

function finding(verdict: Verdict, report: Report, options: RenderOptions, colors: Colors): string {
  const head = `${label(verdict, colors)}  ${colors.bold(printable(verdict.resource.id))}  ${colors.dim(printable(verdict.policy))}`;
  const shown = options.explain ? verdict.reasons : verdict.reasons.slice(0, 3);
  const lines = shown.map(({ message, path, location }) => {
    const place = location === null ? "" : colors.cyan(`${printable(location.file)}:${location.line}  `);
    return `  ${place}${printable(message)}${options.explain && path !== null ? colors.dim(`  ${printable(path)}`) : ""}`;
  });
  if (shown.length < verdict.reasons.length)
    lines.push(colors.dim(`  and ${verdict.reasons.length - shown.length} more`));
  return [
    head,
    `  ${printable(verdict.title)}`,
    ...(verdict.waiver === undefined ? [] : [`  ${printable(waiverText(verdict.waiver))}`]),
    ...lines,
    ...(options.explain ? explanation(verdict, report, colors) : []),
  ].join("\n");
}

/** What the verdict read, where that stands, by which rule, and how to put it right. */
function explanation(verdict: Verdict, report: Report, colors: Colors): string[] {
  const policy = report.policies.find(({ id }) => id === verdict.policy);
  const explained = verdict.explanation;
  const rules = explained?.rules.map(({ rule, location }) => `${rule}  ${location.file}:${location.line}`) ?? [];
  return [
    ...(explained?.reads ?? []).map((read) => colors.dim(`  read    ${printable(readLine(read))}`)),
    ...(verdict.unknown.length === 0 ? [] : [colors.dim(`  unknown ${printable(verdict.unknown.join(" "))}`)]),
    ...rules.map((rule) => colors.dim(`  rule    ${printable(rule)}`)),
    ...(explained?.pack === undefined ? [] : packLines(explained.pack).map((line) => colors.dim(printable(line)))),
    ...(verdict.proposal?.changes ?? []).map((change) => `  change  ${printable(changeLine(change))}`),
    ...(policy === undefined ? [] : [colors.dim(`  policy  ${printable(policy.source.file)}:${policy.source.line}`)]),
    ...(policy === undefined ? [] : [`  fix     ${printable(policy.fix)}`]),
  ];
}

function packLines({ name, version, policy, enforcementLevel, configuration, resources }: PackExplanation): string[] {
  return [
    `  pack    ${name} ${version}, policy ${policy} (${enforcementLevel})`,
    `  config  ${JSON.stringify(configuration)}`,
    ...resources.map((urn) => `  shown   ${urn}`),
  ];
}

function changeLine({ op, path, value }: Proposal["changes"][number]): string {
  return op === "remove" ? `${path} is left out` : `${path} = ${JSON.stringify(value)}`;
}

function readLine({ resource, path, value, state, location }: ReadValue): string {
  const place = location === null ? "" : `  ${location.file}:${location.line}`;
  const shown =
    state === "present"
      ? `= ${JSON.stringify(value)}`
      : `is ${state === "absent" ? "not set" : "not known before apply"}`;
  return `${resource === null ? "" : `${resource} `}${path === "" ? "(all of it)" : path} ${shown}${place}`;
}

function label({ verdict, severity }: Verdict, colors: Colors): string {
  const text = verdict === "fail" ? `FAIL ${severity}` : verdict.toUpperCase();
  return paint(verdict, severity, colors)(text.padEnd(13));
}

function paint(verdict: VerdictKind, severity: Severity, colors: Colors): (text: string) => string {
  switch (verdict) {
    case "pass":
      return colors.green;
    case "fail":
      return severity === "critical" || severity === "high" ? colors.red : colors.yellow;
    case "error":
      return colors.magenta;
    case "unknown":
    case "waived":
    case "not-applicable":
      return colors.cyan;
  }
}

function totals({ summary, policies }: Report, colors: Colors): string {
  const counts = [
    `${summary.resources} resources`,
    `${policies.length} policies`,
    colors.green(`${summary.pass} passed`),
    summary.fail > 0 ? colors.red(`${summary.fail} failed`) : "0 failed",
    `${summary.unknown} unknown`,
    summary.error > 0 ? colors.magenta(`${summary.error} errors`) : "0 errors",
    `${summary.waived} waived`,
  ];
  const nothing = summary.resources > 0 && policies.length === 0 ? "\nno policy is about any of these resources" : "";
  return `${counts.join(", ")}  (${(summary.durationMs / 1000).toFixed(1)} s)${nothing}`;
}

/** One line for each control that is not passing, after the counts by status. */
function controls(baseline: BaselineResult, { width }: RenderOptions, colors: Colors): string {
  const count = (status: string): number => baseline.controls.filter((control) => control.status === status).length;
  const head = `${colors.bold(printable(baseline.title))}: ${count("pass")} pass, ${count("fail")} fail, ${count("unknown")} unknown, ${count("error")} error, ${count("not-assessed")} not assessed`;
  const failing = baseline.controls.filter(({ status }) => status !== "pass" && status !== "not-assessed");
  if (failing.length === 0) return head;
  const titleWidth = Math.max(30, Math.min(80, width - 42));
  const rows = new Table({
    head: ["control", "status", "failed", "title"],
    style: { head: [], border: [], compact: true },
    colWidths: [12, 12, 8, titleWidth],
    wordWrap: true,
  });
  for (const { control, status, counts, title, kind } of failing) {
    rows.push([printable(control), kind === "partly" ? `${status} *` : status, String(counts.fail), printable(title)]);
  }
  return `${head}\n${rows.toString()}\n* policies prove a part; the rest needs manual evidence`;
}
