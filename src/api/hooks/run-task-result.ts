// What HCP Terraform is told of a judged plan: one status, a sentence, and an outcome for each policy and resource that is not right.
import { code, prose, text } from "../../markdown-text.js";
import { atLeast, type Policy, type Severity } from "../../engine/policy.js";
import type { Reason, Verdict } from "../../engine/verdict.js";
import type { ScanProblem } from "../../inventory/scan-item.js";
import { printable } from "../../printable.js";
import type { Report } from "../../report.js";

type Level = "none" | "info" | "warning" | "error";

/** As HCP Terraform's API has it. */
export interface Outcome {
  readonly type: "task-result-outcomes";
  readonly attributes: {
    readonly "outcome-id": string;
    /** One line. */
    readonly description: string;
    /** Markdown. */
    readonly body: string;
    readonly tags: Readonly<Record<string, readonly { readonly label: string; readonly level: Level }[]>>;
  };
}

export interface TaskResult {
  readonly status: "passed" | "failed";
  readonly message: string;
  readonly outcomes: readonly Outcome[];
}

export interface Judged {
  readonly report: Report;
  readonly problems: readonly ScanProblem[];
  readonly failOnUnknown: boolean;
}

const [mostOutcomes, longestBody, longestOutcomes, longestMessage] = [200, 16_000, 900_000, 1_000];

/** `passed` only where everything was evaluated, and nothing at or above `failOn` is wrong. */
export function taskResultOf(judged: Judged): TaskResult {
  const { report, problems, failOnUnknown } = judged;
  const isWhole = problems.length === 0 && report.summary.error === 0;
  const isWrong = report.results.some(
    ({ verdict, severity }) => verdict === "fail" && atLeast(severity, report.failOn),
  );
  const isDoubtful = failOnUnknown && report.summary.unknown > 0;
  return {
    status: isWhole && !isWrong && !isDoubtful ? "passed" : "failed",
    message: messageOf(report, problems),
    outcomes: outcomesOf(judged),
  };
}

/** Where nothing was judged. It is never a pass. */
export function failedResult(why: string): TaskResult {
  return { status: "failed", message: line(`Not evaluated: ${why}`, longestMessage), outcomes: [] };
}

function messageOf({ summary }: Report, problems: readonly ScanProblem[]): string {
  const { fail, unknown, error, waived, pass } = summary;
  const counts = `${fail} failed, ${waived} waived, ${unknown} unknown, ${pass} passed`;
  const [first] = problems;
  if (first === undefined && error === 0) return counts;
  const why = first === undefined ? `${error} policies ended in an error` : first.message;
  return line(`Not evaluated in full: ${why}. ${counts}`, longestMessage);
}

function outcomesOf({ report, problems, failOnUnknown }: Judged): Outcome[] {
  const policies = new Map(report.policies.map((policy) => [policy.id, policy]));
  const isShown = ({ verdict }: Verdict): boolean =>
    verdict === "fail" || verdict === "error" || verdict === "waived" || (failOnUnknown && verdict === "unknown");
  const worst = report.results.filter(isShown).sort((a, b) => rank(a) - rank(b));
  const all = [
    ...problems.map((problem) => () => problemOutcome(problem)),
    ...worst.map((verdict) => () => verdictOutcome(verdict, policies.get(verdict.policy), report.failOn)),
  ];
  const shown: Outcome[] = [];
  let room = longestOutcomes;
  for (const make of all.slice(0, mostOutcomes)) {
    const outcome = make();
    room -= JSON.stringify(outcome).length;
    if (room < 0) break;
    shown.push(outcome);
  }
  return shown.length === all.length ? shown : [...shown, moreOutcome(all.length - shown.length)];
}

/** The report has the most severe first; what is waived comes last. */
function rank({ verdict }: Verdict): number {
  return verdict === "waived" ? 1 : 0;
}

