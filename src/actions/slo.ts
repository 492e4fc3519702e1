// How well actions do what they promise: the share that succeeded in time, computed from the journal. Nothing run is no success.
import type { Session } from "../store/database.js";
import { instant } from "../store/findings.js";
import type { ActionModule } from "./action.js";

export interface Objective {
  readonly name: string;
  readonly title: string;
  readonly modules: readonly ActionModule[];
  readonly withinSeconds: number;
  /** The share that has to succeed in time. */
  readonly goal: number;
}

export const objectives: readonly Objective[] = [
  {
    ...{ name: "provisioning", title: "Infrastructure is provisioned within 15 minutes" },
    ...{ modules: ["provisioning"], withinSeconds: 900, goal: 0.95 },
  },
  {
    ...{ name: "configuration", title: "Remediations and configurations are in effect within 5 minutes" },
    ...{ modules: ["remediation", "configuration"], withinSeconds: 300, goal: 0.9 },
  },
];

export interface ObjectiveFigures extends Omit<Objective, "modules"> {
  readonly modules: readonly string[];
  /** Actions that began in the period, and have ended or have taken longer than they may. */
  readonly total: number;
  /** Of these, those that succeeded in time. */
  readonly good: number;
  /** Null where there was no action: that says nothing. */
  readonly share: number | null;
  /** Null where it is not known. */
  readonly isMet: boolean | null;
  /** The share of the error budget that is left, below 0 where more was used; null where there was no action. */
  readonly errorBudget: number | null;
  /** The slowest and the middle of those that succeeded, in seconds; null where none did. */
  readonly seconds: { readonly median: number; readonly slowest: number } | null;
}

export interface SloPeriod {
  /** RFC 3339, UTC. */
  readonly from: string;
  readonly to: string;
  /** Of actions on one target only. */
  readonly target?: string;
}

/**
 * The time runs from the first step of an action's run to its end: who has to approve it is not waited for. What was rolled back,
 * failed, or is paused or running for longer than it may, did not succeed in time.
 */
export async function objectiveFigures(session: Session, { from, to, target }: SloPeriod): Promise<ObjectiveFigures[]> {
  const rows = await session.query(
    `select o.name, count(*)::int as total, count(*) filter (where a.in_time)::int as good,
       percentile_cont(0.5) within group (order by a.seconds) filter (where a.state = 'succeeded')::float8 as median,
       max(a.seconds) filter (where a.state = 'succeeded')::float8 as slowest
     from jsonb_to_recordset($1::jsonb) as o(name text, modules jsonb, "withinSeconds" float8)
     cross join lateral (
       select state, extract(epoch from ended_at - started_at) as seconds,
         state = 'succeeded' and ended_at - started_at <= make_interval(secs => o."withinSeconds") as in_time
       from actions
       where started_at >= $2 and started_at < $3 and o.modules ? module and ($4::text is null or target = $4)
         and (state in ('succeeded', 'rolled-back', 'failed')
           or clock_timestamp() - started_at > make_interval(secs => o."withinSeconds"))
     ) a
     group by o.name`,
    [JSON.stringify(objectives), from, to, target ?? null],
  );
  const found = new Map(rows.map((row) => [row["name"], row]));
  return objectives.map((objective) => {
    const { total = 0, good = 0, median = null, slowest = null } = found.get(objective.name) ?? {};
    return figuresOf(objective, { total, good, median, slowest } as Counted);
  });
}

interface Counted {
  readonly total: number;
  readonly good: number;
  readonly median: number | null;
  readonly slowest: number | null;
}

function figuresOf(objective: Objective, { total, good, median, slowest }: Counted): ObjectiveFigures {
  const share = total === 0 ? null : good / total;
  return {
    ...{ ...objective, total, good, share },
    isMet: share === null ? null : share >= objective.goal,
    errorBudget: total === 0 ? null : 1 - (total - good) / ((1 - objective.goal) * total),
    seconds: median === null || slowest === null ? null : { median, slowest },
  };
}

const budgetDays = 30;

/** The least that is left of a target's error budgets, over the last 30 days; null where nothing was run on it. */
export async function errorBudgetOf(session: Session, target: string): Promise<number | null> {
  const [row] = await session.query("select clock_timestamp() as now");
  const to = new Date(Date.parse(instant(row?.["now"])) + 1);
  const from = new Date(to.getTime() - budgetDays * 86_400_000);
  const period = { from: from.toISOString(), to: to.toISOString(), target };
  const left = (await objectiveFigures(session, period)).flatMap(({ errorBudget }) => errorBudget ?? []);
  return left.length === 0 ? null : Math.min(...left);
}
