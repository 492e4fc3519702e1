// Runs of schedules on a database. A transaction holds the schedule's row while it decides, so that replicas that come
// together decide one after the other; unique keys hold what must never happen twice, whatever else goes wrong.
import { hostname } from "node:os";
import { systemCaller } from "../audit/caller.js";
import type { AuditEvent, AuditTrail } from "../audit/trail.js";
import type { Clock } from "../clock.js";
import type { Actor } from "../identity.js";
import type { JsonObject } from "../json.js";
import type { PassedOver, Plan, PlanInput } from "../schedules/plan.js";
import {
  maximumAttempts,
  type ClaimedRun,
  type Outcome,
  type ResumeInput,
  type RunPage,
  type RunQuery,
  type ScheduleRuns,
  type TakeInput,
  type Taken,
} from "../schedules/runs.js";
import type { Database, Row, Session } from "./database.js";
import { claimedRunOf, listRuns, scheduleStates } from "./schedule-run-rows.js";
import { storableText } from "./storable.js";

export interface ScheduleRunsOptions {
  readonly clock: Pick<Clock, "newId">;
  /** Null where nothing is audited: tests of the rest. */
  readonly audit: Pick<AuditTrail, "appendIn"> | null;
  readonly leaseMs?: number;
  /** The database's clock, for tests of time. */
  readonly now?: (session: Session) => Promise<Date>;
}

const defaultLease = 15_000;

export function createScheduleRuns(database: Database, options: ScheduleRunsOptions): ScheduleRuns {
  return new DatabaseScheduleRuns(database, options);
}

async function databaseNow(session: Session): Promise<Date> {
  const [row] = await session.query("select clock_timestamp() as now");
  return row?.["now"] as Date;
}

const claimed = "id, schedule, due, kind, attempt, replica";
/** Still held by who says so: by nobody else, and not for another attempt. */
const held = "id = $1 and replica = $2 and attempt = $3 and status = 'running'";

class DatabaseScheduleRuns implements ScheduleRuns {
  readonly leaseMs: number;
  readonly #database: Database;
  readonly #options: ScheduleRunsOptions;
  readonly #now: (session: Session) => Promise<Date>;

  constructor(database: Database, options: ScheduleRunsOptions) {
    this.#database = database;
    this.#options = options;
    this.#now = options.now ?? databaseNow;
    this.leaseMs = options.leaseMs ?? defaultLease;
  }

  now(): Promise<Date> {
    return this.#now(this.#database);
  }

