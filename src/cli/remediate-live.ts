// `portcullis remediate`: plans, and with --apply applies, what puts live resources right. Every change goes through the gate.
import type { ActionRequest, Plan } from "../actions/action.js";
import type { StoredAction } from "../actions/actions.js";
import type { Decision } from "../actions/decision.js";
import { resourceChange } from "../actions/plan-diff.js";
import {
  remediationFor,
  remediationRequests,
  wantedOf,
  type Wanted,
} from "../actions/remediation/remediation-targets.js";
import type { RemediationParameters } from "../actions/remediation/parameters.js";
import type { Remediation } from "../actions/remediation/remediation.js";
import { shownAction, shownPlan } from "../actions/shown-action.js";
import { PortcullisError } from "../errors.js";
import { printable } from "../printable.js";
import type { Finding } from "../store/findings.js";
import type { Store } from "../store/store.js";
import { actionText, exitCodeOfAction } from "./action-text.js";
import { withActions, type ActionFlags, type OpenedForCommand } from "./actions-command.js";
import { createOutput, type Output } from "./output.js";

export interface RemediateLiveFlags extends ActionFlags {
  readonly finding?: readonly string[];
  readonly policyId?: readonly string[];
  readonly resource?: string;
  readonly account?: string;
  readonly region?: string;
  readonly apply?: boolean;
  readonly reason?: string;
}

export interface Outcome {
  readonly request: ActionRequest;
  readonly plan: Plan;
  /** Null where there is nothing to do. */
  readonly decision: Decision | null;
  /** Null without --apply. */
  readonly action: StoredAction | null;
}

/**
 * 0 allowed, done, or nothing to do; 1 denied, needs approval, rolled back, or a named finding without a remediation; 3 something
 * could not be read or is in between.
 */
export async function remediateLive(flags: RemediateLiveFlags): Promise<number> {
  const output = createOutput({ color: true, progress: false, quiet: flags.quiet ?? false });
  const { liveRemediations } = await import("../../remediations/index.js");
  return withActions(flags, async (opened) => {
    const wanted = await wantedBy(flags, { store: opened.store, remediations: liveRemediations, output });
    const reason = flags.reason ?? "portcullis remediate";
    const outcomes: Outcome[] = [];
    for (const request of remediationRequests(wanted, liveRemediations, reason))
      outcomes.push(await carryOut(request, opened, flags));
    await show(outcomes, flags, output);
    return Math.max(isLeft(wanted, flags, liveRemediations) ? 1 : 0, ...outcomes.map(exitCodeOf));
  });
}

/** A finding that was named and that nothing is for is not done. */
export function isLeft(
  wanted: readonly Wanted[],
  { finding }: Pick<RemediateLiveFlags, "finding">,
  remediations: readonly Remediation[],
): boolean {
  if (finding === undefined) return false;
  return wanted.some(({ policy, resource }) => remediationFor(policy, resource.type, remediations) === null);
}

interface Sources {
  readonly store: Store;
  readonly remediations: readonly Remediation[];
  readonly output: Output;
}

export async function wantedBy(flags: RemediateLiveFlags, sources: Sources): Promise<Wanted[]> {
  const { remediations, output } = sources;
  for (const id of flags.policyId ?? [])
    if (!remediations.some(({ policies }) => policies.includes(id)))
      throw new PortcullisError("usage", `--policy-id ${id}: no live remediation is for it; see docs/remediations.md`);
  const findings = await openFindings(flags, sources.store);
  const [first] = flags.policyId ?? [];
  if (findings.length === 0 && flags.resource !== undefined && first !== undefined) {
    await refuseWaived(flags, sources.store);
    return (flags.policyId ?? []).map((policy) => ({ policy, resource: namedResource(policy, flags, remediations) }));
  }
  const without = findings.filter(
    ({ policy, resource }) => remediationFor(policy, resource.type, remediations) === null,
  );
  if (without.length > 0) output.note(`${without.length} findings have no live remediation: ${policiesOf(without)}`);
  return findings.map(wantedOf);
}

function policiesOf(findings: readonly Finding[]): string {
  const ids = [...new Set(findings.map(({ policy }) => policy))].toSorted();
  return printable(ids.length > 5 ? `${ids.slice(0, 5).join(", ")} and ${ids.length - 5} more` : ids.join(", "));
}

const mostFindings = 10_000;

export async function openFindings(flags: RemediateLiveFlags, store: Store): Promise<Finding[]> {
  if (flags.finding !== undefined) return Promise.all(flags.finding.map((prefix) => findingOf(store, prefix)));
  const { resource, account, region } = flags;
  const given = Object.entries({ resource, account, region }).filter(([, value]) => value !== undefined);
  const query = {
    status: "open",
    verdict: "fail",
    provider: "aws",
    limit: 1_000,
    ...Object.fromEntries(given),
  } as const;
  const found: Finding[] = [];
  for (let after: string | null | undefined; after !== null;) {
    const page = await store.listFindings({ ...query, ...(after ? { after } : {}) });
    found.push(...page.findings.filter(({ policy }) => flags.policyId?.includes(policy) ?? true));
    if (found.length > mostFindings)
      throw new PortcullisError("usage", `more than ${mostFindings} findings: name a policy, an account or a resource`);
    after = page.next;
  }
  return found;
}

