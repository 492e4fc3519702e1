// What a scan changed, told to others: an event for each change of a finding and one for the scan, in the transaction that
// merges it. They are made in batches, so that a first scan of any size takes little memory.
import { alertEvent, scanEvent, type AlertEvent, type EventContext } from "../alerts/alert-event.js";
import type { LinkTemplates } from "../compliance/links.js";
import { insertEvents, type PendingEvent } from "../events/outbox.js";
import type { JsonObject } from "../json.js";
import { traceparent } from "../observability/trace.js";
import type { Row, Session } from "./database.js";
import { findingOf, instant } from "./findings.js";
import type { FindingEventKind } from "./history.js";
import type { MergedScan, ScanOutcome } from "./merge-scan.js";

/** Who is told. Where nobody is, no event is written: nothing would take it away. */
export interface Announcing {
  readonly broker: boolean;
  /** Destinations of alerts besides the broker. */
  readonly alerts: boolean;
  /** CloudEvents' `source`. */
  readonly source: string;
  readonly links: LinkTemplates;
}

const perBatch = 500;

/** Last in the transaction that holds the lock of merges: it keeps the events of a finding in order. */
export async function announceScan(session: Session, scan: MergedScan, outcome: ScanOutcome): Promise<void> {
  const to = scan.announcing ?? null;
  if (to === null || !(to.broker || to.alerts)) return;
  const context = { source: to.source, links: to.links, traceparent: traceparent() };
  let after = 0;
  for (;;) {
    const changes = await readChanges(session, after);
    const last = changes.at(-1);
    if (last === undefined) break;
    after = Number(last["n"]);
    await write(session, { to, changes, scan, context });
  }
  if (to.broker) await insertEvents(session, [await ended(session, scan, { outcome, context })]);
}

function readChanges(session: Session, after: number): Promise<readonly Row[]> {
  return session.query(
    `select f.*, f.status as status_now, c.n, c.kind as change_kind, c.quiet
     from (select * from scan_changes where n > $1 order by n limit ${perBatch}) c
     join findings f on f.fingerprint = c.fingerprint order by c.n`,
    [after],
  );
}

interface Changes {
  readonly to: Announcing;
  readonly changes: readonly Row[];
  readonly scan: MergedScan;
  readonly context: EventContext;
}

async function write(session: Session, { to, changes, scan, context }: Changes): Promise<void> {
  const made = changes.map((row) => {
    const kind = row["change_kind"] as FindingEventKind;
    const pending = alertEvent({ kind, scan: scan.id, at: scan.at, finding: findingOf(row) }, context);
    return { pending, quiet: row["quiet"] === true };
  });
  const loud = made.filter(({ quiet }) => !quiet).map(({ pending }) => pending.event);
  if (to.broker)
    await insertEvents(
      session,
      made.map(({ pending }) => pending),
    );
  if (to.alerts && loud.length > 0) await insertAlerts(session, loud);
}

/** For the destinations of alerts. */
export async function insertAlerts(session: Session, events: readonly AlertEvent[]): Promise<void> {
  await session.query(
    `insert into alert_events (id, event)
     select e ->> 'id', e from jsonb_array_elements($1::jsonb) with ordinality as events(e, n) order by n
     on conflict (id) do nothing`,
    [JSON.stringify(events)],
  );
}

async function ended(
  session: Session,
  { id, at, summary, problems }: MergedScan,
  { outcome, context }: { readonly outcome: ScanOutcome; readonly context: EventContext },
): Promise<PendingEvent> {
  const [row] = await session.query("select started, targets, schedule from scans where id = $1", [id]);
  const facts = {
    ...{ id, at, startedAt: instant(row?.["started"]) },
    status: problems.length === 0 && summary.error === 0 ? "complete" : "incomplete",
    targets: row?.["targets"] as readonly string[],
    schedule: (row?.["schedule"] ?? null) as string | null,
    summary: summary as unknown as JsonObject,
    outcome: outcome as unknown as JsonObject,
    problems: problems.length,
  } as const;
  return scanEvent(facts, context);
}
