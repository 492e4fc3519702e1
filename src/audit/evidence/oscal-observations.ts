// What was seen: one observation for each policy over its whole population, and one for each exception.
import type { JsonObject } from "../../json.js";
import {
  type OscalException,
  type OscalInput,
  type OscalPolicy,
  type OscalTally,
  maxExceptions,
} from "./oscal-input.js";
import { fileUuid, listedFiles, props, some, uuid } from "./oscal-pieces.js";
import { instant, markup, paragraphs, plain } from "./oscal-text.js";

/** An exception that the document shows, with the UUID of its observation. */
export interface ShownException {
  readonly exception: OscalException;
  readonly uuid: string;
}

/** The same verdict may stand in the input more than once: reopened, or a mistake. Each has a UUID of its own. */
export function shownExceptions({ id, exceptions }: OscalInput): readonly ShownException[] {
  const times = new Map<string, number>();
  return exceptions.slice(0, maxExceptions).map((exception) => {
    const { policy, resource, fingerprint, firstSeen } = exception;
    const key = JSON.stringify([policy, resource.provider, resource.id, fingerprint, firstSeen]);
    const time = (times.get(key) ?? 0) + 1;
    times.set(key, time);
    return { exception, uuid: uuid("observation", id, key, String(time)) };
  });
}

export const toolComponent = uuid("component", "portcullis");

/** What is assessed as a whole. */
export function systemComponent(input: OscalInput): string {
  return uuid("component", "system", input.id);
}

export function itemUuid({ resource }: OscalException): string {
  return uuid("inventory-item", resource.provider, resource.id);
}

export const toolOrigin = { actors: [{ type: "tool", "actor-uuid": toolComponent }] };

/** One for each resource that an exception is about. */
export function inventoryItems(shown: readonly ShownException[]): JsonObject[] {
  const items = new Map(shown.map(({ exception }) => [itemUuid(exception), exception]));
  return [...items].map(([item, { resource, owner }]) => ({
    uuid: item,
    description: markup(resource.id),
    props: [
      { name: "asset-id", value: plain(resource.id) },
      ...(props({
        provider: resource.provider,
        type: resource.type,
        name: resource.name,
        account: resource.account,
        region: resource.region,
        owner,
      }).props ?? []),
    ],
  }));
}

export function policyObservationUuid(input: OscalInput, policy: string): string {
  return uuid("observation", input.id, "policy", policy);
}

/** A policy's verdicts over everything that it looked at. */
export function policyObservation(input: OscalInput, policy: OscalPolicy, seen: OscalTally): JsonObject {
  return {
    uuid: policyObservationUuid(input, policy.id),
    title: markup(policy.title),
    description: paragraphs(
      `Policy ${markup(policy.id)}: ${populationText(policy.tally, seen)}`,
      policy.description === "" ? null : markup(policy.description),
    ),
    ...props({
      policy: policy.id,
      severity: policy.severity,
      engine: policy.engine,
      "policy-sha256": policy.hash,
      ...(policy.tally ?? { ...seen, pass: null }),
    }),
    methods: ["TEST"],
    types: ["control-objective"],
    origins: [toolOrigin],
    subjects: [{ "subject-uuid": systemComponent(input), type: "component" }],
    ...some("relevant-evidence", population(input, policy)),
    collected: collectedAt(input),
  };
}

function populationText(tally: OscalTally | null, seen: OscalTally): string {
  const { fail, unknown, error, waived } = tally ?? seen;
  const rest = `${fail} fail, ${unknown} unknown, ${error} error, ${waived} waived`;
  if (tally === null) return `${rest}. Passes were not counted.`;
  return `${tally.pass + fail + unknown + error + waived} verdicts: ${tally.pass} pass, ${rest}.`;
}

function population(input: OscalInput, { population: path }: OscalPolicy): JsonObject[] {
  if (path === null || !listedFiles(input).some((file) => file.path === path)) return [];
  return [{ href: `#${fileUuid(path)}`, description: "The population: every resource, with its verdict." }];
}

export function collectedAt({ period, generatedAt }: OscalInput): string {
  return instant(period.to) ?? instant(generatedAt) ?? "1970-01-01T00:00:00Z";
}

export function exceptionObservation(input: OscalInput, { exception, uuid: id }: ShownException): JsonObject {
  const { policy, severity, verdict, fingerprint, resource, waiver } = exception;
  const expires = waiver === null ? undefined : input.waivers.find((candidate) => candidate.id === waiver)?.expires;
  const until = instant(expires ?? null);
  return {
    uuid: id,
    title: markup(`${policy}: ${verdict}`),
    description: paragraphs(markup(exception.message), `Resource: ${markup(resource.id)}`),
    ...props({
      policy,
      verdict,
      severity,
      fingerprint,
      waiver,
      "first-seen": instant(exception.firstSeen),
      "last-seen": instant(exception.lastSeen),
      "resolved-at": instant(exception.resolvedAt),
    }),
    methods: ["TEST"],
    types: ["finding"],
    origins: [toolOrigin],
    subjects: [{ "subject-uuid": itemUuid(exception), type: "inventory-item" }],
    collected: instant(exception.lastSeen) ?? collectedAt(input),
    // A verdict that is waived says nothing after the waiver ends.
    ...(until === null ? {} : { expires: until }),
  };
}
