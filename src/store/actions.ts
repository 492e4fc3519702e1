// The journal of actions in the database: what is asked for, decided and approved. Who may, and which state follows which, is the
// database's to say (see the migration); what a runner writes is in action-runs.ts.
import type { ActionQuery, Stop, StoredAction } from "../actions/actions.js";
import type { Journal, NewAction, NewDecision, Purpose } from "../actions/journal.js";
import type { Decision, Requester } from "../actions/decision.js";
import { keptPlan } from "../actions/kept-plan.js";
import type { AuditEvent, AuditTrail, Caller } from "../audit/trail.js";
import { PortcullisError } from "../errors.js";
import type { Plan } from "../actions/action.js";
import { actionEvent, actionOf, actionPage, found, isEnd, keptText, unknownAction } from "./action-rows.js";
import { refusing } from "./action-refusal.js";
import { createActionClaims, type ClaimOptions } from "./action-claims.js";
import { decodeCursor, encodeCursor, foreignCursor, isInstant } from "./cursor.js";
import type { Database, Session } from "./database.js";
import { instant } from "./findings.js";
import { storable, storableText } from "./storable.js";

export function createActionJournal(database: Database, options: ClaimOptions): Journal {
  return Object.assign(new DatabaseJournal(database, options), createActionClaims(database, options));
}

type Asking = Omit<Journal, keyof ReturnType<typeof createActionClaims>>;

class DatabaseJournal implements Asking {
  readonly hasOneUser: boolean;
  readonly #database: Database;
  readonly #audit: Pick<AuditTrail, "appendIn">;

  constructor(database: Database, { audit }: ClaimOptions) {
    this.#database = database;
    this.#audit = audit;
    this.hasOneUser = database.exclusive;
  }

