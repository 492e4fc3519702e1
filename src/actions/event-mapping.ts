// `actions.onEvents` of portcullis.yaml: what becomes of a request that came as an event. Events of a type without a mapping stay as
// they came, and are shown: nobody has said yet what they ask for, and an answer could not be taken back.
import { z } from "zod";
import { incomingTypes, type CloudEvent } from "../events/cloud-event.js";
import { valueAt } from "../inventory/pointer.js";
import { isObject, own, setOwn, type Json, type JsonObject } from "../json.js";

const pointerText = z
  .string()
  .max(500)
  .regex(/^(\/([^~/]|~[01])*)+$/, "expected a JSON Pointer into the event, such as /data/desired");
const scalar = z.union([z.string().max(2_000), z.number(), z.boolean(), z.null()]);

const [deployment, scaling] = incomingTypes;

export const eventMapping = z.strictObject({
  /** Who asks, as the audit trail and the policies about actions see it. */
  name: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, "expected a name of lower-case letters, digits and dashes"),
  event: z.enum([deployment, scaling]),
  /** By JSON Pointer into the event: only where all of them have these values. */
  where: z.record(pointerText, scalar).optional(),
  kind: z.string().min(1).max(200),
  /** The parameters; `{ $event: /data/desired }` anywhere in them stands for that value of the event. */
  parameters: z.record(z.string(), z.json()),
});
export type EventMapping = z.infer<typeof eventMapping>;

export const eventMappings = z
  .array(eventMapping)
  .max(100)
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "expected names that differ");

/** The first that fits; null where none does. */
export function mappingFor(event: CloudEvent, mappings: readonly EventMapping[]): EventMapping | null {
  const fits = ({ event: type, where = {} }: EventMapping): boolean =>
    type === event.type && Object.entries(where).every(([at, value]) => valueIn(event, at) === value);
  return mappings.find(fits) ?? null;
}

/** Throws Error for a value that the event does not have. */
export function parametersFor(event: CloudEvent, { parameters }: EventMapping): JsonObject {
  return filled(parameters, event) as JsonObject;
}

function filled(template: Json, event: CloudEvent): Json {
  if (Array.isArray(template)) return (template as readonly Json[]).map((element) => filled(element, event));
  if (!isObject(template)) return template;
  const at = own(template, "$event");
  if (typeof at === "string" && Object.keys(template).length === 1) {
    const value = valueIn(event, at);
    if (value === undefined) throw new Error(`the event has no ${at}`);
    return value;
  }
  const result: { [key: string]: Json } = {};
  for (const [key, value] of Object.entries(template)) setOwn(result, key, filled(value, event));
  return result;
}

function valueIn(event: CloudEvent, at: string): Json | undefined {
  return valueAt(event as unknown as Json, at);
}
