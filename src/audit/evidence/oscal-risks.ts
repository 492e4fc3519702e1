// Risks: one for each policy that failed, and one for each waiver that excuses failures of it. A waiver is a deviation: it is
// shown with who approved it and when it ends, and never makes a failure a pass.
import type { JsonObject } from "../../json.js";
import type { OscalException, OscalInput, OscalPolicy, OscalWaiver } from "./oscal-input.js";
import { type ShownException, collectedAt, toolOrigin } from "./oscal-observations.js";
import { personParty, portcullisNs, props, roles, some, uuid } from "./oscal-pieces.js";
import { instant, markup, paragraphs, plain } from "./oscal-text.js";

export interface Risk {
  readonly uuid: string;
  readonly policy: string;
  readonly json: JsonObject;
}

interface Group {
  readonly policy: string;
  readonly waived: boolean;
  readonly waiver: string | null;
  readonly exceptions: OscalException[];
}

export function risks(input: OscalInput, shown: readonly ShownException[]): readonly Risk[] {
  const observations = new Map<string, string[]>();
  for (const { exception, uuid: id } of shown) {
    const key = groupKey(exception);
    const known = observations.get(key);
    if (known === undefined) observations.set(key, [id]);
    else known.push(id);
  }
  const policies = new Map(input.policies.map((policy) => [policy.id, policy]));
  const waivers = new Map(input.waivers.map((waiver) => [waiver.id, waiver]));
  return [...groups(input.exceptions)].map(([key, group]) => {
    const id = uuid("risk", input.id, key);
    const waiver = group.waiver === null ? undefined : waivers.get(group.waiver);
    const parts = { id, group, waiver, policy: policies.get(group.policy), observations: observations.get(key) ?? [] };
    return { uuid: id, policy: group.policy, json: risk(input, parts) };
  });
}

/** What is unknown or could not be evaluated is no known risk: it is observed, and its controls are not satisfied. */
function groups(exceptions: readonly OscalException[]): ReadonlyMap<string, Group> {
  const found = new Map<string, Group>();
  for (const exception of exceptions) {
    if (exception.verdict === "unknown" || exception.verdict === "error") continue;
    const key = groupKey(exception);
    const known = found.get(key);
    if (known !== undefined) known.exceptions.push(exception);
    else {
      const { policy, waiver, verdict } = exception;
      found.set(key, { policy, waiver, waived: verdict === "waived", exceptions: [exception] });
    }
  }
  return found;
}

function groupKey({ policy, verdict, waiver }: OscalException): string {
  return JSON.stringify([policy, verdict === "waived", waiver]);
}

interface RiskParts {
  readonly id: string;
  readonly group: Group;
  readonly waiver: OscalWaiver | undefined;
  readonly policy: OscalPolicy | undefined;
  readonly observations: readonly string[];
}

function risk(input: OscalInput, { id, group, waiver, policy, observations }: RiskParts): JsonObject {
  const open = group.exceptions.filter(({ resolvedAt }) => resolvedAt === null).length;
  const deadline = instant(waiver?.expires ?? null);
  return {
    uuid: id,
    title: markup(policy?.title ?? group.policy),
    description: paragraphs(
      `Policy ${markup(group.policy)} failed ${group.exceptions.length} times, ${open} of them not resolved.`,
      waiver === undefined ? null : `Waived for ${markup(waiver.scope)}.`,
    ),
    statement: markup(policy?.description || policy?.title || group.policy),
    ...props({ policy: group.policy, waiver: group.waiver, exceptions: group.exceptions.length, open }),
    status: status(input, group, waiver),
    origins: [toolOrigin],
    characterizations: [{ origin: toolOrigin, facets: facets(group, waiver) }],
    ...(deadline === null ? {} : { deadline }),
    ...(policy === undefined || policy.fix === "" ? {} : { remediations: [remediation(id, policy)] }),
    ...(waiver === undefined ? {} : { "risk-log": { entries: [approval(input, id, waiver)] } }),
    ...some(
      "related-observations",
      observations.map((observation) => ({ "observation-uuid": observation })),
    ),
  };
}

function status(input: OscalInput, { exceptions, waived }: Group, waiver: OscalWaiver | undefined): string {
  if (exceptions.every(({ resolvedAt }) => resolvedAt !== null)) return "closed";
  if (!waived) return "open";
  if (waiver !== undefined && ended(waiver, collectedAt(input))) return "open";
  return isApproved(waiver) ? "deviation-approved" : "deviation-requested";
}

/** Nobody is known to have approved a comment in the code: it asks for a deviation and no more. */
function isApproved(waiver: OscalWaiver | undefined): boolean {
  return waiver !== undefined && waiver.approver !== null && waiver.approver !== waiver.requester;
}

function ended({ expires, revokedAt }: OscalWaiver, at: string): boolean {
  return [expires, revokedAt].some((time) => {
    const end = instant(time);
    return end !== null && end <= at;
  });
}

function facets({ exceptions }: Group, waiver: OscalWaiver | undefined): JsonObject[] {
  const values = {
    severity: exceptions[0]?.severity ?? null,
    "waiver-approver": waiver?.approver ?? null,
    "waiver-requester": waiver?.requester ?? null,
    "waiver-ticket": waiver?.ticket ?? null,
    "waiver-starts": instant(waiver?.starts ?? null),
    "waiver-expires": instant(waiver?.expires ?? null),
    "waiver-revoked": instant(waiver?.revokedAt ?? null),
  };
  return Object.entries(values).flatMap(([name, value]) =>
    value === null ? [] : [{ name, system: portcullisNs, value: plain(value) }],
  );
}

function remediation(risk: string, { id, fix }: OscalPolicy): JsonObject {
  return {
    uuid: uuid("response", risk, id),
    lifecycle: "recommendation",
    title: markup(`Put ${id} right`),
    description: markup(fix),
  };
}

function approval(input: OscalInput, risk: string, waiver: OscalWaiver): JsonObject {
  const { approver, requester, ticket } = waiver;
  const signed = isApproved(waiver);
  const people = [
    ...(approver === null ? [] : [{ "party-uuid": personParty(approver), "role-id": roles.approver }]),
    ...(requester === null ? [] : [{ "party-uuid": personParty(requester), "role-id": roles.requester }]),
  ];
  return {
    uuid: uuid("risk-log", risk, waiver.id),
    title: markup(`Waiver ${waiver.id}`),
    description: paragraphs(markup(waiver.reason), ticket === null ? null : `Ticket: ${markup(ticket)}`),
    start: instant(waiver.approvedAt) ?? instant(waiver.starts) ?? instant(input.period.from) ?? collectedAt(input),
    ...some("logged-by", people),
    "status-change": signed ? "deviation-approved" : "deviation-requested",
  };
}
