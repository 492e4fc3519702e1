// What was delivered of each finding to services outside, so that only what changed is sent again.
import type { Session } from "./database.js";
import { instant } from "./findings.js";

export interface DeliveryMark {
  /** Such as the product's ARN in Security Hub. */
  readonly destination: string;
  readonly fingerprint: string;
  /** Of what was acknowledged; empty for a delivery that was begun and not acknowledged. */
  readonly digest: string;
  /** The state that the finding has at the destination; `CHANGING` where that is not known. */
  readonly workflow: string;
  /** RFC 3339. */
  readonly sent: string;
}

/** The marks of at most 10,000 findings, for every destination. */
export async function deliveryMarks(
  session: Session,
  fingerprints: readonly string[],
): Promise<readonly DeliveryMark[]> {
  const rows = await session.query("select * from deliveries where fingerprint = any($1)", [fingerprints]);
  return rows.map((row) => ({ ...(row as unknown as DeliveryMark), sent: instant(row["sent"]) }));
}

/** Adds the marks, or puts them in the place of former ones. At most one for a destination and finding. */
export async function keepDeliveryMarks(session: Session, marks: readonly DeliveryMark[]): Promise<void> {
  await session.query(
    `insert into deliveries (destination, fingerprint, digest, workflow, sent)
     select * from jsonb_to_recordset($1::jsonb)
       as mark (destination text, fingerprint text, digest text, workflow text, sent timestamptz)
     on conflict (destination, fingerprint) do update
       set digest = excluded.digest, workflow = excluded.workflow, sent = excluded.sent`,
    [JSON.stringify(marks)],
  );
}
