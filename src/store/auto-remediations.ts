// What is put right without being asked, as rows: what may be, what was, and what another system undoes. Times are the process's own.
import { createHash } from "node:crypto";
import { alertEvent } from "../alerts/alert-event.js";
import type { AuditEvent, AuditTrail, Caller } from "../audit/trail.js";
import type { Clock } from "../clock.js";
import { PortcullisError } from "../errors.js";
import { enqueue, type PendingEvent } from "../events/outbox.js";
import { askIn } from "./action-runs.js";
import type { Database, Row, Session } from "./database.js";
import { statusNow } from "./finding-query.js";
import { findingOf, instant, type Finding } from "./findings.js";
import { insertAlerts, type Announcing } from "./outbox-scan.js";

/** One remediation for resources of one account and region, under the name of the action that is asked for. */
export interface RemediationClaim {
  readonly action: string;
  readonly remediation: string;
  readonly account: string;
  readonly region: string | null;
  readonly touches: readonly { readonly resource: string; readonly type: string; readonly policy: string }[];
}

/** A finding that may be put right now. */
export interface DueFinding {
  readonly finding: Finding;
  /** How often it was tried for this resource and policy. */
  readonly attempts: number;
}

/** A finding that came back after each of so many fixes. */
export interface UndoneFinding {
  readonly finding: Finding;
  readonly fixes: number;
  /** The last of them. */
  readonly action: string;
}

export interface Flap {
  readonly fingerprint: string;
  readonly policy: string;
  readonly resource: string;
  readonly fixes: number;
  readonly action: string;
  readonly foundAt: string;
}

export interface AutoRemediations {
  /** Reads what became of the actions. */
  settle(): Promise<void>;
  /** Removes what no later look asks for; at most some thousand rows at once. */
  prune(settings: { readonly coolDownMs: number; readonly windowMs: number }): Promise<void>;
  /** Claims without an action, or with one that nobody asked to be run, the oldest first. */
  unasked(limit: number): Promise<readonly RemediationClaim[]>;
  /** Open failures of these policies that nothing holds back, the worst first; none of a place where one is under way. */
  due(query: {
    readonly policies: readonly string[];
    readonly coolDownMs: number;
    readonly limit: number;
  }): Promise<readonly DueFinding[]>;
  /** False, and nothing is kept, where another process was quicker. */
  claim(claim: RemediationClaim, attempts: ReadonlyMap<string, number>): Promise<boolean>;
  /** Asks for the run of what is allowed, once. */
  ask(action: string, caller: Caller): Promise<void>;
  /** It could not be requested at all; nothing where another process did. */
  refuse(action: string): Promise<void>;
  undone(query: {
    readonly policies: readonly string[];
    readonly windowMs: number;
    readonly fixes: number;
  }): Promise<readonly UndoneFinding[]>;
  /** With the entry in the audit trail and the alert, or not at all. False where it is flapping already. */
  stopFlapping(undone: UndoneFinding, message: string, caller: Caller): Promise<boolean>;
  /** What is flapping now, the latest first, at most 1,000. */
  flapping(): Promise<readonly Flap[]>;
  /** What is flapping now, by fingerprint, in pages. */
  flaps(page: { readonly after: string; readonly limit: number }): Promise<readonly Flap[]>;
  /** Of a whole fingerprint; null where it is not flapping. */
  releaseOne(fingerprint: string, caller: Caller): Promise<Flap | null>;
  /** Throws `usage` where no finding of that beginning is flapping, or several are. */
  release(fingerprintPrefix: string, caller: Caller): Promise<Flap>;
}

export interface AutoRemediationsOptions {
  readonly clock: Clock;
  readonly audit: Pick<AuditTrail, "appendIn">;
  readonly announcing: Announcing | null;
  /** Called after a commit with events. */
  readonly committed: () => void;
}

/** By resource and policy: what `claim` takes the number of attempts by. */
export function touchKey(resource: string, policy: string): string {
  return JSON.stringify([resource, policy]);
}

