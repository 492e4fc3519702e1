// The transactional outbox: an event is kept in the transaction of the change that it tells of, and published afterwards. So
// none is lost when the broker or the process dies, and none tells of what did not happen.
import { PortcullisError } from "../errors.js";
import type { Session } from "../store/database.js";
import { decidedTypes, type CloudEvent } from "./cloud-event.js";

export interface PendingEvent {
  readonly topic: string;
  /** Events of one key are published in the order of their transactions. */
  readonly key: string | null;
  readonly event: CloudEvent;
}

/**
 * In the caller's transaction, best at its end: until the commit nobody else enqueues events of the same keys. An event whose
 * id is there already is left as it is. Throws `internal` for an event of an action that does not name its decision.
 */
export async function enqueue(session: Session, events: readonly PendingEvent[]): Promise<void> {
  if (events.length === 0) return;
  await lockKeys(session, events);
  await insertEvents(session, events);
}

/** For who sees to the order of the keys by a lock of its own. */
export async function insertEvents(session: Session, events: readonly PendingEvent[]): Promise<void> {
  const undecided = events.find(({ event: { type, decisionid } }) => !decisionid && isDecided(type));
  if (undecided !== undefined) {
    const { type, id } = undecided.event;
    throw new PortcullisError(
      "internal",
      `${type} ${id} does not say which decision let it happen: expected decisionid`,
    );
  }
  const rows = events.map(({ topic, key, event }) => ({ id: event.id, topic, key, body: JSON.stringify(event) }));
  await session.query(
    `insert into outbox (id, topic, key, body)
     select id, topic, key, body
     from rows from (jsonb_to_recordset($1::jsonb) as (id text, topic text, key text, body text)) with ordinality as e
       (id, topic, key, body, n)
     order by n on conflict (id) do nothing`,
    [JSON.stringify(rows)],
  );
}

function isDecided(type: CloudEvent["type"]): boolean {
  return (decidedTypes as readonly string[]).includes(type);
}

/** Any number that only the outbox uses; beside it stands the hash of a key. */
const lockClass = 7_067_266;
/** Keys share locks, so that many events take few. */
const locks = 256;

async function lockKeys(session: Session, events: readonly PendingEvent[]): Promise<void> {
  const keys = [...new Set(events.flatMap(({ key }) => (key === null ? [] : [key])))];
  if (keys.length === 0) return;
  await session.query(
    `select pg_advisory_xact_lock($1::int, slot::int) from (
       select distinct abs(hashtext(key)::bigint) % ${locks} as slot from jsonb_array_elements_text($2::jsonb) as keys(key)
       order by 1
     ) as slots(slot)`,
    [lockClass, JSON.stringify(keys)],
  );
}
