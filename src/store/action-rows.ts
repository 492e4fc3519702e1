// Actions as they are read from the database. Plans and the like are JSON in text, exactly as they were written.
import { endStates } from "../actions/journal.js";
import type { Approval, StoredAction, StoredStep } from "../actions/actions.js";
import type { AuditEvent, Caller } from "../audit/trail.js";
import { PortcullisError } from "../errors.js";
import type { JsonObject } from "../json.js";
import { redactText } from "../redact.js";
import type { Row, Session } from "./database.js";
import { instant } from "./findings.js";
import { storable, storableText } from "./storable.js";

const actionColumns = `a.id, a.kind, a.parameters, a.reason, a.requester, a.requester_source, a.requester_roles, a.state, a.plan,
  a.requested_at, a.started_at, a.ended_at, a.message, d.body as decision`;
const joined = "from actions a join action_decisions d on d.id = a.decision";

export async function actionOf(session: Session, id: string): Promise<StoredAction | null> {
  const rows = await session.query(`select ${actionColumns} ${joined} where a.id = $1`, [storableText(id)]);
  return (await completed(session, rows))[0] ?? null;
}

export async function found(session: Session, id: string): Promise<StoredAction> {
  const action = await actionOf(session, id);
  if (action === null) throw unknownAction(id);
  return action;
}

export interface ActionPage {
  readonly where: string;
  readonly params: readonly unknown[];
  readonly limit: number;
}

/** The latest first. */
export async function actionPage(session: Session, { where, params, limit }: ActionPage): Promise<StoredAction[]> {
  const rows = await session.query(
    `select ${actionColumns} ${joined} where ${where} order by date_trunc('milliseconds', a.requested_at) desc, a.id limit ${limit}`,
    params,
  );
  return completed(session, rows);
}

async function completed(session: Session, rows: readonly Row[]): Promise<StoredAction[]> {
  const ids = rows.map((row) => String(row["id"]));
  if (ids.length === 0) return [];
  const steps = await session.query(
    "select * from action_steps where action = any($1::text[]) order by action, place",
    [ids],
  );
  const approvals = await session.query(
    "select p.* from action_approvals p join actions a on a.id = p.action and a.decision = p.decision where p.action = any($1::text[]) order by p.approved_at",
    [ids],
  );
  const of = (all: readonly Row[], id: unknown): readonly Row[] => all.filter((row) => row["action"] === id);
  return rows.map((row) => storedAction(row, of(steps, row["id"]), of(approvals, row["id"])));
}

function storedAction(row: Row, steps: readonly Row[], approvals: readonly Row[]): StoredAction {
  const { id, kind, reason, state, message, requester, requester_source, requester_roles } = row;
  return {
    ...{ id, kind, reason, state, message },
    requester: { name: requester, source: requester_source, roles: requester_roles },
    ...{ parameters: parsed(row["parameters"]), plan: parsed(row["plan"]), decision: parsed(row["decision"]) },
    ...{ approvals: approvals.map(approvalOf), steps: steps.map(stepOf) },
    ...{
      requestedAt: instant(row["requested_at"]),
      startedAt: time(row["started_at"]),
      endedAt: time(row["ended_at"]),
    },
  } as StoredAction;
}

function stepOf(row: Row): StoredStep {
  const { state, message } = row;
  return {
    ...{ step: parsed(row["body"]), state, message, output: parsed(row["output"]) },
    ...{ startedAt: time(row["started_at"]), endedAt: time(row["ended_at"]) },
  } as StoredStep;
}

function approvalOf(row: Row): Approval {
  return {
    ...{ decision: row["decision"], planHash: row["plan_hash"], approver: row["approver"] },
    ...{ approverSource: row["approver_source"], approvedAt: instant(row["approved_at"]) },
    selfApproved: row["self_approved"],
  } as Approval;
}

function parsed(text: unknown): unknown {
  return text === null ? null : JSON.parse(text as string);
}

function time(value: unknown): string | null {
  return value === null ? null : instant(value);
}

export interface ActionEntry {
  readonly verb: string;
  readonly at: Date;
  readonly by: Caller;
  readonly details: JsonObject;
}

/** What the audit trail is told: always with the decision. Parameters and properties stay in the journal. */
export function actionEvent(
  { id, kind, plan, decision, state }: Pick<StoredAction, "id" | "kind" | "plan" | "decision" | "state">,
  { verb, at, by, details }: ActionEntry,
): AuditEvent {
  return {
    ...{ at: at.toISOString(), kind: `action.${verb}`, ...by, subject: id, decision: decision.id },
    details: storable({ kind, target: plan.target.key, state, planHash: decision.planHash, ...details }) as JsonObject,
  };
}

/** Texts of providers and of people, as they may be kept. */
export function keptText(text: string | null | undefined, limit: number): string | null {
  if (text === null || text === undefined) return null;
  return storableText(redactText(text)).slice(0, limit).toWellFormed();
}

export function unknownAction(id: string): PortcullisError {
  return new PortcullisError(
    "usage",
    `there is no action ${storableText(id).slice(0, 100)}; see: portcullis actions list`,
  );
}

export function isEnd(state: string): boolean {
  return endStates.has(state as StoredAction["state"]);
}
