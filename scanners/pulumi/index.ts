// Reads `pulumi preview --json` and `pulumi stack export`. Resources of AWS become Terraform's arguments, for which there is a
// mapping to the provider's schema; policy packs see what Pulumi wrote.
import { isObject, own, setOwn, type Json, type JsonObject } from "../../src/json.js";
import { parsePointer, pointer } from "../../src/inventory/pointer.js";
import type { DeclaredResource, ScanItem, ScannedResource } from "../../src/inventory/scan-item.js";
import type { Location } from "../../src/inventory/resource.js";
import type { ParsedDocument } from "../code/document.js";
import { problemAt } from "../code/files.js";
import type { EvaluatedResource } from "../terraform/evaluated.js";
import { mapTerraform } from "../terraform/map.js";
import { mappings, satellites } from "../terraform/mapping/index.js";
import { coverageOf } from "./arguments.js";
import { Doubtful, isValueObject, type Value } from "./doubtful.js";
import { argumentOfProperty, camelCase, snakeCase } from "./names.js";
import { renderedWithDoubts, type Coverage } from "./properties.js";
import { pulumiTypeOf, terraformTypeOf, type Inputs, type PropertyType } from "./schema.js";
import { decoded, dependenciesOf } from "./state.js";
import { parseUrn } from "./urn.js";

export function isPulumi(value: Json): boolean {
  if (!isObject(value)) return false;
  const steps = own(value, "steps");
  if (Array.isArray(steps)) return steps.length > 0 ? steps.every(isStep) : Object.hasOwn(value, "changeSummary");
  const deployment = own(value, "deployment");
  return typeof own(value, "version") === "number" && isObject(deployment) && Object.hasOwn(deployment, "manifest");
}

function isStep(step: Json): boolean {
  const urn = isObject(step) ? own(step, "urn") : undefined;
  return (
    isObject(step) && typeof own(step, "op") === "string" && typeof urn === "string" && urn.startsWith("urn:pulumi:")
  );
}

/** A resource's state and its place in the document. */
interface Found {
  readonly state: JsonObject;
  readonly urn: string;
  readonly type: string;
  readonly at: string;
}

export function readPulumi(document: ParsedDocument): ScanItem[] {
  const { found, problems } = statesOf(document);
  const states = new Map(found.map((one) => [one.urn, one]));
  const translated = new Map(found.map((one) => [one, evaluatedOf(one, states, document)]));
  const evaluated = [...translated.values()].filter((one) => one !== undefined);
  const mapped = mapTerraform(evaluated, { scanner: "pulumi", uri: document.uri }).map((item) => {
    const declared = (item.declared?.() ?? []).flatMap(({ address }) => states.get(address) ?? []);
    return withStates(item, declared, document);
  });
  const others = found.filter((one) => translated.get(one) === undefined);
  return [...problems, ...leftOut(document), ...mapped, ...others.map((one) => otherResource(one, document))];
}

function statesOf(document: ParsedDocument): { found: Found[]; problems: ScanItem[] } {
  const found: Found[] = [];
  const problems: ScanItem[] = [];
  for (const [at, state] of statePlaces(document.value)) {
    const urn = isObject(state) ? own(state, "urn") : undefined;
    const parts = typeof urn === "string" ? parseUrn(urn) : null;
    if (isObject(state) && typeof urn === "string" && parts !== null) {
      // Of one that is replaced both the old and the new are listed: the old one is marked.
      if (own(state, "delete") !== true) found.push({ state, urn, type: parts.type, at });
      continue;
    }
    const { line = null, column = null } = document.locate(at) ?? {};
    const message = "a resource has no URN that Pulumi would give; expected urn:pulumi:STACK::PROJECT::TYPE::NAME";
    problems.push(problemAt(document.uri, "unreadable", message, { line, column }));
  }
  return { found: [...new Map(found.map((one) => [one.urn, one])).values()], problems };
}

/** A preview lists what does not change only when it is asked to; policies about the stack would judge a part of it. */
function leftOut({ value, uri }: ParsedDocument): ScanItem[] {
  const root = isObject(value) ? value : {};
  const [steps, summary] = [own(root, "steps"), own(root, "changeSummary")];
  const same = isObject(summary) ? own(summary, "same") : undefined;
  if (!Array.isArray(steps) || typeof same !== "number") return [];
  const listed = (steps as readonly Json[]).filter((step) => isObject(step) && own(step, "op") === "same").length;
  if (listed >= same) return [];
  const message = `${same - listed} resources that do not change are not in the preview; expected the output of \`pulumi preview --json --show-sames\``;
  return [problemAt(uri, "incomplete", message)];
}

