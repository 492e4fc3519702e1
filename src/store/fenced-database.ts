// A database as a holder of a shard sees it: every write checks first, in its own transaction, that the shard is still the
// holder's. A holder that was stopped for a while, and lost it, writes nothing more.
import { LostShard, type ClaimedShard } from "../scanning/shards.js";
import type { Database, Session } from "./database.js";

export function fencedDatabase(database: Database, claim: ClaimedShard): Database {
  const transaction: Database["transaction"] = (work) =>
    database.transaction(async (session) => {
      await checkHeld(session, claim);
      return work(session);
    });
  return {
    exclusive: database.exclusive,
    transaction,
    query: (sql, params) => transaction((session) => session.query(sql, params)),
    script: (sql) => transaction((session) => session.script(sql)),
    close: () => Promise.resolve(),
  };
}

/** `for share`: whoever wants to take the shard over waits until this transaction ends, and sees what it wrote. */
export async function checkHeld(session: Session, { scan, shard, attempt }: ClaimedShard): Promise<void> {
  const [row] = await session.query(
    "select 1 from scan_shards where scan = $1 and shard = $2 and attempt = $3 and state = 'running' for share",
    [scan, shard, attempt],
  );
  if (row === undefined) throw new LostShard(shard);
}
