// Requests that came as events, until each is decided: once, however often a process dies on the way.
import { createHash } from "node:crypto";
import type { AuditTrail, Caller } from "../audit/trail.js";
import type { Clock } from "../clock.js";
import type { CloudEvent, EventType } from "../events/cloud-event.js";
import type { JsonObject } from "../json.js";
import { askIn } from "./action-runs.js";
import type { Database, Row } from "./database.js";
import { storable, storableText } from "./storable.js";

export interface EventRequest {
  /** Where it stands among those that came. */
  readonly seq: number;
  /** The same for the same event, and for no other: what is made of it has this name. */
  readonly action: string;
  readonly event: CloudEvent;
}

export type EventAnswer =
  | { readonly status: "decided"; readonly decision: string; readonly action: string; readonly isToRun: boolean }
  | { readonly status: "refused"; readonly message: string };

export interface EventRequests {
  /** Those that nobody has decided on, oldest first. */
  waiting(query: {
    readonly types: readonly EventType[];
    readonly after: number;
    readonly limit: number;
  }): Promise<readonly EventRequest[]>;
  /** With the wish to run the action and the entry in the audit trail, or not at all. False when it was answered before. */
  answer(request: EventRequest, answer: EventAnswer, caller: Caller): Promise<boolean>;
}

export interface EventRequestsOptions {
  readonly clock: Clock;
  readonly audit: Pick<AuditTrail, "appendIn">;
}

export function createEventRequests(database: Database, { clock, audit }: EventRequestsOptions): EventRequests {
  return {
    async waiting({ types, after, limit }) {
      const rows = await database.query(
        `select seq, source, id, event from received_events
         where status = 'received' and type = any($1::text[]) and seq > $2 order by seq limit $3`,
        [types, after, limit],
      );
      return rows.map(requestOf);
    },
    answer: (request, answer, caller) =>
      database.transaction(async (session) => {
        const isDecided = answer.status === "decided";
        const rows = await session.query(
          `update received_events set status = $2, decision = $3, action = $4, message = $5
           where seq = $1 and status = 'received' returning 1 as answered`,
          [
            ...[request.seq, answer.status, isDecided ? answer.decision : null, isDecided ? answer.action : null],
            isDecided ? null : storableText(answer.message).slice(0, 4_000),
          ],
        );
        if (rows.length === 0) return false;
        if (isDecided && answer.isToRun)
          await askIn(session, { action: answer.action, verb: "run", reason: null, caller });
        const { source, id, type } = request.event;
        const details = storable({ source, type, ...answer }) as unknown as JsonObject;
        const decision = isDecided ? answer.decision : null;
        const at = clock.now().toISOString();
        await audit.appendIn(session, [
          { at, kind: `event-request.${answer.status}`, ...caller, subject: storableText(id), decision, details },
        ]);
        return true;
      }),
  };
}

function requestOf(row: Row): EventRequest {
  const key = JSON.stringify([row["source"], row["id"]]);
  const action = `event-${createHash("sha256").update(key).digest("hex").slice(0, 40)}`;
  return { seq: Number(row["seq"]), action, event: row["event"] as CloudEvent };
}
