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
}

export interface PackingOptions {
  readonly hub: Hub;
  readonly now: Date;
  readonly version: string;
  readonly mark: DeliveryMark | undefined;
}

export function parcelOf(finding: Finding, { hub, now, version, mark }: PackingOptions): Parcel {
  const seen = observationOf(finding, now);
  const timeless = { ...seen, lastSeen: seen.firstSeen, updatedAt: seen.firstSeen };
  const asff = asffFinding(seen, hub, version);
  return {
    ...{ fingerprint: finding.fingerprint, hub, finding: asff },
    digest: createHash("sha256")
      .update(JSON.stringify(asffFinding(timeless, hub, "")))
      .digest("hex"),
    setsWorkflow: setsWorkflow(asff, mark),
  };
}

/** Security Hub forgets a finding 90 days after its last update. */
const refreshAfterMs = 30 * 24 * 60 * 60 * 1_000;

/** Whether the destination has it already. */
export function isUnchanged({ digest, finding }: Parcel, mark: DeliveryMark | undefined, now: Date): boolean {
  if (mark?.digest !== digest) return false;
  return finding.RecordState === "ARCHIVED" || now.getTime() - Date.parse(mark.sent) < refreshAfterMs;
}

export function markOf({ fingerprint, finding, hub, digest }: Parcel, acknowledged: boolean, now: Date): DeliveryMark {
  const sent = now.toISOString();
  const workflow = finding.Workflow.Status;
  return { destination: productArn(hub), fingerprint, digest: acknowledged ? digest : "", workflow, sent };
}

/**
 * An import sets the state of a new finding only. A state that we set (and no person there) is taken back when the finding is
 * open again; one that people gave it stays.
 */
function setsWorkflow({ Workflow: { Status } }: AsffFinding, mark: DeliveryMark | undefined): boolean {
  if (Status === "NEW") return mark !== undefined && mark.workflow !== "NEW";
  return mark === undefined || mark.workflow !== Status || mark.digest === "";
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
