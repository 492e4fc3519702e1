// Run tasks between HCP Terraform's question and our answer. The database's clock decides, so that processes on several
// machines agree; a task is held by a lease, so that one whose process died is done by another.
import { systemCaller } from "../audit/caller.js";
import type { AuditTrail } from "../audit/trail.js";
import type { Json, JsonObject } from "../json.js";
import type { Database, Row } from "./database.js";
import { storable } from "./storable.js";

export interface NewRunTask {
  /** HCP Terraform's id of the task result. */
  readonly id: string;
  readonly run: string;
  readonly task: JsonObject;
  /** The access token, sealed. */
  readonly token: string;
}

export interface StoredRunTask extends NewRunTask {
  /** How often it was taken, this time included. */
  readonly attempts: number;
  readonly ageMs: number;
  /** What is to be sent; null where it was not judged yet. */
  readonly result: JsonObject | null;
}

export interface RunTaskEnd {
  readonly status: "passed" | "failed" | "refused" | "expired";
  /** For the audit trail. */
  readonly details: JsonObject;
}

/** Every method throws PortcullisError `store-unavailable` when the database is not there. */
export interface RunTasks {
  /** `known`: it was asked for before, and nothing changes. `full`: `most` wait already. */
  add(task: NewRunTask, most: number): Promise<"added" | "known" | "full">;
  /** The oldest that is due and held by nobody; null where there is none. */
  take(holder: string): Promise<StoredRunTask | null>;
  /** Keeps what one holds. */
  renew(holder: string): Promise<void>;
  keepResult(id: string, result: JsonObject): Promise<void>;
  /** Lets go of it for a while. */
  postpone(id: string, delayMs: number): Promise<void>;
  /** Lets go of everything, at once: the process ends. */
  release(holder: string): Promise<void>;
  /** It is over, and so is what its token was for. */
  finish(id: string, end: RunTaskEnd): Promise<void>;
  /** Those of which HCP Terraform has not heard for so long; they count as told from now on. At most 50. */
  silent(milliseconds: number): Promise<readonly StoredRunTask[]>;
  /** How many are not done. */
  waiting(): Promise<number>;
}

export interface RunTasksOptions {
  readonly audit: Pick<AuditTrail, "appendIn">;
  readonly leaseMs?: number;
}

/** How long what is done is remembered, so that a question that is asked again is not answered again. */
const remembered = "7 days";
const columns = "id, run, task, token, attempts, result, extract(epoch from now() - received)::float8 * 1000 as age";

export function createRunTasks(database: Database, { audit, leaseMs = 60_000 }: RunTasksOptions): RunTasks {
  const lease = `${leaseMs} milliseconds`;
  return {
    async add({ id, run, task, token }, most) {
      await database.query(`delete from run_tasks where done < now() - interval '${remembered}'`);
      const added = await database.query(
        `insert into run_tasks (id, run, task, token) select $1, $2, $3::jsonb, $4
         where (select count(*) from run_tasks where done is null) < $5 on conflict do nothing returning id`,
        [id, run, JSON.stringify(storable(task)), token, most],
      );
      if (added.length > 0) return "added";
      const known = await database.query("select 1 from run_tasks where id = $1", [id]);
      return known.length > 0 ? "known" : "full";
    },
    async take(holder) {
      const [row] = await database.query(
        `update run_tasks set holder = $1, lease = now() + $2::interval, attempts = attempts + 1 where id =
         (select id from run_tasks where done is null and due <= now() and (lease is null or lease < now())
          order by received limit 1 for update skip locked) returning ${columns}`,
        [holder, lease],
      );
      return row === undefined ? null : taskOf(row);
    },
    async renew(holder) {
      await database.query(
        "update run_tasks set lease = now() + $2::interval where holder = $1 and done is null and lease is not null",
        [holder, lease],
      );
    },
    async keepResult(id, result) {
      const text = JSON.stringify(storable(result));
      await database.query("update run_tasks set result = $2::jsonb where id = $1 and done is null", [id, text]);
    },
    async postpone(id, delayMs) {
      await database.query(
        "update run_tasks set lease = null, holder = null, due = now() + $2::interval where id = $1 and done is null",
        [id, `${Math.round(delayMs)} milliseconds`],
      );
    },
    async release(holder) {
      await database.query("update run_tasks set lease = null, holder = null where holder = $1 and done is null", [
        holder,
      ]);
    },
    finish: (id, end) => finish({ database, audit }, id, end),
    async silent(milliseconds) {
      const rows = await database.query(
        `update run_tasks set progress = now() where id in (select id from run_tasks where done is null and result is null
         and progress < now() - $1::interval order by received limit 50 for update skip locked) returning ${columns}`,
        [`${milliseconds} milliseconds`],
      );
      return rows.map(taskOf);
    },
    async waiting() {
      const [row] = await database.query("select count(*)::int as count from run_tasks where done is null");
      return row?.["count"] as number;
    },
  };
}

/** With its entry in the audit trail, or not at all. */
async function finish(
  { database, audit }: { readonly database: Database } & Pick<RunTasksOptions, "audit">,
  id: string,
  { status, details: told }: RunTaskEnd,
): Promise<void> {
  const caller = await systemCaller(database);
  await database.transaction(async (session) => {
    const [row] = await session.query(
      `update run_tasks set done = now(), status = $2, token = '', result = null, lease = null
       where id = $1 and done is null returning run, now() as now`,
      [id, status],
    );
    if (row === undefined) return;
    const details = storable({ ...told, run: row["run"] as string, status }) as JsonObject;
    const event = { kind: "run-task.answered", ...caller, subject: id, decision: null, details };
    await audit.appendIn(session, [{ ...event, at: (row["now"] as Date).toISOString() }]);
  });
}

function taskOf(row: Row): StoredRunTask {
  const { id, run, task, token, attempts, result, age } = row as Readonly<Record<string, Json>>;
  return { id, run, task, token, attempts, result, ageMs: age } as unknown as StoredRunTask;
}
