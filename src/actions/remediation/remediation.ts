// What a live remediation is: a fix of one property of one resource, by a call of the provider's API. It plans and compares here,
// without any SDK; `LiveCloud` reads and writes.
import type { Verdict } from "../../engine/verdict.js";
import type { Resource } from "../../inventory/resource.js";
import type { ScannedResource } from "../../inventory/scan-item.js";
import type { Json, JsonObject } from "../../json.js";

export interface Remediation {
  /** As a policy's metadata names it. */
  readonly id: string;
  readonly title: string;
  /** What it puts right. */
  readonly policies: readonly string[];
  readonly types: readonly string[];
  /** What it calls, as the provider's permissions name it. Reads include all that a scan asks for the resource. */
  readonly permissions: { readonly read: readonly string[]; readonly write: readonly string[] };
  /** Pointers to what it reads to decide and to what it changes: where one was not read, nothing is planned. */
  readonly touches: readonly string[];
  /** What a rollback does, in a sentence: for the page of remediations. */
  readonly undo: string;
  /** What a person should know before; null for nothing. */
  readonly caution: string | null;
  /** Pure. Null where there is nothing to change; throws `Unfixable` where it cannot be done without harm. */
  plan(before: Resource, failed: readonly Verdict[]): Fix | null;
  /** The whole of what `write` would replace, as it is in the resource: a plan holds only while this is the same. */
  property(resource: Resource, value: JsonObject): Json;
  /** Whether it is what a `write` of several calls leaves that was cut after some of them. Absent where one call does it all. */
  isBetween?(now: Json, was: Json, becomes: Json): boolean;
}

export interface Fix {
  readonly after: Resource;
  /** For `LiveCloud.write`. Never a secret. */
  readonly value: JsonObject;
  /** The exact former state, for `LiveCloud.write`; null where the API cannot bring it back. */
  readonly former: JsonObject | null;
}

/** The policy fails, and this fix is not for that case. */
export class Unfixable extends Error {}

export interface ResourcePlace {
  readonly id: string;
  readonly type: string;
  readonly name: string | null;
  readonly account: string;
  /** Null for what belongs to the whole account. */
  readonly region: string | null;
}

export interface LiveCloud {
  /** In full, as a scan would; null where it is not there. Throws PortcullisError `provider-unavailable`. */
  read(place: ResourcePlace): Promise<ScannedResource | null>;
  /** Idempotent. Throws PortcullisError `provider-unavailable`. */
  write(remediation: string, place: ResourcePlace, value: JsonObject): Promise<void>;
  /** May be called twice. */
  close(): void;
}
