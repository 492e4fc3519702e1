// Actions for people: the plan as a diff, the decision with what is behind it, the steps. All of it is untrusted text.
import type { Plan } from "../actions/action.js";
import type { ActionState, StoredAction, StoredStep } from "../actions/actions.js";
import type { Decision } from "../actions/decision.js";
import { resourceChange, type PropertyChange, type ResourceChange } from "../actions/plan-diff.js";
import type { Verdict } from "../engine/verdict.js";
import type { Json } from "../json.js";
import { printable } from "../printable.js";
import { redactText } from "../redact.js";

const mostProperties = 50;
const mostResources = 100;
const mostVerdicts = 20;
const longestValue = 160;

/** Of the action as it is kept: a secret that changes would not show once both are `<redacted>`. */
export function actionText(action: StoredAction): string {
  const { id, kind, state, requester, reason, requestedAt, message } = action;
  const head = [
    `action ${id}: ${kind}, ${state}`,
    `  asked for by ${requester.name} (${requester.source}) at ${requestedAt}${reason === null ? "" : `: ${reason}`}`,
    ...(message === null ? [] : [`  ${message}`]),
  ];
  const parts = [head, planLines(action.plan), stepLines(action.steps), decisionLines(action.decision)];
  return [...parts, approvalLines(action)]
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => printable(redactText(line))).join("\n"))
    .join("\n\n");
}

function planLines({ target, changes, problems, cost, group }: Plan): string[] {
  const found = changes.flatMap((change) => resourceChange(change) ?? []);
  const count = (operation: ResourceChange["operation"]): number =>
    found.filter((change) => change.operation === operation).length;
  const share = group === null ? "" : `, of ${group.size} in ${group.name}`;
  return [
    `plan for ${target.key}: ${count("create")} to create, ${count("update")} to change, ${count("remove")} to remove${share}`,
    ...found.slice(0, mostResources).flatMap(resourceLines),
    ...more(found.length - mostResources, "resources"),
    ...(cost === null ? [] : [`  cost a month: ${cost.before} -> ${cost.after} ${cost.currency}`]),
    ...problems.map((problem) => `  could not be read: ${problem}`),
  ];
}

const signs = { create: "+", update: "~", remove: "-" } as const;

function resourceLines({ operation, resource, properties }: ResourceChange): string[] {
  const { type, name, id, region } = resource;
  const place = [name === null || name === id ? null : name, id, region].filter((part) => part !== null).join("  ");
  const shown = operation === "remove" ? [] : properties;
  return [
    `  ${signs[operation]} ${type}  ${place}`,
    ...shown.slice(0, mostProperties).map(propertyLine),
    ...more(shown.length - mostProperties, "properties").map((line) => `    ${line}`),
  ];
}

function propertyLine({ path, before, after, isUnknown }: PropertyChange): string {
  const later = isUnknown ? "(known afterwards)" : after === undefined ? "(none)" : valueText(after);
  if (before === undefined) return `      + ${path}: ${later}`;
  if (after === undefined && !isUnknown) return `      - ${path}: ${valueText(before)}`;
  return `      ~ ${path}: ${valueText(before)} -> ${later}`;
}

function valueText(value: Json): string {
  const text = JSON.stringify(value);
  return text.length <= longestValue ? text : `${text.slice(0, longestValue)}... (${text.length} characters)`;
}

function more(count: number, what: string): string[] {
  return count > 0 ? [`  ... and ${count} more ${what}: --format json has all`] : [];
}

export function decisionLines(decision: Decision): string[] {
  const { id, answer, reasons, planHash, expiresAt, approval } = decision;
  return [
    `decision ${id}: ${answer}`,
    ...reasons.map((reason) => `  ${reason}`),
    ...verdictLines("new failures", decision.violations),
    ...verdictLines("could not be judged", decision.undecided),
    ...verdictLines("policies on actions", decision.actionVerdicts),
    ...verdictLines("failures that were there before, and stay", decision.existing),
    ...verdictLines("failures that it ends", decision.resolved),
    ...(approval === null ? [] : [`  may approve: ${approval.roles.join(", ")} (${approval.count} needed)`]),
    `  plan ${planHash}, counts until ${expiresAt}`,
  ];
}

function verdictLines(title: string, verdicts: readonly Verdict[]): string[] {
  if (verdicts.length === 0) return [];
  const lines = verdicts.slice(0, mostVerdicts).map(({ policy, severity, verdict, resource, reasons }) => {
    const because = reasons[0]?.message;
    return `    ${severity} ${verdict} ${policy} on ${resource.name ?? resource.id}${because === undefined ? "" : `: ${because}`}`;
  });
  return [`  ${title} (${verdicts.length}):`, ...lines, ...more(verdicts.length - mostVerdicts, "of them")];
}

function stepLines(steps: readonly StoredStep[]): string[] {
  if (steps.length === 0) return [];
  const lines = steps.map(({ step, state, startedAt, endedAt, message }) => {
    const times = startedAt === null ? "" : `  ${startedAt}${endedAt === null ? "" : ` to ${endedAt}`}`;
    return `  ${step.wave === 0 ? "canary" : `wave ${step.wave}`}  ${state}  ${step.title}${times}${message === null ? "" : `: ${message}`}`;
  });
  return ["steps:", ...lines];
}

function approvalLines({ approvals }: StoredAction): string[] {
  return approvals.map(
    ({ approver, approverSource, approvedAt, decision }) =>
      `approved by ${approver} (${approverSource}) at ${approvedAt}, of decision ${decision}`,
  );
}

/** What to do next, for whoever asked; null where there is nothing to do. */
export function nextLine({ id, state, decision }: StoredAction): string | null {
  switch (state) {
    case "ready":
      return `nothing has changed yet; to run it: portcullis actions run ${id}`;
    case "needs-approval": {
      const who =
        decision.approval === null ? "nobody may approve it" : `${decision.approval.roles.join(" or ")} approves it`;
      return `${who}: portcullis actions approve ${id} --decision ${decision.id} --plan-hash ${decision.planHash}`;
    }
    case "denied":
      return "it is denied: put right what the decision names, and ask again";
    case "paused":
      return `a person has to look: portcullis actions run ${id} goes on, portcullis actions rollback ${id} undoes it`;
    case "failed":
      return `it stands between before and after: portcullis actions show ${id} says where`;
    case "expired":
      return "it was not run in time, or the world changed: ask again";
    default:
      return null;
  }
}

/** Columns of `actions list`. */
export function actionRow(action: StoredAction): string[] {
  const { id, kind, state, plan, requester, requestedAt } = action;
  return [id, kind, state, plan.target.key, String(plan.changes.length), requester.name, requestedAt.slice(0, 16)];
}

export const actionColumns = ["action", "kind", "state", "target", "resources", "asked for by", "at"];

/** `0` where it may go on or is done, `1` where it may not, `3` where it is not known or stands between before and after. */
export function exitCodeOfAction({
  state,
  plan,
  decision,
}: Pick<StoredAction, "state" | "plan" | "decision">): 0 | 1 | 3 {
  const codes: Readonly<Record<ActionState, 0 | 1 | 3>> = {
    ...{ ready: 0, succeeded: 0, running: 3, "rolling-back": 3, paused: 3, failed: 3 },
    ...{ denied: 1, "needs-approval": 1, rejected: 1, expired: 1, "rolled-back": 1 },
  };
  const code = codes[state];
  const isBlind = plan.problems.length > 0 || decision.undecided.some(({ verdict }) => verdict === "error");
  return code === 1 && isBlind && (state === "denied" || state === "needs-approval") ? 3 : code;
}
