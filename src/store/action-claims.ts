// What a runner of actions writes. It holds a claim: a lease by the database's clock, and a fence that every write compares in its
// own transaction, so that a runner that was taken for dead writes nothing more.
import type { StoredAction } from "../actions/actions.js";
import { LostAction, type Claim, type Journal, type Purpose, type Start } from "../actions/journal.js";
import { systemCaller } from "../audit/caller.js";
import type { AuditEvent, AuditTrail, Caller } from "../audit/trail.js";
import { PortcullisError } from "../errors.js";
import { enqueue } from "../events/outbox.js";
import type { JsonObject } from "../json.js";
import { redactJson } from "../redact.js";
import { refusing } from "./action-refusal.js";
import { actionEvent, found, isEnd, keptText, unknownAction } from "./action-rows.js";
import type { Database, Session } from "./database.js";
import { storableText } from "./storable.js";

type Claims = Pick<
  Journal,
  "begin" | "takeOver" | "renew" | "letGo" | "stepBegins" | "stepsEnd" | "stepSays" | "becomes" | "standing"
>;

export interface ClaimOptions {
  readonly audit: Pick<AuditTrail, "appendIn">;
  /** Told when events were enqueued. */
  readonly committed: () => void;
}

export function createActionClaims(database: Database, options: ClaimOptions): Claims {
  return { ...leases(database, options), ...stepWrites(database, options), ...ends(database, options) };
}

function leases(
  database: Database,
  { audit }: ClaimOptions,
): Pick<Claims, "begin" | "takeOver" | "renew" | "letGo" | "standing"> {
  return {
    begin: (id, start, by) =>
      refusing(() =>
        database.transaction(async (session) => {
          await refuseStopped(session);
          const fence = await claim(session, id, start);
          const action = await found(session, id);
          const verb = start.state === "running" ? "started" : "rollback-started";
          await append(session, { audit, action, by, entries: [{ verb }] });
          return { action: id, fence, by, recovering: false };
        }),
      ),
    async takeOver(kinds, holder, leaseMs) {
      const by = await systemCaller(database);
      return database.transaction(async (session) => {
        const [row] = await session.query(
          `update actions set holder = $2, lease = clock_timestamp() + make_interval(secs => $3::float8 / 1000),
             fence = fence + 1, takeovers = takeovers + 1
           where id = (select id from actions where lease < clock_timestamp() and kind = any($1::text[])
             order by lease limit 1 for update skip locked) returning id, fence`,
          [kinds, holder, leaseMs],
        );
        if (row === undefined) return null;
        const action = await found(session, row["id"] as string);
        const fence = row["fence"] as number;
        await append(session, { audit, action, by, entries: [{ verb: "taken-over", details: { fence } }] });
        return { action: action.id, fence, by, recovering: true };
      });
    },
    async renew({ action, fence }, leaseMs) {
      const rows = await database.query(
        `update actions set lease = clock_timestamp() + make_interval(secs => $3::float8 / 1000)
         where id = $1 and fence = $2 and lease is not null returning 1`,
        [action, fence, leaseMs],
      );
      if (rows.length === 0) throw new LostAction(action);
    },
    async letGo({ action, fence }) {
      await database.query(
        "update actions set lease = clock_timestamp() where id = $1 and fence = $2 and lease > clock_timestamp()",
        [action, fence],
      );
    },
    standing: (held, purpose) => whileHeld(database, held, (session) => standingOf(session, held, purpose)),
  };
}

function stepWrites(database: Database, { audit }: ClaimOptions): Pick<Claims, "stepBegins" | "stepsEnd" | "stepSays"> {
  return {
    stepBegins: (held, step, state) =>
      whileHeld(database, held, async (session) => {
        if (await isStopped(session)) return false;
        const set = "state = $3, started_at = coalesce(started_at, clock_timestamp()), ended_at = null, message = null";
        await changeStep(session, held, { set, params: [step, state] });
        const action = await found(session, held.action);
        await append(session, { audit, action, by: held.by, entries: [{ verb: `step-${state}`, details: { step } }] });
        return true;
      }),
    stepsEnd: (held, steps, { state, output, message }) =>
      whileHeld(database, held, async (session) => {
        const text = keptText(message, 4_000);
        const set =
          "state = $3, ended_at = clock_timestamp(), output = coalesce($4, output), message = coalesce($5, message)";
        for (const step of steps)
          await changeStep(session, held, { set, params: [step, state, keptOutput(output), text] });
        if (state === "failed") await noteFailure(session, held, text ?? "a step failed");
        const action = await found(session, held.action);
        const entries = steps.map((step) => ({ verb: `step-${state}`, details: { step, message: text } }));
        await append(session, { audit, action, by: held.by, entries });
      }),
    stepSays: (held, step, text) =>
      whileHeld(database, held, (session) =>
        changeStep(session, held, { set: "message = $3", params: [step, keptText(text, 4_000)] }),
      ),
  };
}

function ends(database: Database, { audit, committed }: ClaimOptions): Pick<Claims, "becomes"> {
  return {
    async becomes(held, { state, message, isFailure, events }) {
      const kept = await whileHeld(database, held, async (session) => {
        const text = keptText(message, 4_000);
        await session.query(
          `update actions set state = $2, message = $3, lease = case when $4 then lease end,
             holder = case when $4 then holder end, ended_at = case when $5 then clock_timestamp() end where id = $1`,
          [held.action, state, text, state === "rolling-back", isEnd(state)],
        );
        if (isFailure) await noteFailure(session, held, text ?? state);
        const action = await found(session, held.action);
        await enqueue(session, events(action));
        await append(session, { audit, action, by: held.by, entries: [{ verb: state, details: { message: text } }] });
        return action;
      });
      committed();
      return kept;
    },
  };
}