async function findingOf(store: Store, prefix: string): Promise<Finding> {
  const finding = await store.getFinding(prefix);
  if (finding === null)
    throw new PortcullisError("usage", `--finding ${prefix}: there is no such finding; see: portcullis findings list`);
  if (finding.status !== "open")
    throw new PortcullisError(
      "usage",
      `--finding ${prefix}: it is ${finding.status}, and only what is open is put right`,
    );
  return finding;
}

/** What is not open since somebody decided to leave it as it is is not the same as never found. */
async function refuseWaived({ resource = "", policyId = [] }: RemediateLiveFlags, store: Store): Promise<void> {
  const { findings } = await store.listFindings({ status: "waived", resource, limit: 1_000 });
  const waived = findings.find(({ policy }) => policyId.includes(policy));
  if (waived === undefined) return;
  throw new PortcullisError(
    "usage",
    `--resource: its failure of ${waived.policy} is waived, and only what is open is put right; see: portcullis waivers list`,
  );
}

/** What no scan has found yet, by its ARN. */
function namedResource(policy: string, flags: RemediateLiveFlags, all: readonly Remediation[]): Wanted["resource"] {
  const id = flags.resource ?? "";
  const parts = id.split(":");
  const types = all.filter(({ policies }) => policies.includes(policy)).flatMap((one) => one.types);
  const type =
    types.length === 1 ? types[0] : types.find((one) => one.endsWith("Cluster") === id.includes(":cluster:"));
  const account = flags.account ?? parts[4] ?? "";
  if (parts[0] !== "arn" || type === undefined || !/^\d{12}$/.test(account))
    throw new PortcullisError(
      "usage",
      "--resource: no finding is of it; expected an ARN, and --account (and --region) where the ARN does not say",
    );
  return { id, type, account, region: flags.region ?? (parts[3] === "" ? null : (parts[3] ?? null)) };
}

export async function carryOut(
  request: ActionRequest,
  { actions, caller }: OpenedForCommand,
  flags: RemediateLiveFlags,
): Promise<Outcome> {
  const requester = { ...caller.actor, roles: [] };
  if (flags.apply !== true) {
    const { plan, decision } = await actions.decide(request, requester, caller);
    return { request, plan, decision: isNothing(plan) ? null : decision, action: null };
  }
  const { plan } = await actions.decide(request, requester, caller);
  if (isNothing(plan)) return { request, plan, decision: null, action: null };
  const asked = await actions.request(request, requester, caller);
  const action = asked.state === "ready" ? await actions.run(asked.id, caller) : asked;
  return { request, plan: action.plan, decision: action.decision, action };
}

function isNothing({ steps, problems }: Plan): boolean {
  return steps.length === 0 && problems.length === 0;
}

async function show(outcomes: readonly Outcome[], flags: RemediateLiveFlags, output: Output): Promise<void> {
  if (flags.format === "json") {
    await output.result(JSON.stringify(outcomes.map(outcomeAsJson), null, 2), null);
    return;
  }
  const texts = outcomes.map(outcomeText);
  await output.result(texts.length === 0 ? "nothing to put right" : texts.join("\n\n"), null);
  const allowed = outcomes.filter(({ decision, action }) => action === null && decision?.answer === "allow").length;
  if (allowed > 0)
    output.note(`nothing was changed; --apply applies ${allowed === 1 ? "it" : `the ${allowed} that are allowed`}`);
}

export function outcomeAsJson({ request, plan, decision, action }: Outcome): object {
  const { target, changes, problems } = shownPlan(plan);
  const shown = action === null ? null : shownAction(action);
  return {
    remediation: request.parameters["remediation"],
    target: target.key,
    changes: changes.flatMap((change) => {
      const found = resourceChange(change);
      if (found === null) return [];
      const { id, type, name, account, region } = found.resource;
      return [{ resource: { id, type, name, account, region }, properties: found.properties }];
    }),
    problems,
    decision: decision === null ? null : { id: decision.id, answer: decision.answer, reasons: decision.reasons },
    action: shown === null ? null : { id: shown.id, state: shown.state, message: shown.message },
  };
}

export function outcomeText({ request, plan, decision, action }: Outcome): string {
  const title = `${(request.parameters as unknown as RemediationParameters).remediation} in ${plan.target.key}`;
  if (action !== null) return `${printable(title)}\n${actionText(shownAction(action))}`;
  const lines = shownPlan(plan).changes.flatMap((change) => {
    const found = resourceChange(change);
    if (found === null) return [];
    const { resource, properties } = found;
    return [
      `  ~ ${resource.type}  ${resource.id}`,
      ...properties.map(({ path, before, after }) => `      ${path}: ${short(before)} -> ${short(after)}`),
    ];
  });
  const problems = plan.problems.map((problem) => `  could not be read: ${problem}`);
  const answer = decision === null ? "  nothing to do" : `  ${[decision.answer, ...decision.reasons].join(": ")}`;
  return [title, ...lines, ...problems, answer].map(printable).join("\n");
}

const longestValue = 200;

function short(value: unknown): string {
  const text = value === undefined ? "(not set)" : JSON.stringify(value);
  return text.length > longestValue ? `${text.slice(0, longestValue)}...` : text;
}

export function exitCodeOf({ plan, decision, action }: Outcome): number {
  if (action !== null) return exitCodeOfAction(action);
  if (plan.problems.length > 0) return 3;
  return decision === null || decision.answer === "allow" ? 0 : 1;
}
