// What others are told when an action of remediation ends: one event for each resource.
import { createHash } from "node:crypto";
import type { PendingEvent } from "../../events/outbox.js";
import { schemaId } from "../../events/schema-id.js";
import { topics } from "../../events/topics.js";
import { redactText } from "../../redact.js";
import type { StoredAction, StoredStep } from "../actions.js";
import type { StepData } from "./plan-resource.js";

/** Steps that were never begun are told of by nobody. */
export function remediationEvents(action: StoredAction): readonly PendingEvent[] {
  return action.steps.filter(({ startedAt }) => startedAt !== null).flatMap((step) => eventOf(action, step));
}

const longest = 2_000;

function eventOf(action: StoredAction, { step, state, message, startedAt, endedAt }: StoredStep): PendingEvent[] {
  const { remediation, place, findings } = step.apply as StepData;
  const finishedAt = action.endedAt ?? endedAt;
  if (finishedAt === null || startedAt === null) return [];
  const { id, type, name, account, region } = place;
  const text = message ?? action.message;
  return [
    {
      topic: topics.complianceAlerts,
      key: id,
      event: {
        specversion: "1.0",
        id: createHash("sha256")
          .update(JSON.stringify(["remediation", action.id, step.id, action.state]))
          .digest("hex"),
        source: "/portcullis",
        type: "RemediationCompletedEvent",
        subject: id,
        time: finishedAt,
        datacontenttype: "application/json",
        dataschema: schemaId("RemediationCompletedEvent"),
        partitionkey: id,
        decisionid: action.decision.id,
        data: {
          ...{ action: action.id, remediation, findings: [...findings].slice(0, 1_000) },
          resource: { id, provider: "aws", type, name, account, region },
          result: resultOf(action.state, state),
          message: text === null ? null : redactText(text).slice(0, longest),
          ...{ startedAt, finishedAt },
        },
      },
    },
  ];
}

function resultOf(action: StoredAction["state"], step: StoredStep["state"]): "succeeded" | "failed" | "rolled-back" {
  if (step === "rolled-back" || action === "rolled-back") return "rolled-back";
  return step === "verified" || action === "succeeded" ? "succeeded" : "failed";
}