/** Locks the row: whoever wants to take it over waits for the end of the transaction, and sees what it wrote. */
function whileHeld<T>(
  database: Database,
  { action, fence }: Claim,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return refusing(() =>
    database.transaction(async (session) => {
      const rows = await session.query(
        "select 1 from actions where id = $1 and fence = $2 and lease is not null for update",
        [action, fence],
      );
      if (rows.length === 0) throw new LostAction(action);
      return work(session);
    }),
  );
}

interface StepChange {
  readonly set: string;
  /** The step first. */
  readonly params: readonly unknown[];
}

async function changeStep(session: Session, { action }: Claim, { set, params }: StepChange): Promise<void> {
  const rows = await session.query(`update action_steps set ${set} where action = $1 and id = $2 returning 1`, [
    action,
    ...params,
  ]);
  if (rows.length === 0) throw new PortcullisError("internal", `action ${action} has no step ${String(params[0])}`);
}

const largestOutput = 250_000;

function keptOutput(output: JsonObject | null | undefined): string | null {
  if (output === null || output === undefined) return null;
  const text = JSON.stringify(redactJson(output).value);
  return Buffer.byteLength(text) > largestOutput ? null : text;
}

async function claim(session: Session, id: string, { state, holder, leaseMs, breaker }: Start): Promise<number> {
  const [action] = await session.query("select kind, state from actions where id = $1 for update", [storableText(id)]);
  if (action === undefined) throw unknownAction(id);
  // What failed is rolled back however often its kind failed.
  if (state === "running") await refuseTooManyFailures(session, String(action["kind"]), breaker);
  await refuseOverlap(session, id);
  const rows = await session.query(
    `update actions set state = $2, holder = $3, lease = clock_timestamp() + make_interval(secs => $4::float8 / 1000),
       fence = fence + 1, takeovers = 0, started_at = coalesce(started_at, clock_timestamp()), ended_at = null, message = null
     where id = $1 and lease is null returning fence`,
    [id, state, holder, leaseMs],
  );
  if (rows[0] === undefined) throw new PortcullisError("usage", `action ${id} is ${String(action["state"])} already`);
  return rows[0]["fence"] as number;
}

/** Actions that begin look at those that run one after the other. */
const beginLock = 7_067_265;

/** One bucket is reached by the region that it is in and by none: what is changed is the resource, whatever the target is called. */
async function refuseOverlap(session: Session, id: string): Promise<void> {
  await session.query("select pg_advisory_xact_lock($1::bigint)", [beginLock]);
  const [row] = await session.query(
    `with mine as (
       select distinct r.id from action_steps s, json_array_elements_text(s.body::json -> 'resources') as r(id) where s.action = $1
     )
     select a.id, r.id as resource from actions a join action_steps s on s.action = a.id,
       json_array_elements_text(s.body::json -> 'resources') as r(id)
     where a.lease is not null and a.id <> $1 and a.target <> (select target from actions where id = $1)
       and r.id in (select id from mine) order by a.id, r.id limit 1`,
    [id],
  );
  if (row === undefined) return;
  const [other, resource] = [String(row["id"]), String(row["resource"])];
  throw new PortcullisError("usage", `action ${other}, which runs, changes ${resource} too: wait until it has ended`);
}

async function refuseTooManyFailures(
  session: Session,
  kind: string,
  { failures, minutes }: Start["breaker"],
): Promise<void> {
  const [row] = await session.query(
    `select count(distinct action)::int as count from action_failures
     where kind = $1 and at > clock_timestamp() - make_interval(mins => $2)`,
    [kind, minutes],
  );
  const count = Number(row?.["count"] ?? 0);
  if (count < failures) return;
  throw new PortcullisError(
    "usage",
    `${count} actions of kind ${kind} failed within ${minutes} minutes: none is run until there are fewer than ${failures} (actions.limits.breaker)`,
  );
}

async function isStopped(session: Session): Promise<boolean> {
  // Whoever presses the button waits for the steps that begin in this moment, and every later one sees it.
  const [row] = await session.query("select at from action_stop for share");
  return row?.["at"] !== null;
}

async function refuseStopped(session: Session): Promise<void> {
  if (!(await isStopped(session))) return;
  throw new PortcullisError("usage", "all actions are stopped: nothing starts until that is released");
}

async function noteFailure(session: Session, { action }: Claim, message: string): Promise<void> {
  await session.query(
    `insert into action_failures (action, kind, at, message)
     select id, kind, clock_timestamp(), $2 from actions where id = $1`,
    [action, message],
  );
}

async function standingOf(
  session: Session,
  { action }: Claim,
  purpose: Purpose,
): Promise<{ readonly takeovers: number; readonly isDecided: boolean }> {
  const [row] = await session.query(
    "select takeovers, action_decision_counts(decision, $2) as counts from actions where id = $1",
    [action, purpose],
  );
  return { takeovers: Number(row?.["takeovers"]), isDecided: row?.["counts"] === true };
}

interface Appended {
  readonly audit: ClaimOptions["audit"];
  readonly action: StoredAction;
  readonly by: Caller;
  readonly entries: readonly { readonly verb: string; readonly details?: JsonObject }[];
}

async function append(session: Session, { audit, action, by, entries }: Appended): Promise<void> {
  const [row] = await session.query("select clock_timestamp() as now");
  const at = row?.["now"] as Date;
  const events: AuditEvent[] = entries.map(({ verb, details = {} }) => actionEvent(action, { verb, at, by, details }));
  await audit.appendIn(session, events);
}