export function createAutoRemediations(database: Database, options: AutoRemediationsOptions): AutoRemediations {
  const now = (): string => options.clock.now().toISOString();
  return {
    settle: () => settle(database, now()),
    prune: (settings) => prune(database, { ...settings, now: options.clock.now().getTime() }),
    unasked: (limit) => unasked(database, limit),
    async due({ policies, coolDownMs, limit }) {
      const rows = await database.query(dueFindings, [now(), policies, coolDownMs, limit]);
      return rows.map((row) => ({ finding: findingOf(row), attempts: Number(row["attempts"]) }));
    },
    claim: (claim, attempts) => claimed(database, { claim, attempts, now: now() }),
    async ask(action, caller) {
      await database.transaction((session) => askIn(session, { action, verb: "run", reason: null, caller }));
    },
    async refuse(action) {
      await database.query(
        `update remediation_touches set outcome = 'refused', ended_at = $2
         where action = $1 and outcome = 'claimed' and not exists (select from actions where id = $1)`,
        [action, now()],
      );
    },
    async undone({ policies, windowMs, fixes }) {
      const rows = await database.query(undoneFindings, [now(), policies, windowMs, fixes]);
      return rows.map((row) => ({
        ...{ finding: findingOf(row), fixes: Number(row["fixes"]), action: String(row["last_action"]) },
      }));
    },
    async stopFlapping(undone, message, caller) {
      const isNew = await database.transaction((session) =>
        stopFlapping(session, { ...options, undone, message, caller, now: now() }),
      );
      if (isNew) options.committed();
      return isNew;
    },
    async flapping() {
      const rows = await database.query(
        "select * from remediation_flaps where released_at is null order by found_at desc, id limit 1000",
      );
      return rows.map(flapOf);
    },
    async flaps({ after, limit }) {
      const rows = await database.query(
        "select * from remediation_flaps where released_at is null and fingerprint > $1 order by fingerprint limit $2",
        [after, limit],
      );
      return rows.map(flapOf);
    },
    releaseOne: (fingerprint, caller) =>
      database.transaction(async (session) => {
        const [row] = await session.query(
          "select * from remediation_flaps where released_at is null and fingerprint = $1 for update",
          [fingerprint],
        );
        return row === undefined ? null : releaseRow(session, row, { ...options, caller, now: now() });
      }),
    release: (prefix, caller) =>
      database.transaction((session) => release(session, { ...options, prefix, caller, now: now() })),
  };
}

/** What a person rolled back, or runs later, counts too: outcomes follow the actions. */
async function settle(database: Database, now: string): Promise<void> {
  await database.query(
    `with seen as (
       select a.id, case when a.state = 'ready' and r.ended_at is not null then 'not-run' else a.state end as state
       from actions a left join action_runs r on r.action = a.id
       where a.id in (
         select action from remediation_touches where ended_at is null or at > $1::timestamptz - interval '90 days'
       )
     )
     update remediation_touches t set outcome = seen.state,
       ended_at = case when seen.state in ('ready', 'running', 'rolling-back') then null else $1::timestamptz end
     from seen where seen.id = t.action and t.outcome <> seen.state`,
    [now],
  );
}

/** Outcomes are followed for so long: see `settle`. */
const followedMs = 90 * 86_400_000;

/**
 * The last try at what is still wrong stays, however old it is: it may be a person's now. Older ones count towards flapping within
 * the window only, and a release only as long as tries before it do.
 */
async function prune(
  database: Database,
  { coolDownMs, windowMs, now }: { readonly coolDownMs: number; readonly windowMs: number; readonly now: number },
): Promise<void> {
  const before = new Date(now - Math.max(coolDownMs, windowMs, followedMs)).toISOString();
  await database.query(
    `delete from remediation_touches where ctid in (
       select t.ctid from remediation_touches t
       where t.ended_at is not null and t.at < $1 and (
         exists (select from remediation_touches l where l.resource = t.resource and l.policy = t.policy and l.attempt > t.attempt)
         or not exists (select from findings f where f.resource = t.resource and f.policy = t.policy and f.status = 'open'))
       limit 5000)`,
    [before],
  );
  await database.query("delete from remediation_flaps where released_at < $1", [before]);
}

