// The contract of the runs of schedules, the same over both databases.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startPostgres, type PostgresServer } from "../../test/servers/postgres.js";
import { stepClock } from "../../test/testing/store.js";
import type { AuditEvent } from "../audit/trail.js";
import { planDue } from "../schedules/plan.js";
import type { ClaimedRun, Outcome, ScheduleRuns, Taken } from "../schedules/runs.js";
import { scheduleOf, type Schedule } from "../schedules/schedule.js";
import type { Database } from "./database.js";
import { migrate } from "./migrate.js";
import { openPglite } from "./pglite.js";
import { openPostgres } from "./postgres.js";
import { createScheduleRuns } from "./schedule-runs.js";

const folder = mkdtempSync(join(tmpdir(), "portcullis-schedule-runs-"));
let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const hourly = scheduleOf({ name: "hourly", cron: "0 * * * *", scan: { provider: ["sample"] } });
const done: Outcome = { status: "finished", scan: "scan-1", exitCode: 0, message: null };
const at = (time: string): Date => new Date(`2026-01-01T${time}Z`);

describe.each([
  ["PGlite", () => openPglite(join(folder, "store"))],
  ["PostgreSQL", () => openPostgres(server.url)],
])("runs of schedules on %s", (_, open: () => Promise<Database>) => {
  let database: Database;
  let runs: ScheduleRuns;
  let now: Date;
  let audited: string[];

  beforeAll(async () => {
    database = await open();
    await migrate(database);
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    await database.script("delete from schedule_runs; delete from schedules");
    now = at("00:30:00");
    audited = [];
    const appendIn = (__: unknown, events: readonly AuditEvent[]) => {
      audited.push(
        ...events.map(
          ({ kind, actor, details }) =>
            `${kind} ${actor.source} ${JSON.stringify(details["count"] ?? details["attempt"])}`,
        ),
      );
      return Promise.resolve([]);
    };
    runs = createScheduleRuns(database, {
      clock: stepClock(),
      audit: { appendIn },
      now: () => Promise.resolve(now),
      leaseMs: 15_000,
    });
  });

  const take = (replica = "one", schedule: Schedule = hourly): Promise<Taken> =>
    runs.take({
      ...{ schedule: schedule.name, definition: schedule.cron, replica },
      plan: (input) => planDue(schedule, input),
    });
  const started = async (replica = "one"): Promise<ClaimedRun> => {
    await take();
    now = at("01:00:00");
    return (await take(replica)).run!;
  };
  const rows = async (): Promise<string[]> =>
    (await runs.list({ statuses: [], limit: 100 })).runs.map(({ due, kind, status, attempt, durationMs }) =>
      `${due.slice(11, 16)} ${kind} ${status} ${attempt} ${durationMs ?? ""}`.trim(),
    );

  test("a due time is claimed once, is kept with its duration, and audited", async () => {
    const run = await started();
    expect(run).toMatchObject({
      schedule: "hourly",
      due: at("01:00:00"),
      kind: "scheduled",
      attempt: 1,
      replica: "one",
    });
    expect((await take("two")).run).toBeNull();
    now = at("01:00:07");
    expect([await runs.finish(run, done), await runs.finish(run, done)]).toEqual([true, true]);
    expect(await rows()).toEqual(["01:00 scheduled finished 1 7000"]);
    expect(audited).toEqual(["schedule.started schedule 1", "schedule.finished schedule 1"]);
    expect((await runs.states()).get("hourly")).toMatchObject({
      considered: at("01:00:00").toISOString(),
      lastRun: { scan: "scan-1", exitCode: 0 },
    });
  });

  test("of replicas that come together one gets it", async () => {
    await take();
    now = at("01:00:00");
    const taken = await Promise.all(["a", "b", "c", "d", "e"].map((replica) => take(replica)));
    expect(taken.filter(({ run }) => run !== null)).toHaveLength(1);
    expect(await rows()).toEqual(["01:00 scheduled running 1"]);
  });

  test("overlap is skipped, absence is missed", async () => {
    const run = await started();
    now = at("02:00:00");
    expect((await take("two")).run).toBeNull();
    now = at("02:30:00");
    await runs.finish(run, done);
    now = at("05:30:00");
    expect((await take()).run?.kind).toBe("catch-up");
    expect(await rows()).toEqual([
      "05:00 catch-up running 1",
      "04:00 scheduled missed 0",
      "03:00 scheduled missed 0",
      "02:00 scheduled skipped 0",
      "01:00 scheduled finished 1 5400000",
    ]);
    expect(audited).toContain("schedule.missed schedule 2");
    expect(audited).toContain("schedule.skipped schedule 1");
  });

  test("a run whose replica is gone is resumed, three times in all", async () => {
    let run = await started();
    const resume = async (replica: string) => (await runs.resume({ schedules: ["hourly"], replica, lapsed: true }))[0];
    now = at("01:00:10");
    expect(await runs.renew(run)).toBe(true);
    now = at("01:00:20");
    if (!database.exclusive) expect(await resume("two")).toBeUndefined();
    for (const attempt of [2, 3]) {
      now = new Date(now.getTime() + 60_000);
      const next = (await resume(`replica-${attempt}`))!;
      expect([next.attempt, await runs.renew(run), await runs.finish(run, done)]).toEqual([attempt, false, false]);
      run = next;
    }
    now = new Date(now.getTime() + 60_000);
    expect(await resume("last")).toBeUndefined();
    expect((await rows())[0]).toMatch(/01:00 scheduled failed 3/);
    expect(await runs.finish(run, done)).toBe(false);
  });

  test("what was interrupted is resumed at once, by somebody who has the schedule", async () => {
    const run = await started();
    await runs.finish(run, { ...done, status: "interrupted", scan: null, exitCode: null });
    now = at("02:00:00");
    expect((await take("two")).run).toBeNull();
    expect(await runs.resume({ schedules: ["other"], replica: "two", lapsed: false })).toEqual([]);
    const [again] = await runs.resume({ schedules: ["hourly"], replica: "two", lapsed: false });
    expect(again).toMatchObject({ id: run.id, attempt: 2, replica: "two" });
    expect(await rows()).toEqual(["02:00 scheduled skipped 0", "01:00 scheduled running 2"]);
  });

  test("on demand, unless it runs; what then comes due is skipped", async () => {
    await take();
    now = at("00:59:59");
    const run = (await runs.trigger({ schedule: "hourly", replica: "me" }))!;
    expect(await runs.trigger({ schedule: "hourly", replica: "you" })).toBeNull();
    now = at("01:00:00");
    expect((await take()).run).toBeNull();
    await runs.finish(run, done);
    expect((await rows()).sort()).toEqual([
      "00:59 manual finished 1 1000",
      "00:59 manual skipped 0",
      "01:00 scheduled skipped 0",
    ]);
    expect(audited[0]).toBe(`schedule.started ${database.exclusive ? "os-user" : "database-role"} 1`);
  });

  test("another cron makes no due times of the past, and one that was considered is not considered again", async () => {
    await started();
    now = at("05:30:00");
    const daily = scheduleOf({ ...hourly.settings, cron: "30 1 * * *" });
    expect((await take("one", daily)).plan.passedOver).toEqual([]);
    now = at("05:20:00"); // the clock is put back
    expect((await take("one", hourly)).plan).toMatchObject({ passedOver: [], start: null, considered: at("05:30:00") });
  });

  test("hostile texts are kept as texts; pages go on where they ended", async () => {
    const run = await started();
    await runs.finish(run, { ...done, status: "failed", message: "a\u0000b\ud800'; drop table schedule_runs; --" });
    now = at("04:00:00");
    await take();
    const first = await runs.list({ statuses: [], limit: 2 });
    const second = await runs.list({ statuses: [], limit: 2, after: first.next! });
    expect([...first.runs, ...second.runs].map(({ due }) => due.slice(11, 16))).toEqual([
      "04:00",
      "03:00",
      "02:00",
      "01:00",
    ]);
    expect([second.next, second.runs[1]?.message]).toEqual([null, "a\ufffdb\ufffd'; drop table schedule_runs; --"]);
    expect((await runs.list({ statuses: ["missed"], from: at("02:30:00").toISOString(), limit: 9 })).runs).toHaveLength(
      1,
    );
    await expect(runs.list({ statuses: [], limit: 2, after: "nonsense" })).rejects.toThrow(/cursor/);
  });

  test("whatever replicas do, each due time ends up in exactly one row", async () => {
    const step = fc.record({
      seconds: fc.integer({ min: -30, max: 900 }),
      replica: fc.constantFrom("a", "b"),
      act: fc.constantFrom("take", "take", "finish", "interrupt", "resume", "trigger", "nothing"),
    });
    const cron = fc.constantFrom("* * * * *", "*/7 * * * *", "0,30 * * * *", "*/20 * * * * *");
    const jitter = fc.constantFrom("0s", "50s", "5m");
    const catchUp = fc.constantFrom("latest" as const, "none" as const);
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 20 }),
        cron,
        jitter,
        catchUp,
        async (steps, expression, wait, missed) => {
          await database.script("delete from schedule_runs; delete from schedules");
          const schedule = scheduleOf({ ...hourly.settings, cron: expression, jitter: wait, catchUp: missed });
          const held = new Map<string, ClaimedRun>();
          now = at("00:00:00");
          await take("a", schedule);
          for (const { seconds, replica, act } of steps) {
            now = new Date(now.getTime() + seconds * 1_000);
            const own = held.get(replica);
            if (act === "take") keep(held, (await take(replica, schedule)).run);
            if (act === "trigger") keep(held, await runs.trigger({ schedule: "hourly", replica }));
            if (act === "resume")
              for (const run of await runs.resume({ schedules: ["hourly"], replica, lapsed: true })) keep(held, run);
            if (own !== undefined && (act === "finish" || act === "interrupt"))
              await runs.finish(own, act === "finish" ? done : { ...done, status: "interrupted" });
          }
          const { runs: all } = await runs.list({ statuses: [], limit: 10_000 });
          const automatic = all.filter(({ kind }) => kind !== "manual");
          const considered = new Date((await runs.states()).get("hourly")!.considered);
          const expected = [...schedule.dueTimes.between(at("00:00:00"), considered)].map((due) => due.toISOString());
          const single = automatic
            .filter(({ count }) => count === 1)
            .map(({ due }) => due)
            .sort();
          const gathered = automatic.filter(({ count }) => count > 1).reduce((sum, { count }) => sum + count, 0);
          expect(single.length + gathered).toBe(expected.length);
          if (gathered === 0) expect(single).toEqual(expected);
          expect(
            all.filter(({ status }) => status === "running" || status === "interrupted").length,
          ).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: database.exclusive ? 15 : 40 },
    );
  });
});

function keep(held: Map<string, ClaimedRun>, run: ClaimedRun | null): void {
  if (run !== null) held.set(run.replica, run);
}