  async noteDecision(asked: NewAction, caller: Caller): Promise<void> {
    await this.#database.transaction(async (session) => {
      const event = actionEvent(
        { ...asked, state: "denied" },
        await entry(session, "decided", caller, said(asked.decision)),
      );
      await this.#audit.appendIn(session, [{ ...event, details: { ...event.details, state: null } }]);
    });
  }

  async keep(action: NewAction, caller: Caller): Promise<StoredAction> {
    const known = await this.get(action.id);
    if (known !== null) return sameAction(known, await this.#asKept(action));
    return refusing(() =>
      this.#database.transaction(async (session) => {
        const { decision } = action;
        await insertDecision(session, { action: action.id, purpose: "run", decision });
        await insertAction(session, action);
        await insertSteps(session, action.id, action.plan);
        const kept = await found(session, action.id);
        // Who it says is who the database says, not who was given.
        const { name, source } = kept.requester;
        const by = { ...caller, actor: { name, source } };
        const requested = await entry(session, "requested", by, { reason: keptText(action.reason, 2_000) });
        const decided = await entry(session, "decided", by, said(decision));
        await this.#audit.appendIn(session, [actionEvent(kept, requested), actionEvent(kept, decided)]);
        return kept;
      }),
    );
  }

  decideAgain(
    id: string,
    { purpose, decision: decided, plan, state, message }: NewDecision,
    caller: Caller,
  ): Promise<StoredAction> {
    return this.#change(id, caller, async (session) => {
      const decision = plan === null && purpose === "run" ? await aboutKeptPlan(session, id, decided) : decided;
      await insertDecision(session, { action: id, purpose, decision });
      if (plan !== null) await replaceSteps(session, id, plan);
      const planned =
        plan === null ? [null, decision.planHash, null] : [planText(plan), decision.planHash, plan.target.key];
      const ends = state !== null && isEnd(state);
      const params: readonly unknown[] = [id, decision.id, ...planned, state, keptText(message, 4_000), ends];
      await session.query(
        `update actions set decision = $2, plan = coalesce($3, plan), plan_hash = case when $3::text is null then plan_hash else $4 end,
           target = coalesce($5, target), state = coalesce($6, state), message = $7,
           ended_at = case when $8 then clock_timestamp() else ended_at end where id = $1`,
        params,
      );
      return { verb: "decided", details: { ...said(decision), purpose, message: keptText(message, 2_000) } };
    });
  }

  approve(
    id: string,
    shown: { readonly decision: string; readonly planHash: string },
    { requester, caller }: { readonly requester: Requester; readonly caller: Caller },
  ): Promise<StoredAction> {
    return this.#change(id, caller, async (session, action) => {
      const [row] = await session.query(
        `insert into action_approvals (decision, action, plan_hash, approver, approver_source, approver_role, approver_roles, approved_at, self_approved)
         values ($1, $2, $3, $4, $5, session_user, $6::text[], now(), false) returning approver, approver_source, self_approved`,
        [shown.decision, id, shown.planHash, requester.name, requester.source, requester.roles].map(bound),
      );
      if (action.state === "needs-approval" && (await counts(session, id, "run")))
        await session.query("update actions set state = 'ready', message = null where id = $1", [id]);
      const actor = { name: row?.["approver"], source: row?.["approver_source"] } as Caller["actor"];
      return { verb: "approved", details: { selfApproved: row?.["self_approved"] as boolean }, actor };
    });
  }

  reject(id: string, reason: string, caller: Caller): Promise<StoredAction> {
    return this.#change(id, caller, async (session) => {
      const message = keptText(`rejected: ${reason}`, 2_000);
      await session.query(
        "update actions set state = 'rejected', message = $2, ended_at = clock_timestamp() where id = $1",
        [id, message],
      );
      return { verb: "rejected", details: { reason: keptText(reason, 2_000) } };
    });
  }

  mayDo(id: string, purpose: Purpose): Promise<boolean> {
    return counts(this.#database, id, purpose);
  }

  async recentFailures(kind: string, since: Date): Promise<number> {
    const [row] = await this.#database.query(
      "select count(distinct action)::int as count from action_failures where kind = $1 and at > $2::timestamptz",
      [kind, since.toISOString()],
    );
    return Number(row?.["count"] ?? 0);
  }

  async running(): ReturnType<Journal["running"]> {
    const rows = await this.#database.query(
      "select id, kind, module, plan from actions where lease is not null order by id limit 1000",
    );
    return rows.map(({ id, kind, module, plan }) => {
      const { region } = (JSON.parse(plan as string) as Plan).target;
      return { action: id as string, kind: kind as string, module: module as string, region };
    });
  }

  get(id: string): Promise<StoredAction | null> {
    return actionOf(this.#database, id);
  }

  async list({ state, kind, target, limit, after }: ActionQuery): ReturnType<Journal["list"]> {
    const [requestedAt, id] = after === undefined ? [null, null] : decodeCursor(after, ["string", "string"]);
    if (requestedAt !== null && !isInstant(requestedAt)) throw foreignCursor();
    const actions = await actionPage(this.#database, {
      where: `($1 = 'all' or a.state = $1) and ($2::text is null or a.kind = $2) and ($3::text is null or a.target = $3)
        and ($4::timestamptz is null or date_trunc('milliseconds', a.requested_at) < $4
          or date_trunc('milliseconds', a.requested_at) = $4 and a.id > $5)`,
      params: [state, kind ?? null, target ?? null, requestedAt ?? null, id ?? null].map(bound),
      limit: limit + 1,
    });
    const page = actions.slice(0, limit);
    const last = page.at(-1);
    const next = actions.length > limit && last !== undefined ? encodeCursor([last.requestedAt, last.id]) : null;
    return { actions: page, next };
  }

  stop(reason: string, caller: Caller): Promise<void> {
    return this.#press(
      "update action_stop set stopped_by = $1, stopped_by_source = $2, reason = $3, at = clock_timestamp()",
      [storableText(caller.actor.name), caller.actor.source, keptText(reason, 2_000)],
      { verb: "stopped", by: caller, reason },
    );
  }

  release(caller: Caller): Promise<void> {
    return this.#press(
      "update action_stop set stopped_by = null, stopped_by_source = null, reason = null, at = null where at is not null",
      [],
      { verb: "released", by: caller, reason: null },
    );
  }

  async stopped(): Promise<Stop | null> {
    const [row] = await this.#database.query("select * from action_stop where at is not null");
    if (row === undefined) return null;
    return { by: row["stopped_by"] as string, reason: row["reason"] as string, at: instant(row["at"]) };
  }

  async #press(
    sql: string,
    params: readonly unknown[],
    { verb, by, reason }: { readonly verb: string; readonly by: Caller; readonly reason: string | null },
  ): Promise<void> {
    await this.#database.transaction(async (session) => {
      const rows = await session.query(`${sql} returning clock_timestamp() as now`, params);
      const [row] = rows;
      if (row === undefined) return;
      const details = { reason: keptText(reason, 2_000) };
      const event: AuditEvent = {
        ...{ at: instant(row["now"]), kind: `actions.${verb}`, ...by, subject: null, decision: null, details },
      };
      await this.#audit.appendIn(session, [event]);
    });
  }

  /** Who speaks only for themselves asks as the role that the database knows. */
  async #asKept(action: NewAction): Promise<NewAction> {
    const [row] = await this.#database.query(
      "select session_user::text as name, waiver_may_speak_for_others() as for_others",
    );
    if (row?.["for_others"] === true) return action;
    const requester = { ...action.requester, name: String(row?.["name"]), source: "database-role" as const };
    return { ...action, requester };
  }

  /** Locks the action, changes it, and says so in the audit trail. */
  #change(id: string, caller: Caller, work: Change): Promise<StoredAction> {
    return refusing(() =>
      this.#database.transaction(async (session) => {
        const locked = await session.query("select 1 from actions where id = $1 for update", [storableText(id)]);
        if (locked.length === 0) throw unknownAction(id);
        const { verb, details, actor } = await work(session, await found(session, id));
        const action = await found(session, id);
        const by = { ...caller, ...(actor === undefined ? {} : { actor }) };
        await this.#audit.appendIn(session, [actionEvent(action, await entry(session, verb, by, details))]);
        return action;
      }),
    );
  }
}

