// Events as the text that is hashed and kept, and back. What is written here is there for good: secrets are taken out first.
import { z } from "zod";
import { PortcullisError } from "../errors.js";
import { actorSources } from "../identity.js";
import { isObject, type JsonObject } from "../json.js";
import { redactJson, redactText } from "../redact.js";
import { storable } from "../store/storable.js";
import { canonicalJson } from "./canonical-json.js";
import type { AuditEvent } from "./trail.js";

/** Of an event's canonical text, in bytes: a record says what was done, it does not hold the thing itself. */
export const maximumEventBytes = 256 * 1024;

const kind = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+$/;
const text = z.string().max(4_096);
const shape = z.strictObject({
  at: z.string().refine((at) => !Number.isNaN(Date.parse(at)) && new Date(at).toISOString() === at),
  kind: z.string().regex(kind).max(100),
  actor: z.strictObject({ name: text, source: z.enum(actorSources) }),
  origin: text.nullable(),
  subject: text.nullable(),
  decision: text.nullable(),
  // Not a record of zod's, which leaves the key __proto__ out. That it is JSON is for the canonical form to say.
  details: z.custom<JsonObject>(isObject, "expected an object"),
});

/** Kinds that the trail writes itself: they say whose signatures count. */
export const reservedKinds = "audit.signer-";

/** What is kept of an event of others. Throws `internal` where it is not an event, is too large, or is of a reserved kind. */
export function eventText(event: AuditEvent): string {
  if (event.kind.startsWith(reservedKinds)) throw refused(event.kind, "is of a kind that only the trail itself writes");
  const { subject, decision, origin, details, ...rest } = event;
  const kept = {
    ...rest,
    subject: redacted(subject),
    decision: redacted(decision),
    origin: redacted(origin),
    details: redactJson(storable(details)).value as JsonObject,
  };
  return ownEventText({ ...kept, at: utc(event.at) });
}

/** Of an event that this folder made: nothing is taken out of it. */
export function ownEventText(event: AuditEvent): string {
  const checked = shape.safeParse(storable(event));
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw refused(event.kind, `is not an event: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
  }
  const written = canonicalJson(checked.data);
  const bytes = Buffer.byteLength(written);
  if (bytes <= maximumEventBytes) return written;
  throw refused(
    event.kind,
    `has ${bytes} bytes, at most ${maximumEventBytes} are kept: record ids and counts, not contents`,
  );
}

/** Null for what is not the canonical text of an event. */
export function parseEvent(written: string): AuditEvent | null {
  try {
    const checked = shape.safeParse(JSON.parse(written));
    return checked.success && canonicalJson(checked.data) === written ? checked.data : null;
  } catch {
    return null;
  }
}

/** Times of one length sort as texts do. */
function utc(at: string): string {
  const time = Date.parse(at);
  return Number.isNaN(time) ? at : new Date(time).toISOString();
}

const redacted = (value: string | null): string | null => (value === null ? null : redactText(value));

function refused(what: string, why: string): PortcullisError {
  return new PortcullisError("internal", `the audit event ${what} ${why}`);
}
