// Findings as the store has them, and a log of deliveries in memory.
import type { DeliveryMark } from "../../../store/deliveries.js";
import type { Finding } from "../../../store/findings.js";
import type { Hub } from "../asff.js";
import type { DeliveryLog } from "../delivery.js";

export const hub: Hub = { account: "111122223333", region: "eu-west-1" };

export function finding(number: number, change: Partial<Finding> = {}): Finding {
  return {
    ...{ fingerprint: number.toString(16).padStart(64, "0"), policy: "aws-s3-rule", severity: "high", title: "A rule" },
    resource: { id: `arn:aws:s3:::b${number}`, provider: "aws", type: "AWS::S3::Bucket", name: `b${number}`, ...hub },
    ...{ owner: "team-a", controls: [{ baseline: "soc2", control: "CC6.1" }], message: "wrong", path: "/config/A" },
    reasons: [{ message: "wrong", path: "/config/A", location: null }],
    ...{ location: null, remediation: null, verdict: "fail", status: "open", waiver: null },
    ...{ firstSeen: "2026-01-01T00:00:00.000Z", lastSeen: "2026-05-01T00:00:00.000Z", resolvedAt: null },
    ...{ reopened: 0, lastScan: "scan-1" },
    ...change,
  };
}

export class MemoryLog implements DeliveryLog {
  readonly marks = new Map<string, DeliveryMark>();
  /** How many more marks are kept before it fails. */
  left = Number.POSITIVE_INFINITY;

  deliveryMarks(fingerprints: readonly string[]): Promise<readonly DeliveryMark[]> {
    return Promise.resolve([...this.marks.values()].filter((mark) => fingerprints.includes(mark.fingerprint)));
  }

  keepDeliveryMarks(marks: readonly DeliveryMark[]): Promise<void> {
    if (this.left-- <= 0) return Promise.reject(new Error("the store is gone"));
    for (const mark of marks) this.marks.set(`${mark.destination} ${mark.fingerprint}`, mark);
    return Promise.resolve();
  }
}