  take(input: TakeInput): Promise<Taken> {
    return this.#database.transaction(async (session) => {
      const { stored, considered, now } = await this.#hold(session, input);
      const plan = input.plan({ considered, now, lastRun: await lastRun(session, input.schedule) });
      await this.#passOver(session, input.schedule, plan);
      const run = plan.start === null ? null : await this.#claim(session, { ...input, ...plan.start, now });
      if (plan.start !== null && run === null) {
        await this.#passOver(session, input.schedule, {
          passedOver: [{ due: plan.start.due, status: "skipped", count: 1 }],
        });
      }
      if (plan.considered.getTime() !== stored.considered.getTime() || stored.definition !== input.definition)
        await session.query("update schedules set considered = $2, definition = $3 where name = $1", [
          input.schedule,
          plan.considered.toISOString(),
          input.definition,
        ]);
      return { run, plan, now };
    });
  }

  /** The schedule's row, for this transaction alone. A schedule that is new, or means other times now, begins now. */
  async #hold(session: Session, { schedule, definition }: TakeInput): Promise<Held> {
    await session.query(
      "insert into schedules (name, definition, considered) values ($1, $2, $3) on conflict do nothing",
      [schedule, definition, (await this.#now(session)).toISOString()],
    );
    const [row] = await session.query("select definition, considered from schedules where name = $1 for update", [
      schedule,
    ]);
    const now = await this.#now(session);
    const stored = row as unknown as Held["stored"];
    const changed = stored.definition !== definition && stored.considered < now;
    return { stored, now, considered: changed ? now : stored.considered };
  }

  async #passOver(session: Session, schedule: string, { passedOver }: Pick<Plan, "passedOver">): Promise<void> {
    if (passedOver.length === 0) return;
    const rows = passedOver.map((one) => ({ id: this.#options.clock.newId(), ...one, message: reasonOf(one) }));
    const written = await session.query(
      `insert into schedule_runs (id, schedule, due, kind, status, count, attempt, message)
       select id, $1, due, 'scheduled', status, count, 0, message
       from jsonb_to_recordset($2::jsonb) as r(id text, due timestamptz, status text, count int, message text)
       on conflict do nothing returning id, due, status, count`,
      [schedule, JSON.stringify(rows)],
    );
    for (const status of ["missed", "skipped"] as const) {
      const of = written.filter((row) => row["status"] === status);
      if (of.length > 0) await this.#audit(session, scheduler(schedule), [`schedule.${status}`, null, summaryOf(of)]);
    }
  }

  async #claim(session: Session, claim: Claim): Promise<ClaimedRun | null> {
    const { schedule, due, kind, replica, now } = claim;
    const [row] = await session.query(
      `insert into schedule_runs (id, schedule, due, kind, status, count, attempt, replica, lease, started)
       values ($1, $2, $3, $4, 'running', 1, 1, $5, $6, $7) on conflict do nothing returning ${claimed}`,
      [this.#options.clock.newId(), schedule, due.toISOString(), kind, replica, this.#lease(now), now.toISOString()],
    );
    if (row === undefined) return null;
    const run = claimedRunOf(row);
    await this.#auditRun(session, "schedule.started", run, { actor: claim.actor ?? scheduler(schedule) });
    return run;
  }

  async trigger({ schedule, replica }: Parameters<ScheduleRuns["trigger"]>[0]): Promise<ClaimedRun | null> {
    const { actor } = await systemCaller(this.#database);
    return this.#database.transaction(async (session) => {
      const now = await this.#now(session);
      const run = await this.#claim(session, { schedule, replica, actor, now, due: now, kind: "manual" });
      if (run !== null) return run;
      const skipped: PassedOver = { due: now, status: "skipped", count: 1 };
      await session.query(
        `insert into schedule_runs (id, schedule, due, kind, status, count, attempt, message)
         values ($1, $2, $3, 'manual', 'skipped', 1, 0, $4)`,
        [this.#options.clock.newId(), schedule, now.toISOString(), reasonOf(skipped)],
      );
      await this.#audit(session, actor, ["schedule.skipped", null, { schedule, due: now.toISOString(), count: 1 }]);
      return null;
    });
  }

  resume({ schedules, replica, lapsed }: ResumeInput): Promise<readonly ClaimedRun[]> {
    return this.#database.transaction(async (session) => {
      const now = await this.#now(session);
      const rows = await session.query(
        `select id, attempt from schedule_runs
         where status in ('running', 'interrupted') and schedule in (select jsonb_array_elements_text($1::jsonb))
           and (status = 'interrupted' or ($5 and (lease < $2 or ($3 and replica <> $4))))
         order by due, id for update skip locked`,
        [JSON.stringify(schedules), now.toISOString(), this.#database.exclusive, replica, lapsed],
      );
      const spent = rows.filter((row) => Number(row["attempt"]) >= maximumAttempts);
      for (const { id } of spent) await this.#giveUp(session, id, now);
      const resumed: ClaimedRun[] = [];
      for (const row of rows)
        if (!spent.includes(row)) resumed.push(await this.#takeOver(session, row, { replica, now }));
      return resumed;
    });
  }

  async #takeOver(
    session: Session,
    { id }: Row,
    { replica, now }: { replica: string; now: Date },
  ): Promise<ClaimedRun> {
    const [row] = await session.query(
      `update schedule_runs set status = 'running', attempt = attempt + 1, replica = $2, lease = $3
       where id = $1 returning ${claimed}`,
      [id, replica, this.#lease(now)],
    );
    const run = claimedRunOf(row ?? {});
    await this.#auditRun(session, "schedule.started", run, { actor: scheduler(run.schedule) });
    return run;
  }

  async #giveUp(session: Session, id: unknown, now: Date): Promise<void> {
    const message = `given up: it ended ${maximumAttempts} times without a result`;
    const [row] = await session.query(
      `update schedule_runs set status = 'failed', lease = null, finished = $2, message = $3
       where id = $1 returning ${claimed}`,
      [id, now.toISOString(), message],
    );
    const run = claimedRunOf(row ?? {});
    const details = { status: "failed", message };
    await this.#auditRun(session, "schedule.finished", run, { actor: scheduler(run.schedule), details });
  }

  async renew(run: ClaimedRun): Promise<boolean> {
    const lease = this.#lease(await this.now());
    const params = [run.id, run.replica, run.attempt, lease];
    const rows = await this.#database.query(`update schedule_runs set lease = $4 where ${held} returning id`, params);
    return rows.length === 1;
  }

  finish(run: ClaimedRun, outcome: Outcome): Promise<boolean> {
    return this.#database.transaction(async (session) => {
      const { status, scan, exitCode } = outcome;
      const message = outcome.message === null ? null : storableText(outcome.message);
      const finished = status === "interrupted" ? null : (await this.#now(session)).toISOString();
      const [row] = await session.query(
        `update schedule_runs set status = $4, finished = $5, scan = $6, exit_code = $7, message = $8, lease = null
         where ${held} returning started`,
        [run.id, run.replica, run.attempt, status, finished, scan, exitCode, message],
      );
      if (row === undefined) return isDone(session, run, status);
      const kind = status === "interrupted" ? "schedule.interrupted" : "schedule.finished";
      const details = { status, scan, exitCode, message };
      await this.#auditRun(session, kind, run, { actor: scheduler(run.schedule), details });
      return true;
    });
  }

  list(query: RunQuery): Promise<RunPage> {
    return listRuns(this.#database, query);
  }

  states(): ReturnType<ScheduleRuns["states"]> {
    return scheduleStates(this.#database);
  }

  #lease(now: Date): string {
    return new Date(now.getTime() + this.leaseMs).toISOString();
  }

  #auditRun(
    session: Session,
    kind: string,
    run: ClaimedRun,
    { actor, details = {} }: { readonly actor: Actor; readonly details?: JsonObject },
  ): Promise<void> {
    const { schedule, due, attempt, replica } = run;
    const all = { schedule, due: due.toISOString(), kind: run.kind, attempt, replica, ...details };
    return this.#audit(session, actor, [kind, run.id, all]);
  }

  async #audit(
    session: Session,
    actor: Actor,
    [kind, subject, details]: [string, string | null, JsonObject],
  ): Promise<void> {
    if (this.#options.audit === null) return;
    const at = (await this.#now(session)).toISOString();
    const event: AuditEvent = { at, kind, actor, origin: hostname(), subject, decision: null, details };
    await this.#options.audit.appendIn(session, [event]);
  }
}

interface Held extends Pick<PlanInput, "considered" | "now"> {
  readonly stored: { readonly definition: string; readonly considered: Date };
}

interface Claim {
  readonly schedule: string;
  readonly due: Date;
  readonly kind: ClaimedRun["kind"];
  readonly replica: string;
  readonly now: Date;
  readonly actor?: Actor;
}

function scheduler(schedule: string): Actor {
  return { name: schedule, source: "schedule" };
}

/** The run that goes on, or the one that started last. */
async function lastRun(session: Session, schedule: string): Promise<PlanInput["lastRun"]> {
  const [row] = await session.query(
    `select started, finished from schedule_runs where schedule = $1 and started is not null
     order by (status in ('running', 'interrupted')) desc, started desc limit 1`,
    [schedule],
  );
  return row === undefined ? null : { from: row["started"] as Date, to: row["finished"] as Date | null };
}

/** The answer to a `finish` that was kept may have been lost with its connection. */
async function isDone(session: Session, run: ClaimedRun, status: string): Promise<boolean> {
  const rows = await session.query(
    "select id from schedule_runs where id = $1 and replica = $2 and attempt = $3 and status = $4",
    [run.id, run.replica, run.attempt, status],
  );
  return rows.length === 1;
}

function reasonOf({ status, count }: PassedOver): string {
  if (status === "skipped") return "the former run of the schedule was still running";
  if (count === 1) return "no scheduler was there in time";
  return `no scheduler was there in time; this row stands for ${count} due times up to this one`;
}

function summaryOf(rows: readonly Row[]): JsonObject {
  const dues = rows.map((row) => (row["due"] as Date).toISOString()).sort();
  const count = rows.reduce((sum, row) => sum + Number(row["count"]), 0);
  return { count, first: dues[0] ?? null, last: dues.at(-1) ?? null };
}
