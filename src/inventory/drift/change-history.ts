// Who changed what drifted, and when: asked of whoever keeps a record of changes. Where the record does not say, that is said.
import type { DriftSubject, EstateDrift } from "./estate-drift.js";

export interface LastChange {
  readonly by: string;
  /** RFC 3339, UTC. */
  readonly at: string;
  /** The call, such as `s3:PutBucketEncryption`. */
  readonly event: string;
  /** The address that it came from, where it is known. */
  readonly from: string | null;
}

/** Never throws: a record that cannot be read does not say. */
export interface ChangeHistory {
  lastChange(subject: DriftSubject): Promise<LastChange | { readonly reason: string }>;
}

export type Attribution = { readonly change: LastChange | null; readonly reason: string | null };

/** A record is slow to ask: of more than these, nobody is asked. */
const mostAsked = 100;

/** By the id of the resource. */
export async function attributions(
  drift: EstateDrift,
  history: ChangeHistory,
): Promise<ReadonlyMap<string, Attribution>> {
  const found = new Map<string, Attribution>();
  for (const subject of [...drift.changed, ...drift.missing, ...drift.unmanaged]) {
    if (found.size >= mostAsked)
      found.set(subject.id, { change: null, reason: `only the first ${mostAsked} were looked up` });
    else found.set(subject.id, attributionOf(await history.lastChange(subject)));
  }
  return found;
}

function attributionOf(answer: LastChange | { readonly reason: string }): Attribution {
  return "reason" in answer ? { change: null, reason: answer.reason } : { change: answer, reason: null };
}
