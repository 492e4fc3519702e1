// From a resource of a state to what is wanted: who it is, and what of it can be compared.
import type { Against, DesiredResource } from "../../src/inventory/drift/drift.js";
import type { ScannedResource } from "../../src/inventory/scan-item.js";
import { isObject, own, type Json } from "../../src/json.js";
import { mappings, satellites } from "../terraform/mapping/index.js";
import { coverageOfType } from "./coverage.js";

export interface DesiredOptions {
  readonly against: Against;
  readonly source: string;
  readonly secrets: readonly string[];
  /** Places of a type that can be wanted and that its scanner does not read. */
  readonly unread: (type: string) => readonly string[];
  /** Terraform's type of an address. */
  readonly terraformType: (address: string) => string | undefined;
}

export function desiredResource(item: ScannedResource, options: DesiredOptions): DesiredResource {
  const { resource, failures } = item;
  const values = attributesOf(resource.raw);
  const arn = textAt(values, "arn");
  const id = arn?.startsWith("arn:") === true ? arn : null;
  const [, , , region = "", account = ""] = id?.split(":") ?? [];
  const kind = kindOf(item, options);
  const { against, source, secrets } = options;
  return {
    ...{ address: resource.id, id, ...kind, tags: resource.tags, config: resource.config },
    name: nameOf(item, options.terraformType(resource.id), values),
    account: account === "" ? null : account,
    region: region === "" ? resource.region : region,
    coverage: kind.provider === "aws" ? coverageOfType(kind.type, options.unread(kind.type)) : "all",
    unknown: [...resource.unknown.filter((at) => !at.startsWith("/raw")), ...failures.map(({ pointer }) => pointer)],
    ...{ secrets, redacted: false, against, source },
  };
}

/**
 * What has no mapping keeps Terraform's type, of which nothing live is: that is said, and never "missing". So is what only sets a
 * part of a resource that the state does not have.
 */
function kindOf({ resource }: ScannedResource, { terraformType }: DesiredOptions): { provider: string; type: string } {
  const { provider, type } = resource;
  const terraform = terraformType(resource.id) ?? "";
  if (terraform.startsWith("aws_") && !mappings.has(terraform)) return { provider: "aws", type: terraform };
  if (provider === "aws" && satellites.has(terraform)) return { provider, type: terraform };
  return type.startsWith("aws:") ? { provider: "aws", type } : { provider, type };
}

/** Pulumi has them in the outputs of the state. */
function attributesOf(raw: Json): Json {
  const outputs = isObject(raw) && typeof own(raw, "urn") === "string" ? own(raw, "outputs") : undefined;
  return outputs ?? raw;
}

/** Where no argument names the resource, its mapping gives the label of the code: then it is known by the provider's id. */
function nameOf({ resource }: ScannedResource, terraform: string | undefined, values: Json): string | null {
  const argument = terraform === undefined ? undefined : mappings.get(terraform)?.name;
  if (argument === undefined) return textAt(values, "id");
  return textAt(values, argument) ?? textAt(values, "id") ?? resource.name;
}

function textAt(values: Json, key: string): string | null {
  const value = isObject(values) ? own(values, key) : undefined;
  return typeof value === "string" && value !== "" ? value : null;
}
