// What the steps of provisioning hold: enough for another process to go on with them, and no secret.
import { z } from "zod";
import type { Json, JsonObject } from "../../json.js";
import type { Step } from "../action.js";
import { environmentBody, recordedStackSchema } from "./environments.js";
import { healthChecks } from "./environment-settings.js";

const gate = z.strictObject({ checks: healthChecks, stacks: z.array(recordedStackSchema) });

const stackStep = z.strictObject({
  do: z.literal("stack"),
  environment: z.string(),
  intent: z.enum(["apply", "destroy"]),
  stack: recordedStackSchema,
  /** The stacks that it takes inputs from. */
  sources: z.array(recordedStackSchema),
  digest: z.string(),
  state: z.string().nullable(),
  /** It is applied as it was planned; else it is planned again and compared. */
  exact: z.boolean(),
  expected: z.record(z.string(), z.json()),
  /** What must be healthy before. */
  gate: gate.nullable(),
});
export type StackStep = z.infer<typeof stackStep>;

const recordStep = z.strictObject({
  do: z.literal("record"),
  environment: z.string(),
  previous: z.number().int().nullable(),
  digest: z.string(),
  state: z.enum(["ready", "destroyed"]),
  /** Milliseconds from when it is recorded; null for ever. */
  timeToLive: z.number().nullable(),
  /** When it ends whatever the time is now; absent where `timeToLive` says it. */
  expiresAt: z.string().nullable().optional(),
  keepFormer: z.number().nullable(),
  body: environmentBody,
  gate: gate.nullable(),
});
export type RecordStep = z.infer<typeof recordStep>;

const work = z.discriminatedUnion("do", [stackStep, recordStep]);
export type Work = z.infer<typeof work>;

const undo = z.discriminatedUnion("to", [
  z.strictObject({ to: z.literal("former"), stack: recordedStackSchema, pinned: z.record(z.string(), z.json()) }),
  z.strictObject({ to: z.literal("nothing") }),
  /** What the tool itself remembers of this state. */
  z.strictObject({ to: z.literal("state"), state: z.string() }),
  z.strictObject({ to: z.literal("version"), version: z.number().int().nullable() }),
]);
export type Undo = z.infer<typeof undo>;

export function workOf(step: Step): Work {
  return work.parse(step.apply);
}

export function undoOf(step: Step): Undo | null {
  return step.rollback === null ? null : undo.parse(step.rollback);
}

/** As the journal keeps it. */
export function asJson(value: Work | Undo): JsonObject {
  return JSON.parse(JSON.stringify(value)) as { [key: string]: Json };
}