async function unasked(database: Database, limit: number): Promise<readonly RemediationClaim[]> {
  const rows = await database.query(
    `select t.action, min(t.remediation) as remediation, min(t.account) as account, min(t.region) as region,
       jsonb_agg(jsonb_build_object('resource', t.resource, 'type', t.type, 'policy', t.policy) order by t.resource, t.policy) as touches
     from remediation_touches t left join action_runs r on r.action = t.action
     where t.outcome in ('claimed', 'ready') and r.action is null
     group by t.action order by min(t.at), t.action limit $1`,
    [limit],
  );
  return rows as unknown as RemediationClaim[];
}

/** An open failure at `$1`, of policies `$2`, that no flap holds back. */
const openFailures = `${statusNow} = 'open' and f.verdict = 'fail' and f.provider = 'aws' and f.policy = any($2::text[])
  and f.account ~ '^[0-9]{12}$'
  and not exists (select from remediation_flaps p where p.resource = f.resource and p.policy = f.policy and p.released_at is null)`;

/**
 * Only a scan that began after the last attempt was over proves that something is wrong (again). What is paused or could not be
 * rolled back is a person's, for as long as the finding has not been away since.
 */
const dueFindings = `
  select f.*, ${statusNow} as status_now, coalesce(t.attempt, 0) as attempts
  from findings f
  left join scans s on s.id = f.last_scan
  left join lateral (
    select * from remediation_touches t where t.resource = f.resource and t.policy = f.policy order by attempt desc limit 1
  ) t on true
  where ${openFailures}
    and (t.action is null or t.ended_at is not null and s.started > t.ended_at
      and t.at <= $1::timestamptz - make_interval(secs => $3::float8 / 1000)
      and (t.outcome not in ('paused', 'failed') or exists (
        select from finding_events e where e.fingerprint = f.fingerprint and e.kind in ('opened', 'reopened') and e.at > t.at)))
    and not exists (select from remediation_touches b where b.account = f.account and b.ended_at is null)
  order by f.severity_rank, f.first_seen, f.fingerprint limit $4`;

/** A fix that a person rolled back was undone as well. */
const undoneFindings = `
  select f.*, ${statusNow} as status_now, t.fixes, t.last_action
  from findings f
  join scans s on s.id = f.last_scan
  join lateral (
    select count(*)::int as fixes, max(t.ended_at) as last_end, (array_agg(t.action order by t.attempt desc))[1] as last_action
    from remediation_touches t
    where t.resource = f.resource and t.policy = f.policy and t.outcome in ('succeeded', 'rolled-back')
      and t.at > $1::timestamptz - make_interval(secs => $3::float8 / 1000)
      and t.at > coalesce((select max(p.released_at) from remediation_flaps p where p.resource = t.resource and p.policy = t.policy), '-infinity')
  ) t on true
  where ${openFailures} and t.fixes >= $4::int and s.started > t.last_end
  order by f.fingerprint limit 1000`;

interface Claiming {
  readonly claim: RemediationClaim;
  readonly attempts: ReadonlyMap<string, number>;
  readonly now: string;
}

async function claimed(database: Database, { claim, attempts, now }: Claiming): Promise<boolean> {
  const { action, remediation, account, region } = claim;
  const rows = claim.touches
    .map((touch) => ({ ...touch, attempt: (attempts.get(touchKey(touch.resource, touch.policy)) ?? 0) + 1 }))
    .toSorted((a, b) => (touchKey(a.resource, a.policy) < touchKey(b.resource, b.policy) ? -1 : 1));
  return database.transaction(async (session) => {
    await session.script("savepoint before_claim");
    const kept = await session.query(
      `insert into remediation_touches (resource, policy, attempt, type, account, region, remediation, action, at)
       select r.resource, r.policy, r.attempt, r.type, $2, $3, $4, $5, $6
       from jsonb_to_recordset($1::jsonb) as r (resource text, policy text, attempt int, type text)
       on conflict do nothing returning 1 as kept`,
      [JSON.stringify(rows), account, region, remediation, action, now],
    );
    if (kept.length === rows.length) return true;
    await session.script("rollback to savepoint before_claim");
    return false;
  });
}

