// Which destination is told of which changes, and in which messages.
import { matches } from "../compliance/glob.js";
import { severities } from "../engine/policy.js";
import type { Finding } from "../store/findings.js";
import type { Draft, OpenMessage } from "../store/alerts.js";
import type { AlertData, AlertEvent } from "./alert-event.js";
import type { Destination } from "./alert-settings.js";
import { emptyDigest, withChanges, type Digest } from "./digest.js";

export type Wanted = Pick<AlertData, "policy" | "severity" | "owner"> & {
  readonly resource: Pick<Finding["resource"], "account">;
};

export function wants(destination: Destination, { policy, severity, owner, resource }: Wanted): boolean {
  const { policies, accounts, owners, severity: least = "info" } = destination;
  if (severities.indexOf(severity) > severities.indexOf(least)) return false;
  return fits(policies, policy) && fits(accounts, resource.account) && fits(owners, owner);
}

function fits(patterns: readonly string[] | undefined, text: string | null): boolean {
  return patterns === undefined || patterns.some((pattern) => matches(pattern, text ?? ""));
}

/** A webhook's batch, and Alertmanager's. */
const perMessage = 100;

/** What waits in `open` and was never tried takes more, where it is a digest. */
export function planMessages(
  destinations: readonly Destination[],
  newId: () => string,
): (events: readonly AlertEvent[], open: readonly OpenMessage[]) => readonly Draft[] {
  return (events, open) =>
    destinations.flatMap((destination) => {
      const wanted = events.filter(({ data }) => wants(destination, data) && isTold(destination, data));
      if (wanted.length === 0) return [];
      if (destination.kind === "slack") return [digestOf(destination, { wanted, open, newId })];
      return parts(wanted).map((part) => ({
        ...{ id: newId(), destination: destination.name, events: part.length },
        body: destination.kind === "webhook" ? { kind: "events", events: part as never } : fingerprintsOf(part),
      }));
    });
}

/** Alertmanager has to know that something ended: there it is no message. */
function isTold({ kind, resolved = true }: Destination, { change }: AlertData): boolean {
  return kind === "alertmanager" || resolved || (change !== "resolved" && change !== "waived");
}

interface DigestTask {
  readonly wanted: readonly AlertEvent[];
  readonly open: readonly OpenMessage[];
  readonly newId: () => string;
}

function digestOf({ name }: Destination, { wanted, open, newId }: DigestTask): Draft {
  const former = open.find((one) => one.destination === name && isDigest(one.body));
  const digest = withChanges(
    (former?.body as Digest | undefined) ?? emptyDigest,
    wanted.map(({ data }) => data),
  );
  return {
    id: former?.id ?? newId(),
    destination: name,
    body: digest,
    events: (former?.events ?? 0) + wanted.length,
  };
}

export function isDigest(body: unknown): body is Digest {
  return typeof body === "object" && body !== null && (body as { kind?: unknown }).kind === "digest";
}

function fingerprintsOf(events: readonly AlertEvent[]) {
  return { kind: "findings", fingerprints: [...new Set(events.map(({ data }) => data.fingerprint))] };
}

function parts<T>(values: readonly T[]): T[][] {
  const found: T[][] = [];
  for (let first = 0; first < values.length; first += perMessage) found.push(values.slice(first, first + perMessage));
  return found;
}
