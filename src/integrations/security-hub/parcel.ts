// A finding of the store, made ready for the hub of its account and region.
import { createHash } from "node:crypto";
import type { DeliveryMark } from "../../store/deliveries.js";
import type { Finding } from "../../store/findings.js";
import { asffFinding, productArn, type AsffFinding, type Hub, type Observation } from "./asff.js";

export interface Parcel {
  readonly fingerprint: string;
  readonly hub: Hub;
  readonly finding: AsffFinding;
  /** Of what the finding says, whenever it is said. */
  readonly digest: string;
  /** The state there has to be set by a call of its own. */
  readonly setsWorkflow: boolean;
  /** Nothing is noted of it yet. */
  readonly isFirst: boolean;
}

export interface PackingOptions {
  readonly hub: Hub;
  readonly now: Date;
  readonly version: string;
  /** Of the last delivery there. */
  readonly before: DeliveryMark | undefined;
}

export function parcelOf(finding: Finding, { hub, now, version, before }: PackingOptions): Parcel {
  const seen = observationOf(finding, now);
  const timeless = { ...seen, lastSeen: seen.firstSeen, updatedAt: seen.firstSeen };
  const asff = asffFinding(seen, hub, version);
  return {
    ...{ fingerprint: finding.fingerprint, hub, finding: asff },
    digest: createHash("sha256")
      .update(JSON.stringify(asffFinding(timeless, hub, "")))
      .digest("hex"),
    setsWorkflow: setsWorkflow(asff, before),
    isFirst: before === undefined,
  };
}

/** Security Hub forgets a finding 90 days after its last update. */
const refreshAfterMs = 30 * 24 * 60 * 60 * 1_000;

/** Whether the destination has it already. */
export function isUnchanged({ digest, finding }: Parcel, before: DeliveryMark | undefined, now: Date): boolean {
  if (before?.digest !== digest) return false;
  return finding.RecordState === "ARCHIVED" || now.getTime() - Date.parse(before.sent) < refreshAfterMs;
}

/** What is noted once Security Hub has acknowledged it. */
export function sentMark(parcel: Parcel, now: Date): DeliveryMark {
  return mark(parcel, { digest: parcel.digest, workflow: parcel.finding.Workflow.Status }, now);
}

/**
 * What is noted before it is sent, where nothing is noted yet or the state is about to change: whatever breaks off in between,
 * the next delivery knows that the finding may be there, and in which state.
 */
export function begunMark(parcel: Parcel, now: Date): DeliveryMark {
  return mark(parcel, { digest: "", workflow: parcel.setsWorkflow ? "CHANGING" : parcel.finding.Workflow.Status }, now);
}

function mark({ hub, fingerprint }: Parcel, what: Pick<DeliveryMark, "digest" | "workflow">, now: Date): DeliveryMark {
  return { destination: productArn(hub), fingerprint, ...what, sent: now.toISOString() };
}

/**
 * An import sets the state of a new finding only. A state that we set is taken back when the finding is open again; one that
 * people gave it there stays.
 */
function setsWorkflow({ Workflow: { Status } }: AsffFinding, before: DeliveryMark | undefined): boolean {
  return before === undefined ? Status !== "NEW" : before.workflow !== Status;
}

function observationOf(finding: Finding, now: Date): Observation {
  const { waiver, ...rest } = finding;
  const verdict = verdictOf(finding, now);
  return {
    ...rest,
    verdict,
    ...(verdict === "waived" && waiver !== null ? { waiver } : {}),
    updatedAt: now.toISOString(),
    fix: null,
  };
}

function verdictOf({ status, verdict, waiver }: Finding, now: Date): Observation["verdict"] {
  if (status === "resolved") return "resolved";
  if (status === "open") return verdict;
  // It may have ended since the last scan. A date that cannot be read has ended.
  const ended = waiver !== null && waiver.expires !== null && !(Date.parse(waiver.expires) > now.getTime());
  return ended ? verdict : "waived";
}
