// A message that says that it is a test, by the same road as every other.
import { randomUUID } from "node:crypto";
import type { LinkTemplates } from "../compliance/links.js";
import type { Json } from "../json.js";
import type { Finding } from "../store/findings.js";
import { alertEvent } from "./alert-event.js";
import type { Destination } from "./alert-settings.js";
import { deliver, type Outcome } from "./deliver.js";
import { emptyDigest, withChanges } from "./digest.js";

export function testMessage(
  destination: Destination,
  { environment, links }: { readonly environment: NodeJS.ProcessEnv; readonly links: LinkTemplates },
): Promise<Outcome> {
  const id = `test-${randomUUID()}`;
  const now = new Date();
  const finding = testFinding(id, now.toISOString());
  const change = { kind: "opened", scan: id, at: now.toISOString(), finding } as const;
  const { event } = alertEvent(change, { source: "/portcullis", links: {}, traceparent: undefined });
  const bodies = {
    alertmanager: { kind: "findings", fingerprints: [finding.fingerprint] },
    webhook: { kind: "events", events: [event] },
    slack: withChanges(emptyDigest, [event.data]),
  };
  const delivering = { environment, links, now: () => now, findings: () => Promise.resolve([finding]) };
  return deliver(destination, { id, body: bodies[destination.kind] as unknown as Json }, delivering);
}

function testFinding(fingerprint: string, at: string): Finding {
  const title = "A test of this destination: nothing is wrong";
  return {
    ...{ fingerprint, policy: "portcullis-test", severity: "info", title, message: title, verdict: "fail" },
    resource: { id: "test", provider: "test", type: "test", name: null, account: null, region: null },
    ...{ owner: null, controls: [], path: null, reasons: [], location: null, remediation: null, waiver: null },
    ...{ status: "open", firstSeen: at, lastSeen: at, resolvedAt: null, reopened: 0, lastScan: fingerprint },
  };
}