const statuses: Readonly<Record<Verdict["verdict"], readonly [label: string, level: Level]>> = {
  fail: ["Failed", "error"],
  error: ["Not evaluated", "error"],
  unknown: ["Unknown", "warning"],
  waived: ["Waived", "info"],
  pass: ["Passed", "none"],
  "not-applicable": ["Not applicable", "none"],
};

const levels: Readonly<Record<Severity, Level>> = {
  critical: "error",
  high: "error",
  medium: "warning",
  low: "info",
  info: "none",
};

function verdictOutcome(verdict: Verdict, policy: Policy | undefined, failOn: Severity): Outcome {
  const { severity, resource, title } = verdict;
  const [label, level] = statuses[verdict.verdict];
  const isBelow = verdict.verdict === "fail" && !atLeast(severity, failOn);
  return outcome({
    id: verdict.fingerprint.slice(0, 16),
    description: `${resource.id}: ${verdict.reasons[0]?.message ?? title}`,
    body: bodyOf(verdict, policy),
    tags: {
      Status: [{ label, level: isBelow ? "warning" : level }],
      Severity: [{ label: severity, level: levels[severity] }],
      Policy: [{ label: line(verdict.policy, 200), level: "none" }],
    },
  });
}

const shownReasons = 20;

function bodyOf({ title, resource, reasons, controls, waiver }: Verdict, policy: Policy | undefined): string {
  const more = reasons.length > shownReasons ? [`- and ${reasons.length - shownReasons} more`] : [];
  const named = controls.slice(0, 20).map(({ baseline, control }) => code(`${baseline} ${control}`));
  const lines = [
    `**${text(title)}**`,
    "",
    `Resource: ${code(resource.id)} (${code(resource.type)})`,
    "",
    ...reasons.slice(0, shownReasons).map(reasonLine),
    ...more,
    ...(policy === undefined || policy.fix === "" ? [] : ["", "**How to put it right**", "", prose(policy.fix)]),
    ...(named.length === 0 ? [] : ["", `Controls: ${named.join(", ")}`]),
    ...(waiver === undefined ? [] : ["", `Waived by ${code(waiver.id)}: ${text(waiver.reason)}`]),
  ];
  return lines.join("\n");
}

function reasonLine({ message, path, location }: Reason): string {
  const place = location === null || location.line <= 1 ? "" : `, line ${location.line} of the plan`;
  return `- ${text(message)}${path === null ? "" : ` at ${code(path)}`}${place}`;
}

function problemOutcome({ at, line: row, message }: ScanProblem): Outcome {
  const place = row === null ? at : `${at}:${row}`;
  return outcome({
    id: "not-evaluated",
    description: message,
    body: `${code(place)} ${text(message)}`,
    tags: { Status: [{ label: "Not evaluated", level: "error" }] },
  });
}

function moreOutcome(count: number): Outcome {
  const description = `${count} more are left out here; portcullis check shows all of them`;
  return outcome({ id: "more", description, body: description, tags: { Status: [{ label: "More", level: "info" }] } });
}

interface Parts {
  readonly id: string;
  readonly description: string;
  readonly body: string;
  readonly tags: Outcome["attributes"]["tags"];
}

function outcome({ id, description, body, tags }: Parts): Outcome {
  const short = { "outcome-id": id, description: line(description, 300), body: body.slice(0, longestBody), tags };
  return { type: "task-result-outcomes", attributes: short };
}

/** On one line, without control characters. */
function line(value: string, longest: number): string {
  const clean = printable(value.toWellFormed());
  return clean.length <= longest ? clean : `${clean.slice(0, longest - 1).toWellFormed()}…`;
}

/** The JSON:API document of a callback. */
export function callbackDocument(
  status: "running" | TaskResult["status"],
  message: string,
  { url, outcomes }: { readonly url: string | undefined; readonly outcomes: readonly Outcome[] },
): object {
  const attributes = { status, message, ...(url === undefined ? {} : { url }) };
  const relationships = outcomes.length === 0 ? {} : { relationships: { outcomes: { data: outcomes } } };
  return { data: { type: "task-results", attributes, ...relationships } };
}
