// Events from others, in the database: each takes effect once, and what could not be used is kept.
import { messageOf, PortcullisError } from "../errors.js";
import type { CloudEvent } from "../events/cloud-event.js";
import type { Database, Session } from "./database.js";
import { databaseError } from "./database-error.js";
import { createDeadLetters, type DeadLetters, type DeadLettersOptions } from "./inbox-dead-letters.js";
import { listReceived, requestTypes, type ReceivedPage, type ReceivedQuery } from "./inbox-received.js";
import type { Outbox } from "./outbox.js";
import { storableKey } from "./storable.js";

export interface Inbox {
  /**
   * Does the work in a transaction that also says that the consumer has taken the event; `repeated` when it had already, and
   * then nothing is done. What the work throws undoes all of it.
   */
  take(taken: TakenEvent, work: (session: Session) => Promise<void>): Promise<"done" | "repeated">;
  /** What was received, the latest first. */
  received(query: ReceivedQuery): Promise<ReceivedPage>;
  /**
   * Removes what was received before the time, what exceeds a type's share, and dead letters that were replayed before it. Requests
   * that nobody has decided on stay.
   */
  prune(before: Date): Promise<number>;
  readonly deadLetters: DeadLetters;
}

export interface TakenEvent extends Pick<CloudEvent, "source" | "id"> {
  readonly consumer: string;
}

/** Of each type, so that one sender that says too much takes nothing from the others. */
export const mostOfType = 100_000;
/** A replay of something older may take effect again. */
const rememberedDays = 90;

export interface InboxOptions extends DeadLettersOptions {
  readonly outbox: Pick<Outbox, "committed">;
}

export function createInbox(database: Database, { clock, audit, outbox }: InboxOptions): Inbox {
  return {
    async take(taken, work) {
      const ended = await database.transaction((session) => takeIn(session, taken, work));
      if (ended === "done") outbox.committed();
      return ended;
    },
    received: (query) => listReceived(database, query),
    prune: (before) => prune(database, before, clock.now()),
    deadLetters: createDeadLetters(database, { clock, audit }),
  };
}

async function takeIn(
  session: Session,
  { consumer, source, id }: TakenEvent,
  work: (session: Session) => Promise<void>,
): Promise<"done" | "repeated"> {
  const [row] = await session.query(
    "insert into inbox (consumer, source, id) values ($1, $2, $3) on conflict do nothing returning 1 as taken",
    [consumer, storableKey(source, 1_200), storableKey(id, 600)],
  );
  if (row === undefined) return "repeated";
  await own(() => work(told(session)));
  return "done";
}

/** What the database refuses or cannot do is told as such: whoever took the event decides by that what to do with it. */
function told(session: Session): Session {
  const guarded = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw databaseError(error, "using", "the store");
    });
  return {
    query: (sql, params) => guarded(session.query(sql, params)),
    script: (sql) => guarded(session.script(sql)),
  };
}

/** Whatever else the work throws is its own fault, and no outage. */
async function own(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof PortcullisError) throw error;
    throw new PortcullisError("internal", messageOf(error), { cause: error });
  }
}

async function prune(database: Database, before: Date, now: Date): Promise<number> {
  const remembered = new Date(Math.min(before.getTime(), now.getTime() - rememberedDays * 86_400_000));
  return database.transaction(async (session) => {
    const old = await session.query(
      "delete from received_events where received < $1 and not (status = 'received' and type = any($2)) returning 1 as gone",
      [before.toISOString(), requestTypes],
    );
    const many = await session.query(
      `delete from received_events r using (
         select t.type, (select seq from received_events o where o.type = t.type order by seq desc offset $1 limit 1) as last
         from (select distinct type from received_events where not type = any($2)) t
       ) as limits where r.type = limits.type and r.seq <= limits.last returning 1 as gone`,
      [mostOfType, requestTypes],
    );
    await session.query("delete from inbox where taken < $1", [remembered.toISOString()]);
    await session.query("delete from dead_letters where replayed < $1", [before.toISOString()]);
    return old.length + many.length;
  });
}