type Change = (
  session: Session,
  action: StoredAction,
) => Promise<{ readonly verb: string; readonly details: AuditEvent["details"]; readonly actor?: Caller["actor"] }>;

async function entry(session: Session, verb: string, by: Caller, details: AuditEvent["details"]) {
  const [row] = await session.query("select clock_timestamp() as now");
  return { verb, at: row?.["now"] as Date, by, details };
}

function said({
  answer,
  reasons,
  expiresAt,
  violations,
  undecided,
  approval,
  policies,
}: Decision): AuditEvent["details"] {
  const named = (verdicts: Decision["violations"]): string[] =>
    verdicts.slice(0, 50).map(({ policy, resource }) => `${policy} ${resource.id}`.slice(0, 500));
  return storable({
    ...{ answer, reasons: reasons.slice(0, 20).map((text) => keptText(text, 500)), expiresAt, policies, approval },
    ...{ violations: named(violations), undecided: named(undecided) },
  }) as AuditEvent["details"];
}

async function counts(session: Session, id: string, purpose: Purpose): Promise<boolean> {
  const [row] = await session.query(
    "select action_decision_counts(decision, $2) as counts from actions where id = $1",
    [storableText(id), purpose],
  );
  return row?.["counts"] === true;
}

interface OneDecision {
  readonly action: string;
  readonly purpose: Purpose;
  readonly decision: Decision;
}

async function insertDecision(session: Session, { action, purpose, decision }: OneDecision): Promise<void> {
  const { id, answer, planHash, approval, decidedAt, expiresAt } = decision;
  const needed = answer === "needs-approval" ? approval : null;
  await session.query(
    `insert into action_decisions (id, action, purpose, answer, plan_hash, approvals, roles, decided_at, expires_at, decided_by_role, body)
     values ($1, $2, $3, $4, $5, $6, $7::text[], $8, $9, session_user, $10)`,
    [
      ...[id, action, purpose, answer, planHash, needed?.count ?? 0, needed?.roles ?? []],
      ...[decidedAt, expiresAt, JSON.stringify(decision)],
    ],
  );
}

async function insertAction(session: Session, action: NewAction): Promise<void> {
  const { id, kind, module, parameters, reason, requester, plan, decision } = action;
  const state = { allow: "ready", deny: "denied", "needs-approval": "needs-approval" }[decision.answer];
  const message = state === "denied" ? keptText(decision.reasons.join("; "), 4_000) : null;
  await session.query(
    `insert into actions (id, kind, module, parameters, reason, requester, requester_source, requester_role, requester_roles, requested_at,
       state, target, plan, plan_hash, decision, message, ended_at)
     values ($1, $2, $3, $4, $5, $6, $7, session_user, $8::text[], now(), $9, $10, $11, $12, $13, $14,
       case when $9 = 'denied' then clock_timestamp() end)`,
    [
      ...[id, kind, module, JSON.stringify(parameters), keptText(reason, 2_000)],
      ...[storableText(requester.name), requester.source, requester.roles],
      ...[state, plan.target.key, planText(plan), decision.planHash, decision.id, message],
    ],
  );
}

async function insertSteps(session: Session, action: string, plan: Plan): Promise<void> {
  const rows = plan.steps.map((step, place) => ({ id: step.id, place, wave: step.wave, body: JSON.stringify(step) }));
  await session.query(
    `insert into action_steps (action, id, place, wave, body)
     select $1, r.id, r.place, r.wave, r.body from json_to_recordset($2::json) as r(id text, place int, wave int, body text)`,
    [action, JSON.stringify(rows)],
  );
}

async function replaceSteps(session: Session, action: string, plan: Plan): Promise<void> {
  await session.query("delete from action_steps where action = $1", [action]);
  await insertSteps(session, action, plan);
}

function planText(plan: Plan): string {
  return JSON.stringify(keptPlan(plan));
}

/** The plan is kept without secrets, and keeps the name that it had with them. */
async function aboutKeptPlan(session: Session, id: string, decision: Decision): Promise<Decision> {
  const [row] = await session.query("select plan_hash from actions where id = $1", [id]);
  return { ...decision, planHash: String(row?.["plan_hash"]) };
}

function bound(value: unknown): unknown {
  return typeof value === "string" ? storableText(value) : value;
}

function sameAction(known: StoredAction, asked: NewAction): StoredAction {
  const same =
    known.kind === asked.kind &&
    JSON.stringify(known.parameters) === JSON.stringify(asked.parameters) &&
    known.requester.name === asked.requester.name &&
    known.requester.source === asked.requester.source;
  if (same) return known;
  throw new PortcullisError("usage", `there is an action ${asked.id} already, which asks for something else`);
}