function statePlaces(value: Json): (readonly [string, Json])[] {
  const root = isObject(value) ? value : {};
  const steps = own(root, "steps");
  if (Array.isArray(steps)) {
    // A step without a new state takes a resource away.
    return (steps as readonly Json[]).flatMap((step, index) => {
      const state = isObject(step) ? own(step, "newState") : undefined;
      return state === undefined || state === null ? [] : [[`/steps/${index}/newState`, state] as const];
    });
  }
  const deployment = own(root, "deployment");
  const resources = isObject(deployment) ? own(deployment, "resources") : undefined;
  if (!Array.isArray(resources)) return [];
  return (resources as readonly Json[]).map((state, index) => [`/deployment/resources/${index}`, state] as const);
}

/** The resource as Terraform would have it; undefined where there is no table of its type, or no mapping. */
function evaluatedOf(
  found: Found,
  states: ReadonlyMap<string, Found>,
  document: ParsedDocument,
): EvaluatedResource | undefined {
  const type = terraformTypeOf(found.type);
  const pulumi = type === undefined ? undefined : pulumiTypeOf(type);
  const coverage = type === undefined ? undefined : coverageOfType(type);
  if (type === undefined || pulumi === undefined || coverage === undefined) return undefined;
  const inputs = decoded(own(found.state, "inputs") ?? {}, "");
  const values = argumentsOf(inputs, pulumi.inputs, coverage);
  const { properties, doubts } = renderedWithDoubts(values);
  return {
    address: found.urn,
    mode: "managed",
    type,
    name: parseUrn(found.urn)?.name ?? found.urn,
    region: regionOf(found, states),
    values: withoutUnknown(properties, [...doubts.keys()]),
    unknown: [...doubts.keys()],
    references: referencesOf(found, pulumi.inputs, coverage),
    locate: locatorOf(found, document),
  };
}

/** The arguments that the mapping knows of a type. */
function coverageOfType(type: string): Coverage | undefined {
  const mapping = mappings.get(type);
  if (mapping !== undefined) return new Map([...coverageOf(mapping.properties), ["tags", null], ["tag", null]]);
  const all = satellites.get(type) ?? [];
  if (all.length === 0) return undefined;
  return new Map(
    all.flatMap(({ properties, links }) => [...coverageOf(properties), ...links.map((link) => [link, null] as const)]),
  );
}

/** Properties under the arguments' names: those that the mapping reads, and for the rest what Pulumi's rule gives. */
function argumentsOf(value: Value, inputs: Inputs, coverage: Coverage | null): Value {
  if (!isValueObject(value)) return value;
  const known = [...(coverage?.keys() ?? [])];
  const named: { [argument: string]: Value } = {};
  for (const [property, one] of Object.entries(value)) {
    const argument = argumentOfProperty(property, inputs, known) ?? snakeCase(property);
    setOwn(named, argument, argumentValue(one, own(inputs, property) ?? "any", coverage?.get(argument) ?? null));
  }
  return named;
}

function argumentValue(value: Value, type: PropertyType, coverage: Coverage | null): Value {
  if (value instanceof Doubtful || typeof type === "string") return value;
  if ("list" in type && Array.isArray(value)) {
    const { list } = type;
    const isBlocks = typeof list === "object" && "object" in list;
    return (value as readonly Value[]).map((one) =>
      isBlocks ? argumentsOf(one, list.object, coverage) : argumentValue(one, list, coverage),
    );
  }
  // Blocks are lists in Terraform.
  if ("object" in type && isValueObject(value)) return [argumentsOf(value, type.object, coverage)].slice(0, 1);
  return value;
}

function referencesOf({ state }: Found, inputs: Inputs, coverage: Coverage): Map<string, readonly string[]> {
  const known = [...coverage.keys()];
  const found = [...dependenciesOf(state)].filter(([, urns]) => urns.length > 0);
  return new Map(
    found.map(([property, urns]) => [
      pointer([argumentOfProperty(property, inputs, known) ?? snakeCase(property)]),
      urns,
    ]),
  );
}

/** The region of its provider: `urn::id`. */
function regionOf({ state }: Found, states: ReadonlyMap<string, Found>): string | null {
  const reference = own(state, "provider");
  if (typeof reference !== "string") return null;
  const provider = states.get(reference.slice(0, reference.lastIndexOf("::")));
  const inputs = provider === undefined ? undefined : own(provider.state, "inputs");
  const region = isObject(inputs) ? own(inputs, "region") : undefined;
  return typeof region === "string" && region !== "" ? region : null;
}

