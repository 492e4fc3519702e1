// Rows of schedule_runs, read and paged.
import type { ClaimedRun, RunPage, RunQuery, ScheduleRun, ScheduleRuns } from "../schedules/runs.js";
import { decodeCursor, encodeCursor, foreignCursor, isInstant } from "./cursor.js";
import type { Row, Session } from "./database.js";
import { instant } from "./findings.js";

export async function listRuns(session: Session, query: RunQuery): Promise<RunPage> {
  const after = query.after === undefined ? [null, null] : decodeCursor(query.after, ["string", "string"]);
  if (query.after !== undefined && !isInstant(after[0])) throw foreignCursor();
  const rows = await session.query(
    `select * from schedule_runs
     where ($1::text is null or schedule = $1)
       and ($2::jsonb = '[]'::jsonb or status in (select jsonb_array_elements_text($2::jsonb)))
       and ($3::timestamptz is null or due >= $3) and ($4::timestamptz is null or due < $4)
       and ($5::timestamptz is null or due < $5 or (due = $5 and id > $6))
     order by due desc, id limit $7`,
    [
      query.schedule ?? null,
      JSON.stringify(query.statuses),
      query.from ?? null,
      query.to ?? null,
      ...after,
      query.limit + 1,
    ],
  );
  const runs = rows.slice(0, query.limit).map(runOf);
  const last = runs.at(-1);
  const more = rows.length > query.limit && last !== undefined;
  return { runs, next: more ? encodeCursor([last.due, last.id]) : null };
}

export async function scheduleStates(session: Session): ReturnType<ScheduleRuns["states"]> {
  const rows = await session.query(
    `select s.name, s.considered, s.definition, r.* from schedules s
     left join lateral (
       select * from schedule_runs where schedule = s.name order by due desc, id limit 1
     ) r on true order by s.name`,
  );
  return new Map(
    rows.map((row) => [
      row["name"] as string,
      {
        considered: instant(row["considered"]),
        definition: row["definition"] as string,
        lastRun: row["id"] === null ? null : runOf(row),
      },
    ]),
  );
}

function runOf(row: Row): ScheduleRun {
  const { id, schedule, kind, status, count, attempt, replica, scan, message } = row;
  const started = row["started"] as Date | null;
  const finished = row["finished"] as Date | null;
  return {
    ...{ id, schedule, due: instant(row["due"]), kind, status, count, attempt, replica },
    startedAt: started?.toISOString() ?? null,
    finishedAt: finished?.toISOString() ?? null,
    durationMs: started === null || finished === null ? null : finished.getTime() - started.getTime(),
    ...{ scan, exitCode: row["exit_code"], message },
  } as ScheduleRun;
}

export function claimedRunOf(row: Row): ClaimedRun {
  const { id, schedule, due, kind, attempt, replica } = row;
  return { id, schedule, due, kind, attempt, replica } as ClaimedRun;
}
