// CloudFormation templates: expressions are evaluated as far as they can be before a deployment, and what policies look at as a
// property of its owner is put there.
import { isObject, own, setOwn, type Json, type JsonObject } from "../../src/json.js";
import type { ScanItem, ScannedResource, ScanProblem } from "../../src/inventory/scan-item.js";
import type { ParsedDocument } from "../code/document.js";
import { Evaluator, referencesOf } from "./evaluate.js";
import { normalForm } from "./normal-form.js";
import { belongs, fold, nameOf, satellites, type Satellite } from "./satellites.js";
import { scopeOf, type TemplateOptions } from "./scope.js";
import { isValueObject, toPlain, Unknown, type Value, type ValueObject } from "./value.js";

export type { TemplateOptions } from "./scope.js";

/** A template says so, or has resources whose types are CloudFormation's. */
export function isCloudFormation(value: Json): boolean {
  if (!isObject(value)) return false;
  if (Object.hasOwn(value, "AWSTemplateFormatVersion")) return true;
  const resources = own(value, "Resources");
  if (!isObject(resources)) return false;
  const types = Object.values(resources).map((resource) => (isObject(resource) ? own(resource, "Type") : undefined));
  return types.length > 0 && types.every((type) => typeof type === "string" && type.includes("::"));
}

interface Declared {
  readonly id: string;
  readonly type: string;
  readonly raw: JsonObject;
  readonly properties: ValueObject;
  readonly references: readonly string[];
  /** It may not exist: its condition is not known. */
  readonly uncertain: boolean;
  /** Places of properties that were folded in: `/BucketPolicy` to the satellite's pointer in the template. */
  readonly places: ReadonlyMap<string, string>;
  /** Ids of the satellites that were folded in for certain: what excuses them excuses it. */
  readonly satellites: readonly string[];
}

export function readCloudFormation(document: ParsedDocument, options: TemplateOptions): ScanItem[] {
  const template = document.value;
  if (!isObject(template)) return [problemAt(document, "", "unreadable", "it is not a template; expected an object")];
  const resources = own(template, "Resources");
  if (!isObject(resources))
    return [problemAt(document, "/Resources", "unreadable", "the template has no Resources; expected an object")];
  const evaluator = new Evaluator(scopeOf(template, options));
  const problems = [...macroProblems(document, template)];
  const declared: Declared[] = [];
  for (const [id, resource] of Object.entries(resources)) {
    if (!isObject(resource) || typeof own(resource, "Type") !== "string") {
      const macro = id.startsWith("Fn::");
      const message = macro
        ? `${id} is expanded by CloudFormation only; what it makes is not seen`
        : `the resource ${id} has no Type`;
      problems.push(problemAt(document, pointerTo(id), macro ? "incomplete" : "unreadable", message));
      continue;
    }
    const found = declaredResource(id, resource, evaluator);
    if (found !== null) declared.push(found);
  }
  const isResource = (id: string): boolean => Object.hasOwn(resources, id);
  const items = foldAll(declared).map((one) => scanned(one, document, options, isResource));
  const faults = evaluator.faults.map(({ problem, pointer, message }) =>
    problemAt(document, pointer, problem, message),
  );
  return [...problems, ...faults, ...items];
}

/** Null when its condition is false. One whose condition is not known is judged as if it exists: where it does not, nothing is violated. */
function declaredResource(id: string, resource: JsonObject, evaluator: Evaluator): Declared | null {
  const condition = own(resource, "Condition");
  const exists = typeof condition === "string" ? evaluator.condition(condition, `${pointerTo(id)}/Condition`) : true;
  if (exists === false) return null;
  const properties = evaluator.value(own(resource, "Properties") ?? {}, `${pointerTo(id)}/Properties`);
  const depends = own(resource, "DependsOn");
  const dependsOn = (Array.isArray(depends) ? (depends as readonly Json[]) : [depends]).filter(
    (name) => typeof name === "string",
  );
  return {
    id,
    type: own(resource, "Type") as string,
    raw: resource,
    properties: isValueObject(properties) ? properties : {},
    references: [...referencesOf(properties), ...dependsOn],
    uncertain: exists === null,
    places: new Map(),
    satellites: [],
  };
}

function foldAll(declared: readonly Declared[]): Declared[] {
  const links = satellites.flatMap((satellite) =>
    declared.filter(({ type }) => type === satellite.type).map((one) => ({ satellite, one })),
  );
  if (links.length === 0) return [...declared];
  return declared.map((owner) => {
    const related = links.filter(({ satellite }) => satellite.owner === owner.type);
    return related.reduce((result, { satellite, one }) => foldOne(result, owner, satellite, one), owner);
  });
}

