/**
 * Where a property is written that a policy pack knows by Pulumi's name: the argument of Terraform's, or the place in the provider's
 * own schema. The view read backwards, for what a pack proposes.
 */
import { own, type Json } from "../../src/json.js";
import type { DeclaredResource, ScannedResource } from "../../src/inventory/scan-item.js";
import { services } from "../terraform/mapping/index.js";
import type { Reader, ScalarReader, Shape, TypeMapping } from "../terraform/mapping/shape.js";
import { coverageOf } from "./arguments.js";
import { inlineArguments } from "./from-config.js";
import { argumentOfProperty, propertiesOfArgument, snakeCase } from "./names.js";
import type { Coverage } from "./properties.js";
import { pulumiTypeOf, terraformTypeOf, type Inputs, type PropertyType } from "./schema.js";
import { parseUrn } from "./urn.js";

/** A property as Pulumi names it, among the resources that one of ours is shown as. */
export interface PropertyPlace {
  readonly urn: string;
  readonly type: string;
  readonly path: readonly string[];
}

export interface WrittenArgument {
  /** Terraform's type of the resource. */
  readonly type: string;
  /** Names of blocks, and the argument last. */
  readonly names: readonly string[];
  /** The key in it, where the argument is a map. */
  readonly key: string | null;
  readonly valueType: PropertyType;
}

/** Nothing of it can be said. The message says why, in words. */
export class NotWritten extends Error {}

const types = services.flatMap((service) => service.types);

/** The resource of the code that the pack was shown; undefined where it was read from an API. */
export function declaredAt(item: ScannedResource, { urn, type }: PropertyPlace): DeclaredResource | undefined {
  const terraform = terraformTypeOf(type);
  const address = parseUrn(urn)?.name;
  return item.declared?.().find((one) => one.address === address && one.type === terraform);
}

/** Throws NotWritten for what is none of the type's inputs, or stands in one of several blocks. */
export function argumentOf({ type, path }: PropertyPlace, declared: DeclaredResource | undefined): WrittenArgument {
  const terraform = declared?.type ?? terraformTypeOf(type);
  const inputs = terraform === undefined ? undefined : pulumiTypeOf(terraform)?.inputs;
  if (terraform === undefined || inputs === undefined) throw new NotWritten(`there is no table of the type ${type}`);
  const mapping = mappingOf(terraform);
  const coverage = mapping === undefined ? null : coverageOf(mapping.properties);
  const among = [...(coverage?.keys() ?? []), "tags", ...Object.keys(declared?.values ?? {})];
  return { type: terraform, ...argumentBelow(path, { inputs, coverage, among, names: [] }) };
}

interface Below {
  readonly inputs: Inputs;
  readonly coverage: Coverage | null;
  /** Arguments that are known to be there. */
  readonly among: readonly string[];
  readonly names: readonly string[];
}

function argumentBelow(
  [property = "", ...rest]: readonly string[],
  { inputs, coverage, among, names }: Below,
): Omit<WrittenArgument, "type"> {
  const valueType = own(inputs, property);
  if (valueType === undefined) throw new NotWritten(`${property} is none of the properties that are known of it`);
  const argument = argumentOfProperty(property, inputs, among) ?? regular(property, inputs);
  const found = [...names, argument];
  if (rest.length === 0) return { names: found, key: null, valueType };
  if (typeof valueType === "object" && "object" in valueType) {
    const inner = coverage?.get(argument) ?? null;
    return argumentBelow(rest, {
      ...{ inputs: valueType.object, coverage: inner, among: [...(inner?.keys() ?? [])], names: found },
    });
  }
  if (typeof valueType === "object" && "map" in valueType && rest.length === 1)
    return { names: found, key: rest[0] ?? "", valueType: valueType.map };
  throw new NotWritten(`${property} is a list or holds others: which of them is meant is not written by name`);
}

function regular(property: string, inputs: Inputs): string {
  const argument = snakeCase(property);
  if (propertiesOfArgument(argument, inputs).includes(property)) return argument;
  throw new NotWritten(`what ${property} is called in Terraform is not known`);
}

/** The leaves that a value is written as: an object, as its members. */
export function leavesOf(path: readonly string[], value: Json, depth = 0): { path: readonly string[]; value: Json }[] {
  if (typeof value !== "object" || value === null || Array.isArray(value) || depth > 20) return [{ path, value }];
  return Object.entries(value).flatMap(([key, one]) => leavesOf([...path, key], one, depth + 1));
}

/** What another resource of the code sets on this one: written here too, both would contradict each other. */
export function isSetElsewhere(item: ScannedResource, { type, names: [first = ""] }: WrittenArgument): boolean {
  const [itself] = item.declared?.() ?? [];
  if (itself?.type !== type) return false;
  const computed = mappingOf(type)?.computedLegacy ?? [];
  return Object.hasOwn(inlineArguments(item, type), first) || computed.includes(first);
}

/** Another value makes another resource: the old one is destroyed. */
export function isIdentity({ type, names: [first = "", ...others] }: WrittenArgument): boolean {
  const mapping = mappingOf(type);
  const named = [mapping?.name, ...(mapping?.identities ?? []), "name", "name_prefix", "id", "arn"];
  return others.length === 0 && named.includes(first);
}

/** Where the provider's own schema has it, and the value in its words. Throws NotWritten. */
export function configPlace(
  resourceType: string,
  { type, names, key }: WrittenArgument,
  value: Json,
): { readonly path: readonly string[]; readonly value: Json } {
  const mapping = types.find((one) => one.type === resourceType && one.terraform.includes(type));
  if (mapping === undefined) throw new NotWritten(`${type} is no resource of its own there`);
  if (key !== null && names.length === 1 && names[0] === "tags") return { path: ["Tags", key], value };
  const found = key === null ? fieldOf(mapping.properties, names.join(".")) : undefined;
  if (found === undefined) throw new NotWritten(`where ${names.join(".")} stands in ${resourceType} is not known`);
  return { path: found.path, value: providersWord(found.reader, value) };
}

function mappingOf(terraform: string): TypeMapping | undefined {
  return types.find((one) => one.terraform.includes(terraform));
}

type Field = { readonly path: readonly string[]; readonly reader: Reader };

function fieldOf(shape: Shape, argument: string): Field | undefined {
  for (const [property, reader] of Object.entries(shape)) {
    const below = fieldIn(reader, argument);
    if (below !== undefined) return { path: [property, ...below.path], reader: below.reader };
  }
  return undefined;
}

function fieldIn(reader: Reader, argument: string): Field | undefined {
  switch (reader.kind) {
    case "scalar":
    case "any":
      return reader.from === argument ? { path: [], reader } : undefined;
    case "block":
      return argument.startsWith(`${reader.from}.`)
        ? fieldOf(reader.shape, argument.slice(reader.from.length + 1))
        : undefined;
    case "object":
    case "group":
      return fieldOf(reader.shape, argument);
    default:
      return undefined;
  }
}

function providersWord(reader: Reader, value: Json): Json {
  const { rename = {} } = reader as Partial<ScalarReader>;
  return (typeof value === "string" ? own(rename, value) : undefined) ?? value;
}
