// How actions stand, in a few numbers, for whoever watches the service.
import type { Session } from "./database.js";

export interface ActionGauges {
  readonly actions: readonly { readonly kind: string; readonly state: string; readonly count: number }[];
  /** Failures within the breaker's time, by kind. */
  readonly failures: ReadonlyMap<string, number>;
  readonly isStopped: boolean;
  /** Wishes to run something that nobody has taken. */
  readonly waitingRuns: number;
}

const most = 100_000;

export async function actionGauges(session: Session, breakerMinutes: number): Promise<ActionGauges> {
  const [actions, failures, [single]] = await Promise.all([
    session.query(
      `select kind, state, count(*)::int as count from (select kind, state from actions order by requested_at desc limit ${most}) a
       group by kind, state`,
    ),
    session.query(
      `select kind, count(*)::int as count from action_failures
       where at > clock_timestamp() - make_interval(mins => $1) group by kind`,
      [breakerMinutes],
    ),
    session.query(
      `select exists (select 1 from action_stop where at is not null) as stopped,
         (select count(*)::int from (select 1 from action_runs where ended_at is null and holder is null limit ${most}) w) as waiting`,
    ),
  ]);
  return {
    actions: actions.map(({ kind, state, count }) => ({
      kind: String(kind),
      state: String(state),
      count: Number(count),
    })),
    failures: new Map(failures.map(({ kind, count }) => [String(kind), Number(count)])),
    ...{ isStopped: single?.["stopped"] === true, waitingRuns: Number(single?.["waiting"]) },
  };
}
