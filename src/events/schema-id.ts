import type { EventType } from "./cloud-event.js";

/** `dataschema` of an event, and `$id` of the schema of its data. */
export function schemaId(type: EventType): string {
  return `https://portcullis.dev/schemas/events/${type}.schema.json`;
}
