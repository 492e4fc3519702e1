// The transactional outbox: an event is kept in the transaction of the change that it tells of, and published afterwards. So
// none is lost when the broker or the process dies, and none tells of what did not happen.
import type { Session } from "../store/database.js";
import type { CloudEvent } from "./cloud-event.js";

export interface PendingEvent {
  readonly topic: string;
  /** Events of one key are published in the order of their transactions. */
  readonly key: string | null;
  readonly event: CloudEvent;
}

/** In the caller's transaction. An event whose id is there already is left as it is. */
export async function enqueue(session: Session, events: readonly PendingEvent[]): Promise<void> {
  for (const { topic, key, event } of events) {
    await session.query(
      "insert into outbox (id, topic, key, body) values ($1, $2, $3, $4) on conflict (id) do nothing",
      [event.id, topic, key, JSON.stringify(event)],
    );
  }
}
