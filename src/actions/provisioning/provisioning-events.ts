// What others are told when an action of provisioning has ended.
import { createHash } from "node:crypto";
import type { OutgoingType } from "../../events/cloud-event.js";
import type { PendingEvent } from "../../events/outbox.js";
import { schemaId } from "../../events/schema-id.js";
import { topics } from "../../events/topics.js";
import { isObject, own, type Json, type JsonObject } from "../../json.js";
import type { StoredAction } from "../actions.js";
import { workOf } from "./steps.js";

const results = new Map([
  ["succeeded", "succeeded"],
  ["rolled-back", "rolled-back"],
  ["failed", "failed"],
] as const);

/** Nothing of what has not ended, or did not begin. */
export function provisioningEvents(action: StoredAction): readonly PendingEvent[] {
  const result = results.get(action.state as "succeeded");
  const { startedAt, endedAt, plan } = action;
  if (result === undefined || startedAt === null || endedAt === null || plan.steps.length === 0) return [];
  const ended = { ...action, startedAt, endedAt };
  return [
    event("InfrastructureProvisionedEvent", ended, provisioned(ended, result)),
    ...(result === "succeeded" && !isDestroy(action) ? [event("EnvironmentReadyEvent", ended, readiness(ended))] : []),
    event("ProvisioningMetricsEvent", ended, metrics(ended, result)),
  ];
}

type Ended = StoredAction & { readonly startedAt: string; readonly endedAt: string };

const environmentOf = ({ plan }: StoredAction): string => plan.target.environment ?? plan.target.key;

function isDestroy({ kind }: StoredAction): boolean {
  return kind === "provisioning.destroy" || kind === "provisioning.expire";
}

function event(type: OutgoingType, action: Ended, data: JsonObject): PendingEvent {
  const environment = environmentOf(action);
  const id = createHash("sha256")
    .update(JSON.stringify([type, action.id, action.state]))
    .digest("hex")
    .slice(0, 40);
  return {
    topic: topics.infrastructure,
    key: environment,
    event: {
      ...{ specversion: "1.0", id, source: "/portcullis", type, subject: environment, time: action.endedAt },
      ...{ datacontenttype: "application/json", dataschema: schemaId(type), partitionkey: environment },
      decisionid: action.decision.id,
      data,
    },
  };
}

const mostResources = 1_000;

function provisioned(action: Ended, result: string): JsonObject {
  const { plan, startedAt, endedAt, id } = action;
  const isNew = plan.changes.every(({ before }) => before === null);
  return {
    ...{
      environment: environmentOf(action),
      action: id,
      tool: toolsOf(action).join(", ").slice(0, 100) || "none",
      result,
    },
    operation: isDestroy(action) ? "destroyed" : isNew ? "created" : "updated",
    resources: plan.changes.slice(0, mostResources).map(({ before, after }): Json => {
      const { resource } = after ?? before ?? { resource: null };
      if (resource === null) return null;
      const { provider, type, name, account, region } = resource;
      return { id: resource.id.slice(0, 2_000), provider, type, name, account, region };
    }),
    ...{ startedAt, finishedAt: endedAt },
  };
}

function toolsOf({ plan }: StoredAction): string[] {
  const works = plan.steps.map(workOf);
  return [...new Set(works.flatMap((work) => (work.do === "stack" ? [work.stack.tool] : [])))].sort();
}

function readiness(action: Ended): JsonObject {
  const output = action.steps.find(({ step }) => step.id === "record")?.output ?? {};
  const list = (key: string): readonly Json[] => {
    const found = own(output, key);
    return Array.isArray(found) ? (found as readonly Json[]) : [];
  };
  return {
    ...{ environment: environmentOf(action), action: action.id, readyAt: action.endedAt },
    endpoints: list("services").flatMap((service) => (isObject(service) ? endpointOf(service) : [])),
    checks: list("checks").flatMap((name): Json[] =>
      typeof name === "string" ? [{ name: name.slice(0, 500), status: "passed" }] : [],
    ),
  };
}

function endpointOf(service: JsonObject): Json[] {
  const [name, endpoint, port, protocol] = ["name", "endpoint", "port", "protocol"].map((key) => own(service, key));
  if (typeof name !== "string" || typeof endpoint !== "string") return [];
  const url = `${typeof protocol === "string" ? protocol : "tcp"}://${endpoint}${typeof port === "number" ? `:${port}` : ""}`;
  return URL.canParse(url) ? [{ name, url }] : [];
}

function metrics(action: Ended, result: string): JsonObject {
  const seconds = Math.max(0, (Date.parse(action.endedAt) - Date.parse(action.startedAt)) / 1_000);
  return {
    period: { from: action.startedAt, to: action.endedAt },
    ...{ provisioned: result === "succeeded" ? 1 : 0, failed: result === "succeeded" ? 0 : 1 },
    durationSeconds: { p50: seconds, p95: seconds, maximum: seconds },
    tools: toolsOf(action).map((tool): Json => ({ tool, count: 1 })),
  };
}