function foldOne(result: Declared, owner: Declared, satellite: Satellite, one: Declared): Declared {
  const link = Object.hasOwn(one.properties, satellite.link) ? one.properties[satellite.link] : undefined;
  const belongsTo = belongs(link, owner);
  if (belongsTo === false) return result;
  const certain = belongsTo === true && !one.uncertain;
  const value: Value = certain ? satellite.value(one.properties) : new Unknown([one.id]);
  const sure = !satellite.element && !certain && Object.hasOwn(result.properties, satellite.property);
  const properties = sure ? result.properties : fold(result.properties, satellite, value);
  const folded = properties[satellite.property];
  const at = satellite.element && Array.isArray(folded) ? `/${folded.length - 1}` : "";
  const places = new Map(result.places).set(`/${satellite.property}${at}`, `${pointerTo(one.id)}/Properties`);
  const folds = certain ? [...result.satellites, one.id] : result.satellites;
  return { ...result, properties, places, references: [...result.references, one.id], satellites: folds };
}

function scanned(
  one: Declared,
  document: ParsedDocument,
  options: TemplateOptions,
  isResource: (id: string) => boolean,
): ScannedResource {
  const { value, unknown } = toPlain(one.properties, "/config");
  const config = normalForm(value) as JsonObject;
  const place = document.locate(pointerTo(one.id));
  const suppressions = [...new Set([one.id, ...one.satellites])].flatMap((id) => document.suppressions(pointerTo(id)));
  const tagsUnknown = unknown.some((pointer) => pointer === "/config/Tags" || pointer.startsWith("/config/Tags/"));
  return {
    kind: "resource",
    resource: {
      id: one.id,
      provider: one.type.startsWith("AWS::") ? "aws" : "cloudformation",
      type: one.type,
      name: nameOf(one.properties) ?? one.id,
      account: null,
      region: options.region,
      tags: tagsOf(own(config, "Tags")),
      config,
      unknown: tagsUnknown ? [...unknown, "/tags"] : unknown,
      raw: one.raw,
      source: {
        scanner: "cloudformation",
        uri: document.uri,
        line: place?.line ?? null,
        column: place?.column ?? null,
        capturedAt: null,
      },
    },
    locate: (pointer) => document.locate(templatePointer(one, pointer)),
    references: [...new Set(one.references.filter((id) => isResource(id) && id !== one.id))].sort(),
    failures: [],
    ...(suppressions.length === 0 ? {} : { suppressions }),
  };
}

/** Where a pointer into the resource stands in the template; a folded property stands in its satellite. */
function templatePointer({ id, places }: Declared, pointer: string): string {
  if (!pointer.startsWith("/config")) return pointerTo(id);
  const rest = pointer.slice("/config".length);
  for (const [property, satellite] of places) {
    if (rest === property || rest.startsWith(`${property}/`)) return satellite + rest.slice(property.length);
  }
  return `${pointerTo(id)}/Properties${rest}`;
}

function tagsOf(tags: Json | undefined): { [key: string]: string } {
  const found: { [key: string]: string } = {};
  const add = (key: Json | undefined, value: Json | undefined): void => {
    if (
      typeof key === "string" &&
      (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    )
      setOwn(found, key, String(value));
  };
  if (Array.isArray(tags))
    for (const tag of (tags as readonly Json[]).filter(isObject)) add(own(tag, "Key"), own(tag, "Value"));
  else if (isObject(tags)) for (const [key, value] of Object.entries(tags)) add(key, value);
  return found;
}

function* macroProblems(document: ParsedDocument, template: JsonObject): Generator<ScanProblem> {
  const transform = own(template, "Transform");
  const names = (Array.isArray(transform) ? (transform as readonly Json[]) : [transform]).filter(
    (name) => name !== undefined,
  );
  for (const name of names) {
    const shown = typeof name === "string" ? name : JSON.stringify(name).slice(0, 80);
    if (shown === "AWS::LanguageExtensions") continue; // its functions that are known here are evaluated, the others are named
    const message = `the template is transformed by ${shown} when it is deployed; only the resources that are written here are checked`;
    yield problemAt(document, "/Transform", "incomplete", message);
  }
}

function pointerTo(id: string): string {
  return `/Resources/${id.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

function problemAt(
  document: ParsedDocument,
  pointer: string,
  problem: ScanProblem["problem"],
  message: string,
): ScanProblem {
  const place = document.locate(pointer);
  const { line, column } = { line: place?.line ?? null, column: place?.column ?? null };
  return { kind: "problem", problem, at: document.uri, line, column, message, hides: [], account: null, region: null };
}
