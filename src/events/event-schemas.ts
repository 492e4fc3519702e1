// The JSON Schema of each event's data: strict for what we send, and deaf to what others add for what we receive.
import type { ErrorObject, ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { readFileSync } from "node:fs";
import { packageFile } from "../package-root.js";
import type { EventType } from "./cloud-event.js";

export function readSchema(type: EventType): object {
  return JSON.parse(readFileSync(packageFile(`src/events/schemas/${type}.schema.json`), "utf8")) as object;
}

const compiled = new Map<EventType, ValidateFunction>();
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
formats.default(ajv);

/** Null when the data are as the schema says, otherwise what is wrong, and where. */
export function dataFault(type: EventType, data: unknown): string | null {
  const validate = compiled.get(type) ?? ajv.compile(readSchema(type));
  compiled.set(type, validate);
  return validate(data) ? null : textOf(validate.errors?.[0]);
}

function textOf(error: ErrorObject | undefined): string {
  if (error === undefined) return "data is not as its schema says";
  const more = error.keyword === "additionalProperties" ? ` (${String(error.params["additionalProperty"])})` : "";
  return `data${error.instancePath} ${error.message ?? "is not as its schema says"}${more}`.slice(0, 500);
}
