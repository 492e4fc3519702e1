import { createRequire } from "node:module";
import type * as xmlbuilder from "xmlbuilder2";
import { waiverText } from "../src/compliance/waiver-text.js";
import type { Verdict } from "../src/engine/verdict.js";
import { printable } from "../src/printable.js";
import type { Report, ReportFormat } from "../src/report.js";

/** A test suite for each policy, a test case for each resource that it looked at. */
export const junit: ReportFormat = { name: "junit", render };

type Xml = ReturnType<typeof xmlbuilder.create>;

/** Loaded when it is used: it has 150 files, which no other command shall wait for. */
const require = createRequire(import.meta.url);

function render(report: Report): string {
  const { create } = require("xmlbuilder2") as typeof xmlbuilder;
  const { summary, errors, results } = report;
  const root = create({ version: "1.0", encoding: "UTF-8" }).ele("testsuites", {
    name: "portcullis",
    tests: results.length + errors.length,
    failures: summary.fail,
    errors: summary.error + errors.length,
    time: seconds(summary.durationMs),
  });
  for (const [policy, verdicts] of grouped(results)) suite(root, policy, verdicts);
  if (errors.length > 0) unread(root, report);
  return root.end({ prettyPrint: true });
}

function grouped(results: readonly Verdict[]): Map<string, Verdict[]> {
  const groups = new Map<string, Verdict[]>();
  for (const verdict of results) {
    const group = groups.get(verdict.policy);
    if (group === undefined) groups.set(verdict.policy, [verdict]);
    else group.push(verdict);
  }
  return groups;
}

function suite(root: Xml, policy: string, verdicts: readonly Verdict[]): void {
  const count = (kind: Verdict["verdict"]): number => verdicts.filter(({ verdict }) => verdict === kind).length;
  const element = root.ele("testsuite", {
    name: printable(policy),
    tests: verdicts.length,
    failures: count("fail"),
    errors: count("error"),
    skipped: count("unknown") + count("waived") + count("not-applicable"),
  });
  for (const verdict of verdicts) testCase(element, verdict);
}

function testCase(suiteElement: Xml, verdict: Verdict): void {
  const [reason] = verdict.reasons;
  const place = reason?.location;
  const element = suiteElement.ele("testcase", {
    name: printable(verdict.resource.id),
    classname: printable(verdict.policy),
    ...(place === null || place === undefined ? {} : { file: printable(place.file), line: place.line }),
  });
  const message = printable(reason?.message ?? verdict.verdict);
  switch (verdict.verdict) {
    case "pass":
      break;
    case "fail":
      element.ele("failure", { message, type: verdict.severity }).txt(details(verdict));
      break;
    case "error":
      element.ele("error", { message, type: "error" }).txt(details(verdict));
      break;
    case "waived":
      element.ele("skipped", { message: `waived: ${message}${waiverNote(verdict)}` });
      break;
    case "unknown":
    case "not-applicable":
      element.ele("skipped", { message: `${verdict.verdict}: ${message}` });
  }
}

function waiverNote({ waiver }: Verdict): string {
  return waiver === undefined ? "" : ` (${printable(waiverText(waiver))})`;
}

function unread(root: Xml, { errors }: Report): void {
  const element = root.ele("testsuite", {
    name: "input",
    tests: errors.length,
    failures: 0,
    errors: errors.length,
    skipped: 0,
  });
  for (const { file, line, message } of errors) {
    const name = printable(line === null ? file : `${file}:${line}`);
    element
      .ele("testcase", { name, classname: "input" })
      .ele("error", { message: printable(message), type: "not-evaluated" });
  }
}

function details(verdict: Verdict): string {
  const lines = verdict.reasons.map(({ message, path, location }) => {
    const place = location === null ? "" : `${location.file}:${location.line}: `;
    return printable(`${place}${message}${path === null ? "" : ` (${path})`}`);
  });
  return [printable(verdict.title), ...lines].join("\n");
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3);
}
