// How requests are checked against their schemas. What comes as text (address, headers) is converted; a body is taken as it is.
import { Ajv, type ValidateFunction } from "ajv";
import formats from "ajv-formats";
import type { FastifySchemaCompiler } from "fastify";

/** Nothing is removed or filled in unseen: what a schema does not know is refused. */
const options = { allErrors: false, useDefaults: true, removeAdditional: false, strict: false, validateFormats: true };

export function createValidatorCompiler(): FastifySchemaCompiler<object> {
  const [exact, converting] = [new Ajv(options), new Ajv({ ...options, coerceTypes: "array" })];
  for (const one of [exact, converting]) formats.default(one);
  return ({ schema, httpPart }): ValidateFunction => (httpPart === "body" ? exact : converting).compile(schema);
}
