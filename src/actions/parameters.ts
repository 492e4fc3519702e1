// Parameters of an action against the schema of its kind.
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import type { ValidateFunction } from "ajv";

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false });
formats.default(ajv);
const compiled = new WeakMap<object, ValidateFunction>();

/** What is wrong, and where; null where nothing is. */
export function parameterFault(schema: object, parameters: unknown): string | null {
  const validate = compiled.get(schema) ?? ajv.compile(schema);
  compiled.set(schema, validate);
  if (validate(parameters)) return null;
  const error = validate.errors?.[0];
  const more = error?.keyword === "additionalProperties" ? ` (${String(error.params["additionalProperty"])})` : "";
  return `${error?.instancePath ?? ""} ${error?.message ?? "is not as its schema says"}${more}`.trim().slice(0, 500);
}
