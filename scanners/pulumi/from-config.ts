/** The parts of a resource in the provider's own schema, as an API or a template gives it. */
import { own, type JsonObject } from "../../src/json.js";
import type { ScannedResource } from "../../src/inventory/scan-item.js";
import { services } from "../terraform/mapping/index.js";
import type { Reader, Satellite, TypeMapping } from "../terraform/mapping/shape.js";
import { argumentsFor, argumentsRead, coverageOf, type Block } from "./arguments.js";
import { Doubtful, doubtsBelow, isValueObject, withDoubts, type Value } from "./doubtful.js";
import type { Part } from "./part.js";
import type { Coverage } from "./properties.js";

const types = services.flatMap((service) => service.types);
/** Said in another way by one of the others. */
const alsoSaid = ["aws_iam_policy_attachment", "aws_iam_group_membership", "aws_security_group_rule"];
const satellites = services
  .flatMap((service) => service.satellites)
  .filter(({ terraform }) => !alsoSaid.includes(terraform[0] ?? ""));

/** None where there is no table of the type. */
export function partsOfConfig(item: ScannedResource): Part[] {
  const { resource } = item;
  const mapping = mappingOf(resource.type, resource.config);
  const type = mapping?.terraform[0];
  if (mapping === undefined || type === undefined) return [];
  const config = configOf(item);
  const values = tagged(argumentsFor(mapping.properties, config), mapping, item);
  const owner: Part = {
    type,
    name: resource.id,
    values,
    coverage: coverage(mapping),
    references: referencesOf(values, item.references),
    location: null,
  };
  return [owner, ...satellites.flatMap((satellite) => satelliteParts(satellite, { item, mapping, config, values }))];
}

/** What the satellites of a resource set on it, as arguments of the resource itself: older packs know them there only. */
export function inlineArguments(item: ScannedResource, terraform: string): Block {
  const mapping = types.find((one) => one.terraform.includes(terraform));
  const config = configOf(item);
  if (mapping === undefined || !isValueObject(config)) return {};
  const declared = new Set(item.declared?.().map(({ type }) => type));
  const set = satellites
    .filter((one) => one.owner === mapping.type && one.terraform.some((type) => declared.has(type)))
    .flatMap(({ properties }) => Object.keys(properties));
  const shape = Object.entries(mapping.properties).filter(([property]) => set.includes(property));
  return argumentsFor(Object.fromEntries(shape), config);
}

function mappingOf(type: string, config: JsonObject): TypeMapping | undefined {
  const known = types.filter((one) => one.type === type);
  // An instance of a cluster is a type of its own in Terraform.
  if (type === "AWS::RDS::DBInstance" && typeof config.DBClusterIdentifier === "string") {
    return known.find(({ terraform }) => terraform.includes("aws_rds_cluster_instance"));
  }
  const special = known.find(({ properties }) => constantsMatch(properties, config));
  return special ?? known[0];
}

/** A type that has a constant, and this resource has that value: the default group of a network. */
function constantsMatch(shape: TypeMapping["properties"], config: JsonObject): boolean {
  const constants = Object.entries(shape).flatMap(([name, reader]) =>
    reader.kind === "constant" ? [[name, reader.value] as const] : [],
  );
  return constants.length > 0 && constants.every(([name, value]) => own(config, name) === value);
}

function configOf(item: ScannedResource): Value {
  return withDoubts(item.resource.config, doubtsBelow("/config", item));
}

function tagged(values: Block, mapping: TypeMapping, item: ScannedResource): Block {
  if (mapping.tags === "none") return values;
  const tags = withDoubts(item.resource.tags, doubtsBelow("/tags", item));
  if (isValueObject(tags) && Object.keys(tags).length === 0) return values;
  if (mapping.tags !== "blocks") return { ...values, tags };
  return { ...values, tag: isValueObject(tags) ? Object.entries(tags).map(([key, value]) => ({ key, value })) : tags };
}

const coverages = new Map<TypeMapping | Satellite, Coverage>();

function coverage(of: TypeMapping | Satellite): Coverage {
  const known = coverages.get(of) ?? coverageOf(of.properties);
  coverages.set(of, known);
  return known;
}

interface Owned {
  readonly item: ScannedResource;
  readonly mapping: TypeMapping;
  readonly config: Value;
  /** The owner's arguments. */
  readonly values: Block;
}

function satelliteParts(satellite: Satellite, owned: Owned): Part[] {
  const type = satellite.terraform[0];
  const [link] = satellite.links;
  if (type === undefined || link === undefined || satellite.owner !== owned.mapping.type) return [];
  const there = satellite.merge === "set" ? setBy(satellite, owned.config) : each(satellite, owned.config);
  const { id } = owned.item.resource;
  return there.map((values, index) => ({
    type,
    name: there.length === 1 ? id : `${id}#${index + 1}`,
    values: { ...values, [link]: identityOf(owned) },
    coverage: new Map([...coverage(satellite), [link, null]]),
    references: new Map([[link, [id]]]),
    location: null,
  }));
}

/** One, where the config has anything that it sets. */
function setBy({ properties }: Satellite, config: Value): Block[] {
  const isSet = !isValueObject(config) || Object.keys(properties).some((name) => (own(config, name) ?? null) !== null);
  return isSet ? [argumentsFor(properties, config)] : [];
}

/** One of them for each element of the lists that they add to. */
function each(satellite: Satellite, config: Value): Block[] {
  return Object.entries(satellite.properties).flatMap(([property, reader]) => {
    const value = isValueObject(config) ? own(config, property) : config;
    if (value === undefined || value === null) return [];
    const isSplit = Array.isArray(value) && !(reader.kind === "any");
    return (isSplit ? (value as readonly Value[]) : [value]).map((one) => written(reader, isSplit ? [one] : one));
  });
}

function written(reader: Reader, value: Value): Block {
  const [only] = Array.isArray(value) ? (value as readonly Value[]) : [];
  return argumentsRead(reader, only instanceof Doubtful ? only : value);
}

/** What others point at the owner with. */
function identityOf({ item: { resource }, mapping, values }: Owned): Value {
  const argument = mapping.identities?.[0] ?? mapping.name ?? "id";
  return own(values, argument) ?? resource.name ?? resource.id;
}

/** The arguments whose very value is the id of another resource. */
function referencesOf(values: Block, ids: readonly string[]): Map<string, string[]> {
  const known = new Set(ids);
  const found = Object.entries(values).map(([argument, value]) => {
    const all = Array.isArray(value) ? (value as readonly Value[]) : [value];
    return [argument, all.filter((one): one is string => typeof one === "string" && known.has(one))] as const;
  });
  return new Map(found.filter(([, named]) => named.length > 0));
}
