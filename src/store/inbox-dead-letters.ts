// Messages that could not be used, byte for byte, until somebody has replayed them.
import { createHash } from "node:crypto";
import type { AuditTrail, Caller } from "../audit/trail.js";
import type { Clock } from "../clock.js";
import { PortcullisError } from "../errors.js";
import { decodeCursor, encodeCursor } from "./cursor.js";
import type { Database, Row, Session } from "./database.js";
import { instant } from "./findings.js";
import { storable, storableText } from "./storable.js";

export interface BuriedMessage {
  readonly subscription: string;
  readonly topic: string;
  readonly key: string | null;
  readonly properties: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
  readonly reason: string;
  /** How often it was tried. */
  readonly attempts: number;
  readonly firstFailed: Date;
}

export interface DeadLetter {
  readonly id: string;
  readonly subscription: string;
  readonly topic: string;
  readonly key: string | null;
  readonly properties: Readonly<Record<string, string>>;
  readonly size: number;
  readonly reason: string;
  readonly attempts: number;
  readonly firstFailed: string;
  readonly lastFailed: string;
  /** How often it came here: more than once when a replay did not help. */
  readonly failures: number;
  /** When it was replayed; null while it waits. */
  readonly replayed: string | null;
  readonly replays: number;
}

export interface DeadLetterQuery {
  readonly limit: number;
  readonly after?: string;
  /** Only those that wait for somebody. */
  readonly waiting?: boolean;
}

export interface DeadLetterPage {
  readonly letters: readonly DeadLetter[];
  readonly next: string | null;
}

export interface DeadLetters {
  /** Keeps it; one that is there already is the same letter. Gives its id. */
  bury(message: BuriedMessage): Promise<string>;
  /** The latest first. */
  list(query: DeadLetterQuery): Promise<DeadLetterPage>;
  get(id: string): Promise<(DeadLetter & { readonly bytes: Uint8Array }) | null>;
  /** It was published again: by whom is in the audit trail. */
  markReplayed(id: string, caller: Caller): Promise<void>;
  /** How many wait. */
  waiting(): Promise<number>;
}

const columns = `seq, id, subscription, topic, key, properties, octet_length(body) as size, reason, attempts, first_failed,
  last_failed, failures, replayed, replays`;

export interface DeadLettersOptions {
  readonly clock: Clock;
  readonly audit: Pick<AuditTrail, "appendIn">;
}

export function createDeadLetters(database: Database, { clock, audit }: DeadLettersOptions): DeadLetters {
  return {
    bury: (message) => bury(database, message, clock.now()),
    list: (query) => list(database, query),
    async get(id) {
      const [row] = await database.query(
        `select ${columns}, encode(body, 'base64') as body from dead_letters where id = $1`,
        [storableText(id)],
      );
      return row === undefined ? null : { ...letterOf(row), bytes: Buffer.from(String(row["body"]), "base64") };
    },
    async markReplayed(id, caller) {
      const at = clock.now().toISOString();
      await database.transaction(async (session) => {
        const [row] = await session.query(
          "update dead_letters set replayed = $2, replays = replays + 1 where id = $1 returning topic, replays",
          [storableText(id), at],
        );
        if (row === undefined) return;
        const details = { topic: String(row["topic"]), replays: Number(row["replays"]) };
        const event = { at, kind: "dead-letter.replayed", ...caller, subject: id, decision: null, details };
        await audit.appendIn(session, [event]);
      });
    },
    async waiting() {
      const [row] = await database.query("select count(*)::int as waiting from dead_letters where replayed is null");
      return Number(row?.["waiting"]);
    },
  };
}

async function bury(session: Session, message: BuriedMessage, now: Date): Promise<string> {
  const { subscription, topic, key, bytes, reason, attempts, firstFailed } = message;
  const hash = createHash("sha256")
    .update(JSON.stringify([subscription, topic, key]))
    .update(bytes);
  const id = hash.digest("hex").slice(0, 32);
  await session.query(
    `insert into dead_letters as d
       (id, subscription, topic, key, properties, body, reason, attempts, first_failed, last_failed)
     values ($1, $2, $3, $4, $5::jsonb, decode($6, 'base64'), $7, $8, $9, $10)
     on conflict (id) do update set reason = excluded.reason, attempts = d.attempts + excluded.attempts,
       last_failed = excluded.last_failed, failures = d.failures + 1, replayed = null`,
    [
      ...[
        id,
        subscription,
        topic,
        key === null ? null : storableText(key),
        JSON.stringify(storable(message.properties)),
      ],
      ...[Buffer.from(bytes).toString("base64"), storableText(reason).slice(0, 1_000), attempts],
      ...[firstFailed.toISOString(), now.toISOString()],
    ],
  );
  return id;
}

async function list(session: Session, { limit, after, waiting = false }: DeadLetterQuery): Promise<DeadLetterPage> {
  const [before] = after === undefined ? [2 ** 31 - 1] : decodeCursor(after, ["number"]);
  const rows = await session.query(
    `select ${columns} from dead_letters where seq < $1 and (not $2::boolean or replayed is null)
     order by seq desc limit $3`,
    [before, waiting, limit + 1],
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    letters: page.map(letterOf),
    next: rows.length > limit && last !== undefined ? encodeCursor([Number(last["seq"])]) : null,
  };
}

function letterOf(row: Row): DeadLetter {
  const text = (name: string): string => {
    const value = row[name];
    if (typeof value === "string") return value;
    throw new PortcullisError("internal", `the dead letter has no ${name}`);
  };
  return {
    ...{ id: text("id"), subscription: text("subscription"), topic: text("topic") },
    key: (row["key"] ?? null) as string | null,
    properties: row["properties"] as Readonly<Record<string, string>>,
    ...{ size: Number(row["size"]), reason: text("reason"), attempts: Number(row["attempts"]) },
    ...{ firstFailed: instant(row["first_failed"]), lastFailed: instant(row["last_failed"]) },
    failures: Number(row["failures"]),
    replayed: row["replayed"] === null ? null : instant(row["replayed"]),
    replays: Number(row["replays"]),
  };
}