interface Stopping extends AutoRemediationsOptions {
  readonly undone: UndoneFinding;
  readonly message: string;
  readonly caller: Caller;
  readonly now: string;
}

async function stopFlapping(session: Session, stopping: Stopping): Promise<boolean> {
  const { undone, message, caller, now, audit } = stopping;
  const { fingerprint, policy, resource } = undone.finding;
  const rows = await session.query(
    `insert into remediation_flaps (resource, policy, fingerprint, fixes, action, found_at) values ($1, $2, $3, $4, $5, $6)
     on conflict do nothing returning *`,
    [resource.id, policy, fingerprint, undone.fixes, undone.action, now],
  );
  const [flap] = rows.map(flapOf);
  if (flap === undefined) return false;
  await announce(session, stopping);
  await audit.appendIn(session, [entry("remediation.flapping", flap, { now, caller, message })]);
  return true;
}

/** As the finding that came back, which is what it is, with what was tried as its message. */
async function announce(session: Session, { announcing, undone, message, now }: Stopping): Promise<void> {
  if (announcing === null) return;
  const { finding, action } = undone;
  const { source, links } = announcing;
  const change = { kind: "reopened", scan: finding.lastScan, at: now, finding: { ...finding, message } } as const;
  const { event, ...made } = alertEvent(change, { source, links, traceparent: undefined });
  const id = createHash("sha256")
    .update(JSON.stringify(["remediation-flapping", finding.fingerprint, action]))
    .digest("hex")
    .slice(0, 40);
  const pending: PendingEvent & { event: typeof event } = { ...made, event: { ...event, id } };
  if (announcing.broker) await enqueue(session, [pending]);
  if (announcing.alerts) await insertAlerts(session, [pending.event]);
}

interface Releasing extends AutoRemediationsOptions {
  readonly prefix: string;
  readonly caller: Caller;
  readonly now: string;
}

async function release(session: Session, { prefix, caller, now, audit }: Releasing): Promise<Flap> {
  const start = prefix.toLowerCase();
  const known = /^[0-9a-f]{1,64}$/.test(start)
    ? await session.query(
        `select * from remediation_flaps where released_at is null and fingerprint >= $1 and fingerprint < $1 || 'g'
         order by fingerprint limit 2 for update`,
        [start],
      )
    : [];
  const [row] = known;
  if (row === undefined)
    throw new PortcullisError(
      "usage",
      `no finding that begins with ${prefix.slice(0, 64)} is flapping; see: portcullis remediate --flapping`,
    );
  if (known.length > 1)
    throw new PortcullisError("usage", `several that are flapping begin with ${start}; give more of the fingerprint`);
  return releaseRow(session, row, { caller, now, audit });
}

async function releaseRow(
  session: Session,
  row: Row,
  { caller, now, audit }: Pick<Releasing, "caller" | "now" | "audit">,
): Promise<Flap> {
  await session.query("update remediation_flaps set released_at = $2, released_by = $3 where id = $1", [
    ...[row["id"], now, caller.actor.name],
  ]);
  const flap = flapOf(row);
  await audit.appendIn(session, [entry("remediation.released", flap, { now, caller, message: null })]);
  return flap;
}

interface Telling {
  readonly now: string;
  readonly caller: Caller;
  readonly message: string | null;
}

function entry(kind: string, flap: Flap, { now, caller, message }: Telling): AuditEvent {
  const { fingerprint, policy, resource, fixes, action } = flap;
  const details = { policy, resource, fixes, action, message };
  return { at: now, kind, ...caller, subject: fingerprint, decision: null, details };
}

function flapOf(row: Row): Flap {
  const { fingerprint, policy, resource, fixes, action } = row;
  return { fingerprint, policy, resource, fixes, action, foundAt: instant(row["found_at"]) } as Flap;
}
