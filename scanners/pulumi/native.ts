import type { ScannedResource } from "../../src/inventory/scan-item.js";
import type { PulumiResource } from "../../src/engine/crossguard/pulumi-resource.js";
import { isObject, setOwn, type Json, type JsonObject } from "../../src/json.js";
import { plainResource } from "./kubernetes.js";

/**
 * A type of AWS that there is no table of, as Pulumi's native provider has it: the provider's own schema, with names that
 * begin small. `AWS::SSM::Document` is `aws-native:ssm:Document`.
 */
export function nativeResource(item: ScannedResource): PulumiResource {
  const { id, type, name, config } = item.resource;
  const [, service = "", kind = ""] = type.split("::");
  return plainResource(item, `aws-native:${service.toLowerCase()}:${kind}`, lowered(config), id, name ?? id);
}

function lowered(config: JsonObject): JsonObject {
  const properties: { [name: string]: Json } = {};
  for (const [name, value] of Object.entries(config)) setOwn(properties, smallFirst(name), loweredValue(name, value));
  return properties;
}

function loweredValue(name: string, value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map((one) => loweredValue(name, one));
  // Documents of policies have words of their own.
  if (!isObject(value) || Object.hasOwn(value, "Statement") || name.endsWith("Document")) return value;
  return lowered(value);
}

/** `BucketName` to `bucketName`, `KMSKeyId` to `kmsKeyId`, `ARN` to `arn`. */
function smallFirst(name: string): string {
  return name.replace(/^[A-Z]+(?=[A-Z][a-z])|^[A-Z]+(?![a-z])|^[A-Z]/, (capitals) => capitals.toLowerCase());
}
