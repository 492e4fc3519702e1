// Decides what the API server of a cluster asks about, by the same road as `portcullis check` judges a manifest.
import type { Run } from "../../compose.js";
import { matches } from "../../compliance/glob.js";
import { runChecks, type RunResult } from "../../compliance/run.js";
import type { Waiver } from "../../compliance/waiver.js";
import type { WaiverBinding } from "../../compliance/excuses.js";
import { naturalPath } from "../../engine/fingerprint.js";
import { atLeast, type Severity } from "../../engine/policy.js";
import type { Reason, Verdict } from "../../engine/verdict.js";
import type { ScanProblem } from "../../inventory/scan-item.js";
import { isObject, type JsonObject } from "../../json.js";
import { itemsOf, manifestOf, mismatch } from "./admission-object.js";
import type { AdmissionRequest, Decision } from "./admission-review.js";
import type { AdmissionSettings } from "./hook-settings.js";
import { Late, type Deadline } from "./deadline.js";

export interface AdmissionOptions {
  /** Its evaluation is used by nobody else. */
  readonly run: Run;
  readonly settings: AdmissionSettings;
  /** Where the settings name none. */
  readonly failOn: Severity;
  readonly waivers: () => Promise<readonly Waiver[]>;
  /** Of waivers that end when the resource changes. Not called for a dry run. */
  readonly bind: (bindings: readonly WaiverBinding[]) => Promise<void>;
}

export type Admission = (request: AdmissionRequest, deadline: Deadline) => Promise<Decision>;

/** What it resolves to is an answer also where something failed; `failurePolicy` says which. It throws Late, and what the store does. */
export function createAdmission(options: AdmissionOptions): Admission {
  return async (request, deadline) => {
    const passed = passedOver(request, options.settings);
    if (passed !== null) return { denial: null, warnings: [], annotations: { skipped: passed } };
    const wrong = mismatch(request.object ?? null, request);
    if (wrong !== null) return { denial: { code: 400, reasons: [wrong] }, warnings: [], annotations: {} };
    const manifest = manifestOf(request.object as JsonObject, request);
    const result = await deadline.within(judge(manifest, await options.waivers(), options, deadline));
    if (result.bindings.length > 0 && request.dryRun !== true) await deadline.within(options.bind(result.bindings));
    return decide(result, await heldBefore(request, result, options, deadline), manifest, options);
  };
}

/** Why nothing is judged; null where something is. */
function passedOver({ kind, namespace, operation, subResource }: AdmissionRequest, { exclude }: AdmissionSettings) {
  if (operation === "DELETE" || operation === "CONNECT") return `${operation} leaves no object to judge`;
  if (subResource === "status") return "the status of an object is the controllers' own";
  const type = `${kind.group === "" ? "" : `${kind.group}/`}${kind.version}/${kind.kind}`;
  if (exclude?.kinds?.some((pattern) => matches(pattern, type)) === true) return `kind ${type} is excluded`;
  const isExcluded = exclude?.namespaces?.some((pattern) => matches(pattern, namespace ?? "")) === true;
  return isExcluded && namespace !== undefined && namespace !== "" ? `namespace ${namespace} is excluded` : null;
}

/** One object is all that is known: policies that look at others cannot be decided. */
const othersUnseen: ScanProblem = {
  ...{ kind: "problem", problem: "incomplete", at: "admission", line: null, column: null },
  message: "a request for admission shows one object only; hooks.admission.exclude.policies leaves such policies out",
  ...{ hides: [], account: null, region: null },
};

async function judge(
  manifest: JsonObject,
  waivers: readonly Waiver[],
  { run, failOn }: AdmissionOptions,
  deadline: Deadline,
): Promise<RunResult> {
  const inTime = (): Promise<void> => {
    if (deadline.isOver()) throw new Late();
    return done;
  };
  const everything = async function* () {
    if (run.evaluation.needsInventory || run.packs?.needsInventory === true) yield othersUnseen;
    yield* itemsOf(manifest, run.evaluation.hasDocumentPolicies);
  };
  return runChecks(everything(), {
    ...run,
    ...{ command: "check", targets: ["admission"], failOn, severity: "info", all: false, waivers },
    progress: () => undefined,
    record: { resource: inTime, verdict: inTime },
  });
}

