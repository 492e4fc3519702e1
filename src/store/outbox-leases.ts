// Work that one process at a time does: whoever holds the lease. A holder that dies loses it after a while.
import type { Session } from "./database.js";

export interface Leases {
  /** Takes or renews it for so long; false while somebody else has it. */
  hold(lease: LeaseRequest): Promise<boolean>;
  /** Lets go of it, so that others need not wait. */
  release(lease: Omit<LeaseRequest, "ms">): Promise<void>;
}

export interface LeaseRequest {
  readonly name: string;
  /** Nobody else's: made up for each process. */
  readonly holder: string;
  readonly ms: number;
}

export function createLeases(session: Session): Leases {
  return {
    async hold({ name, holder, ms }) {
      const rows = await session.query(
        `insert into leases as l (name, holder, until)
         values ($1, $2, clock_timestamp() + make_interval(secs => $3::float8 / 1000))
         on conflict (name) do update set holder = excluded.holder, until = excluded.until
           where l.holder = excluded.holder or l.until < clock_timestamp()
         returning 1`,
        [name, holder, ms],
      );
      return rows.length > 0;
    },
    async release({ name, holder }) {
      await session.query("delete from leases where name = $1 and holder = $2", [name, holder]);
    },
  };
}
