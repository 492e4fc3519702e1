// From verdicts to an answer: the strictest of what any of them asks for. Doubt is never an allow.
import { severities, type Approval, type Policy } from "../engine/policy.js";
import type { Verdict } from "../engine/verdict.js";
import { redactText } from "../redact.js";
import { roles as allRoles, type Role } from "../roles.js";
import type { Answer, Decision } from "./decision.js";
import type { Contradictions } from "./last-seen.js";
import type { VerdictChanges } from "./verdict-changes.js";

/** Who may decide on what no policy names anybody for: what could not be judged. */
const doubtApproval: Approval = { roles: ["approver", "admin"], count: 1 };

const mostReasons = 50;
const mostVerdicts = 1_000;
const longestReason = 2_000;

export type Answered = Pick<
  Decision,
  "answer" | "reasons" | "violations" | "existing" | "resolved" | "undecided" | "actionVerdicts" | "approval"
>;

export function denied(reasons: readonly string[]): Answered {
  const none = { violations: [], existing: [], resolved: [], undecided: [], actionVerdicts: [] };
  return { ...none, answer: "deny", reasons: shown(reasons), approval: null };
}

export interface Judged {
  readonly changes: VerdictChanges;
  readonly onAction: readonly Verdict[];
  readonly contradictions: Contradictions;
}

export function answerOf(
  { changes, onAction, contradictions: { doubts, notes } }: Judged,
  policies: ReadonlyMap<string, Policy>,
): Answered {
  const actionVerdicts = onAction.filter(({ verdict }) => verdict !== "pass" && verdict !== "not-applicable");
  const approvalOf = ({ policy }: Verdict): Approval | null => policies.get(policy)?.approval ?? null;
  const refused = actionVerdicts.filter((one) => isRefusal(one, approvalOf(one)));
  const asking = actionVerdicts.filter((one) => !refused.includes(one));
  const { violations, undecided } = changes;
  const isAsked = undecided.length + asking.length + doubts.length > 0;
  const answer: Answer = violations.length + refused.length > 0 ? "deny" : isAsked ? "needs-approval" : "allow";
  const approvals = [
    ...asking.map((one) => approvalOf(one) ?? doubtApproval),
    ...[...undecided, ...doubts].map(() => doubtApproval),
  ];
  const reasons = [
    ...refused.flatMap(sentences),
    ...sorted(violations).map((one) => `it would bring a failure of ${sentence(one)}`),
    ...asking.flatMap(sentences),
    ...sorted(undecided).map((one) => `not to be judged: ${sentence(one)}`),
    ...doubts,
    ...excused(changes.waived),
    ...notes,
    ...(changes.existing.length === 0 ? [] : [`${changes.existing.length} failures were there before and stay`]),
  ];
  return {
    ...{ answer, reasons: shown(reasons), actionVerdicts: kept(actionVerdicts) },
    ...{ violations: kept(violations), existing: kept(changes.existing) },
    ...{ resolved: kept(changes.resolved), undecided: kept(undecided) },
    approval: answer === "needs-approval" ? strictest(approvals) : null,
  };
}

/** A policy that cannot be evaluated refuses, as one that fails and names nobody does; where it is only not known, people decide. */
function isRefusal({ verdict }: Verdict, approval: Approval | null): boolean {
  return verdict === "error" || (verdict === "fail" && approval === null);
}

/** Whoever approves must do for each policy that asks, and be as many as the one that asks for most. `admin` does all. */
export function strictest(approvals: readonly Approval[]): Approval {
  const roles = allRoles.filter((role) => approvals.every((approval) => mayApprove(role, approval)));
  return { roles, count: Math.max(...approvals.map(({ count }) => count)) };
}

function mayApprove(role: Role, { roles }: Approval): boolean {
  return role === "admin" || roles.includes(role);
}

function sentences(verdict: Verdict): string[] {
  return verdict.reasons.map(({ message }) => `${verdict.policy}: ${message}`);
}

function sentence({ policy, resource, reasons }: Verdict): string {
  return `${policy} on ${resource.id}: ${reasons[0]?.message ?? "no reason given"}`;
}

/** Named, so that nobody takes an excuse for a pass. */
function excused(waived: readonly Verdict[]): string[] {
  const ids = [...new Set(waived.map(({ waiver }) => waiver?.id ?? ""))].sort();
  return ids.length === 0 ? [] : [`${waived.length} failures are excused by ${ids.join(", ")}`];
}

function sorted(verdicts: readonly Verdict[]): Verdict[] {
  const text = ({ policy, resource }: Verdict): string => `${policy}\n${resource.id}`;
  return verdicts.toSorted((a, b) => {
    const severity = severities.indexOf(a.severity) - severities.indexOf(b.severity);
    return severity !== 0 ? severity : text(a) < text(b) ? -1 : 1;
  });
}

function kept(verdicts: readonly Verdict[]): readonly Verdict[] {
  return sorted(verdicts).slice(0, mostVerdicts);
}

function shown(reasons: readonly string[]): string[] {
  const texts = [...new Set(reasons)].map((reason) => redactText(reason.slice(0, longestReason)));
  if (texts.length <= mostReasons) return texts;
  return [...texts.slice(0, mostReasons), `and ${texts.length - mostReasons} more reasons`];
}