const done = Promise.resolve();

/** The reasons that the object before the update had already, by `reasonKey`; empty where they do not matter. */
async function heldBefore(
  request: AdmissionRequest,
  { report }: RunResult,
  options: AdmissionOptions,
  deadline: Deadline,
): Promise<ReadonlySet<string>> {
  const { oldObject = null, operation } = request;
  const isAsked = options.settings.onUpdate === "new" && operation === "UPDATE" && isObject(oldObject);
  if (!isAsked || !report.results.some(({ verdict }) => verdict === "fail")) return new Set();
  const manifest = manifestOf(oldObject, request);
  const before = await deadline.within(judge(manifest, [], options, deadline));
  const failed = before.report.results.filter(({ verdict }) => verdict === "fail");
  return new Set(failed.flatMap((verdict) => verdict.reasons.map((reason) => reasonKey(verdict, reason, manifest))));
}

/** The same before and after a change of the order of containers, and of whatever the reason is not about. */
function reasonKey({ policy, resource }: Verdict, { message, path }: Reason, manifest: JsonObject): string {
  return JSON.stringify([policy, resource.id, message, path === null ? null : naturalPath({ config: manifest }, path)]);
}

function decide(
  { report, problems }: RunResult,
  before: ReadonlySet<string>,
  manifest: JsonObject,
  { settings, failOn: defaultFailOn }: AdmissionOptions,
): Decision {
  const failOn = settings.failOn ?? defaultFailOn;
  const excluded = settings.exclude?.policies ?? [];
  const results = report.results.filter(({ policy }) => !excluded.some((pattern) => matches(pattern, policy)));
  const isOld = (verdict: Verdict, reason: Reason): boolean =>
    before.size > 0 && verdict.verdict === "fail" && before.has(reasonKey(verdict, reason, manifest));
  const [denials, doubts, warnings]: [string[], string[], string[]] = [[], [], []];
  for (const verdict of results) {
    if (verdict.verdict === "waived") continue;
    const reasons = verdict.reasons.filter((reason) => !isOld(verdict, reason));
    const isDeciding = atLeast(verdict.severity, failOn) && (reasons.length > 0 || verdict.reasons.length === 0);
    if (!isDeciding) warnings.push(described(verdict));
    else (verdict.verdict === "fail" ? denials : doubts).push(described({ ...verdict, reasons }));
  }
  doubts.push(...problems.filter((problem) => problem !== othersUnseen).map(({ message }) => message));
  const isClosed = (settings.failurePolicy ?? "Fail") === "Fail";
  const reasons = isClosed ? [...denials, ...doubts] : denials;
  return {
    denial: reasons.length === 0 ? null : { code: 403, reasons },
    warnings: isClosed ? warnings : [...doubts, ...warnings],
    annotations: annotationsOf(results),
  };
}

function described({ policy, severity, verdict, title, reasons }: Verdict): string {
  const [first, ...others] = reasons;
  const what = first?.message ?? title;
  const place = first?.path ? ` at ${first.path.replace(/^\/config(?=\/|$)/, "")}` : "";
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  const kind = verdict === "fail" ? severity : `${severity}, ${verdict}`;
  return `${policy} (${kind}): ${what}${place}${more}`;
}

function annotationsOf(results: readonly Verdict[]): Record<string, string> {
  const of = (kind: Verdict["verdict"]): string[] =>
    results
      .filter(({ verdict }) => verdict === kind)
      .map(({ policy, waiver }) => (waiver === undefined ? policy : `${policy} by ${waiver.id}`));
  const kinds = { violations: of("fail"), waived: of("waived"), errors: of("error"), unknown: of("unknown") };
  return Object.fromEntries(
    Object.entries(kinds).flatMap(([key, ids]) => (ids.length === 0 ? [] : [[key, ids.join(",")]])),
  );
}