/** The line of the program that made the resource, where Pulumi says it; else the place in the document. */
function locatorOf({ state, at }: Found, document: ParsedDocument): (pointer: string) => Location | null {
  const written = programLine(own(state, "sourcePosition"));
  return (text) => {
    if (written !== null) return written;
    const [argument] = parsePointer(text);
    return document.locate(argument === undefined ? at : `${at}/inputs/${camelCase(argument)}`);
  };
}

/** `project:///src/index.ts#19,3`; null for what lies outside of the project. */
function programLine(position: Json | undefined): Location | null {
  const match =
    typeof position === "string" ? /^project:\/\/\/([^#]{1,500})#(\d{1,7})(?:,(\d{1,7}))?$/.exec(position) : null;
  const [, file, line, column] = match ?? [];
  if (file === undefined || file.split("/").includes("..")) return null;
  return { file, line: Number(line), ...(column !== undefined && { column: Number(column) }) };
}

/** Terraform has nothing where a value is not known. */
function withoutUnknown(values: JsonObject, unknown: readonly string[]): JsonObject {
  return unknown.reduce((tree, at) => without(tree, parsePointer(at)) as JsonObject, values);
}

function without(tree: Json, [key, ...rest]: readonly string[]): Json {
  if (key === undefined) return null;
  if (Array.isArray(tree)) {
    return (tree as readonly Json[]).map((one, index) => (String(index) === key ? without(one, rest) : one));
  }
  if (!isObject(tree)) return tree;
  const entries = Object.entries(tree).flatMap(([name, one]) => {
    if (name !== key) return [[name, one] as const];
    return rest.length === 0 ? [] : [[name, without(one, rest)] as const];
  });
  return Object.fromEntries(entries);
}

/** Policy packs see Pulumi's states: of the resource, and of those that were folded into it. */
function withStates(item: ScannedResource, states: readonly Found[], document: ParsedDocument): ScannedResource {
  const [owner] = states;
  const raw = owner?.state ?? item.resource.raw;
  return {
    ...item,
    resource: { ...item.resource, raw, unknown: item.resource.unknown.filter((at) => !at.startsWith("/raw")) },
    declared: () => states.map((one) => declare(one, document)),
  };
}

function declare(found: Found, document: ParsedDocument): DeclaredResource {
  return {
    address: found.urn,
    type: found.type,
    values: found.state,
    unknown: [],
    references: new Map(),
    locate: locatorOf(found, document),
  };
}

/** A type that there is no mapping of: Kubernetes' manifests as they are, and anything else with Pulumi's properties. */
function otherResource(found: Found, document: ParsedDocument): ScannedResource {
  const { properties: config, doubts } = renderedWithDoubts(decoded(own(found.state, "inputs") ?? {}, ""));
  const manifest = manifestOf(found.type, config);
  const place = programLine(own(found.state, "sourcePosition")) ?? document.locate(found.at);
  const name = parseUrn(found.urn)?.name ?? null;
  const dependencies = own(found.state, "dependencies");
  return {
    kind: "resource",
    resource: {
      id: found.urn,
      provider: manifest === null ? "pulumi" : "kubernetes",
      type: manifest?.type ?? found.type,
      name: manifest?.name ?? name,
      account: null,
      region: null,
      tags: {},
      config: withoutUnknown(config, [...doubts.keys()]),
      unknown: [...doubts.keys()].map((at) => `/config${at}`),
      raw: found.state,
      source: {
        scanner: "pulumi",
        uri: document.uri,
        line: place?.line ?? null,
        column: place?.column ?? null,
        capturedAt: null,
      },
    },
    locate: (text) =>
      programLine(own(found.state, "sourcePosition")) ??
      document.locate(found.at + (text.startsWith("/config") ? `/inputs${text.slice(7)}` : "")),
    references: Array.isArray(dependencies)
      ? (dependencies as readonly Json[]).filter((one) => typeof one === "string")
      : [],
    failures: [],
    declared: () => [declare(found, document)],
  };
}

function manifestOf(type: string, config: JsonObject): { type: string; name: string | null } | null {
  const version = own(config, "apiVersion");
  const kind = own(config, "kind");
  if (!type.startsWith("kubernetes:") || typeof version !== "string" || typeof kind !== "string") return null;
  const metadata = own(config, "metadata");
  const name = isObject(metadata) ? own(metadata, "name") : undefined;
  return { type: `${version}/${kind}`, name: typeof name === "string" ? name : null };
}
