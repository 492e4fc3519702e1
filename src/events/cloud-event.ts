// CloudEvents 1.0 in JSON: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
import type { JsonObject } from "../json.js";

/** What we tell others. */
export const outgoingTypes = [
  "InfrastructureProvisionedEvent",
  "EnvironmentReadyEvent",
  "DisasterRecoveryActivatedEvent",
  "InfrastructureHealthEvent",
  "ComplianceAlertEvent",
  "ScanCompletedEvent",
  "DriftDetectedEvent",
  "RemediationCompletedEvent",
  "ScalingExecutedEvent",
  "CostReportEvent",
  "ProvisioningMetricsEvent",
] as const;
export type OutgoingType = (typeof outgoingTypes)[number];

/** Of these an action is the cause, and of an action a decision: they never leave without its id. */
export const decidedTypes: readonly OutgoingType[] = [
  "InfrastructureProvisionedEvent",
  "EnvironmentReadyEvent",
  "DisasterRecoveryActivatedEvent",
  "RemediationCompletedEvent",
  "ScalingExecutedEvent",
];

/** What others tell us: the first two from CI/CD, the others from monitoring. */
export const incomingTypes = [
  "DeploymentRequirementsEvent",
  "ScalingRequestEvent",
  "PerformanceMetricsEvent",
  "CapacityAlertEvent",
  "HealthStatusEvent",
] as const;
export type IncomingType = (typeof incomingTypes)[number];

export type EventType = OutgoingType | IncomingType;

export interface CloudEvent {
  readonly specversion: "1.0";
  /** Stable: the same change has the same id however often it is delivered. With `source` it is unique. */
  readonly id: string;
  readonly source: string;
  readonly type: EventType;
  /** What it is about: a fingerprint, a scan's id. */
  readonly subject?: string;
  /** RFC 3339, UTC: when it happened, not when it was sent. */
  readonly time: string;
  readonly datacontenttype: "application/json";
  /** The `$id` of its schema in `src/events/schemas`. */
  readonly dataschema?: string;
  /** Extension: events of one key are delivered in order. */
  readonly partitionkey?: string;
  /** Extension: the decision that let it happen. */
  readonly decisionid?: string;
  /** Extension: the W3C trace that it belongs to. */
  readonly traceparent?: string;
  readonly data: JsonObject;
}
