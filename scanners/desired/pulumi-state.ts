// Pulumi's states as its file backend keeps them, brought to the form of `pulumi stack export`, which there is a reader of.
import { isObject, own, setOwn, type Json, type JsonObject } from "../../src/json.js";

/** `.pulumi/stacks/PROJECT/STACK.json`. */
export function isPulumiCheckpoint(value: Json): value is JsonObject {
  const checkpoint = isObject(value) ? own(value, "checkpoint") : undefined;
  return isObject(checkpoint) && (Object.hasOwn(checkpoint, "latest") || Object.hasOwn(checkpoint, "stack"));
}

export function exportOf(checkpointFile: JsonObject): JsonObject {
  const checkpoint = own(checkpointFile, "checkpoint");
  const latest = isObject(checkpoint) ? own(checkpoint, "latest") : undefined;
  return { version: own(checkpointFile, "version") ?? null, deployment: isObject(latest) ? latest : emptyDeployment };
}

/** A stack that nothing was ever deployed to. */
const emptyDeployment: JsonObject = { manifest: {}, resources: [] };

/**
 * What the provider answered when the stack was last updated or refreshed stands in the outputs, what the program wrote in the
 * inputs: together they are what Terraform's state is.
 */
export function withOutputs(stackExport: JsonObject): JsonObject {
  const deployment = own(stackExport, "deployment");
  const resources = isObject(deployment) ? own(deployment, "resources") : undefined;
  if (!isObject(deployment) || !Array.isArray(resources)) return stackExport;
  return { ...stackExport, deployment: { ...deployment, resources: (resources as readonly Json[]).map(merged) } };
}

function merged(resource: Json): Json {
  if (!isObject(resource)) return resource;
  const [type, inputs, outputs] = [own(resource, "type"), own(resource, "inputs"), own(resource, "outputs")];
  if (typeof type !== "string" || !type.startsWith("aws:") || !isObject(outputs)) return resource;
  const both: { [key: string]: Json } = {};
  for (const [key, value] of [...Object.entries(isObject(inputs) ? inputs : {}), ...Object.entries(outputs)])
    setOwn(both, key, value);
  return { ...resource, inputs: both };
}
