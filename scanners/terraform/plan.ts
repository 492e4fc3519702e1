// Reads what `terraform show -json` prints, for a plan or a state; OpenTofu prints the same. Every shape is checked here: a
// plan that is not understood is a problem, never an empty result.
import { pointer as pointerOf } from "../../src/inventory/pointer.js";
import type { Location } from "../../src/inventory/resource.js";
import type { ScanProblem } from "../../src/inventory/scan-item.js";
import { isObject, own, type Json, type JsonObject } from "../../src/json.js";
import type { EvaluatedResource } from "./evaluated.js";
import { PlanConfiguration } from "./plan-configuration.js";
import { PlanReferences } from "./plan-references.js";
import { tooDeep, unknownPointers, withoutUnknown } from "./plan-unknown.js";

export interface PlanReading {
  readonly resources: readonly EvaluatedResource[];
  readonly problems: readonly ScanProblem[];
}

type Locate = (pointer: string) => Location | null;
type Segments = readonly (string | number)[];

/** One resource as it was found, before references are known. */
interface Found {
  readonly at: Segments;
  readonly valuesAt: Segments;
  readonly entry: JsonObject;
  readonly address: string;
  readonly mode: "managed" | "data";
  readonly type: string;
  readonly name: string;
  readonly values: JsonObject;
  readonly unknown: readonly string[];
}

class Reader {
  readonly problems: ScanProblem[] = [];
  readonly found = new Map<string, Found>();
  /** Of resources that the plan deletes: they are rightly not in the result. */
  readonly gone = new Set<string>();
  readonly #uri: string;
  readonly #locate: Locate;

  constructor(uri: string, locate: Locate) {
    this.#uri = uri;
    this.#locate = locate;
  }

  problem(problem: ScanProblem["problem"], at: Segments, message: string): void {
    const place = this.#locate(pointerOf(at));
    const { line, column } = { line: place?.line ?? null, column: place?.column ?? null };
    this.problems.push({
      kind: "problem",
      problem,
      at: this.#uri,
      line,
      column,
      message,
      hides: [],
      account: null,
      region: null,
    });
  }

  expected(at: Segments, what: string): void {
    this.problem("unreadable", at, `${pointerOf(at) || "the document"} was expected to be ${what}`);
  }

  add(entry: JsonObject, at: Segments, valuesAt: Segments, values: Json | undefined, afterUnknown: Json): void {
    const identity = identityOf(entry);
    if (identity === undefined) {
      this.expected(at, "a resource with address, mode, type and name");
      return;
    }
    if (!isObject(values)) {
      this.expected(valuesAt, "an object with the resource's values");
      return;
    }
    if (tooDeep(values) || tooDeep(afterUnknown)) {
      this.problem("unreadable", valuesAt, `the values of ${identity.address} nest more than 200 levels deep`);
      return;
    }
    if (this.found.has(identity.address)) return;
    const unknown = unknownPointers(afterUnknown);
    this.found.set(identity.address, {
      ...identity,
      at,
      valuesAt,
      entry,
      values: withoutUnknown(values, afterUnknown),
      unknown,
    });
  }
}

function identityOf(entry: JsonObject) {
  const address = own(entry, "address");
  const type = own(entry, "type");
  const name = own(entry, "name");
  const mode = own(entry, "mode") ?? "managed";
  if (typeof address !== "string" || typeof type !== "string" || typeof name !== "string") return undefined;
  return mode === "managed" || mode === "data" ? ({ address, type, name, mode } as const) : undefined;
}

/**
 * The resources of a plan as they will be after it, or of a state as they are. `locate` gives the place of a pointer into
 * the document. What the plan deletes is not in the result.
 */
export function readTerraformPlan(plan: JsonObject, uri: string, locate: Locate): PlanReading {
  const reader = new Reader(uri, locate);
  if (!isObject(plan)) {
    reader.expected([], "an object, as `terraform show -json` prints");
    return { resources: [], problems: reader.problems };
  }
  if (isSupported(plan, reader)) readDocument(plan, reader);
  const configuration = new PlanConfiguration(plan);
  const references = new PlanReferences(configuration, new Set(reader.found.keys()));
  const resources = [...reader.found.values()].map((found) => evaluated(found, configuration, references, locate));
  return { resources, problems: reader.problems };
}

function isSupported(plan: JsonObject, reader: Reader): boolean {
  const version = own(plan, "format_version");
  if (typeof version === "string" && /^[01]\.\d+$/.test(version)) return true;
  const found = typeof version === "string" ? JSON.stringify(version.slice(0, 20)) : "none";
  reader.problem(
    "unreadable",
    ["format_version"],
    `format_version was expected to be 0.x or 1.x, as Terraform and OpenTofu print; found ${found}`,
  );
  return false;
}

function readDocument(plan: JsonObject, reader: Reader): void {
  reportUnfinished(plan, reader);
  if (Object.hasOwn(plan, "values")) {
    readValues(own(plan, "values"), ["values"], reader, () => true);
    return;
  }
  const isState = !Object.hasOwn(plan, "planned_values") && !Object.hasOwn(plan, "resource_changes");
  if (isState && !Object.hasOwn(plan, "configuration") && Object.hasOwn(plan, "terraform_version")) return;
  const changes = own(plan, "resource_changes");
  if (changes !== undefined && !Array.isArray(changes)) {
    reader.expected(["resource_changes"], "a list of resource changes");
    return;
  }
  if (changes === undefined && isState) {
    reader.expected(["resource_changes"], "a list of resource changes, as a plan has; it is not there");
    return;
  }
  ((changes ?? []) as readonly Json[]).forEach((change, index) => {
    readChange(change, ["resource_changes", index], reader);
  });
  readPrior(plan, reader);
  reportMissing(plan, reader);
}

function reportUnfinished(plan: JsonObject, reader: Reader): void {
  if (own(plan, "errored") === true) {
    reader.problem(
      "incomplete",
      ["errored"],
      "Terraform stopped with an error while it made this plan, so resources may be missing; plan again",
    );
  }
  if (own(plan, "complete") === false) {
    reader.problem(
      "incomplete",
      ["complete"],
      "this plan does not hold every change (deferred changes or -target); what it leaves out is not checked",
    );
  }
}

function readChange(entry: Json, at: Segments, reader: Reader): void {
  const change = isObject(entry) ? own(entry, "change") : undefined;
  if (!isObject(entry) || !isObject(change)) {
    reader.expected(at, "a resource change with a `change` object");
    return;
  }
  const actions = own(change, "actions");
  if (!Array.isArray(actions) || !actions.every((action) => typeof action === "string")) {
    reader.expected([...at, "change", "actions"], "a list of actions");
    return;
  }
  const after = own(change, "after");
  const removes = actions.every((action) => action === "delete" || action === "forget") && actions.length > 0;
  if (Object.hasOwn(entry, "deposed")) return;
  if (removes && (after === null || after === undefined)) {
    const address = own(entry, "address");
    if (typeof address === "string") reader.gone.add(address);
    return;
  }
  const unknown = own(change, "after_unknown") ?? false;
  const values = unknown === true && !isObject(after) ? {} : after;
  reader.add(entry, at, [...at, "change", "after"], values, unknown);
}

/** Data sources that were read while planning stand in the prior state only. */
function readPrior(plan: JsonObject, reader: Reader): void {
  const prior = own(plan, "prior_state");
  if (!isObject(prior) || !Object.hasOwn(prior, "values")) return;
  readValues(own(prior, "values"), ["prior_state", "values"], reader, (entry) => own(entry, "mode") === "data");
}

function readValues(
  values: Json | undefined,
  at: Segments,
  reader: Reader,
  wanted: (entry: JsonObject) => boolean,
): void {
  const root = isObject(values) ? (own(values, "root_module") ?? {}) : undefined;
  if (root === undefined) {
    reader.expected(at, "an object with root_module");
    return;
  }
  forEachEntry(root, [...at, "root_module"], reader, (entry, place) => {
    if (wanted(entry)) reader.add(entry, place, [...place, "values"], own(entry, "values"), false);
  });
}

const deepestModule = 64;

function forEachEntry(
  module: Json,
  at: Segments,
  reader: Reader,
  visit: (entry: JsonObject, at: Segments) => void,
): void {
  if (!isObject(module)) {
    reader.expected(at, "a module object");
    return;
  }
  if (at.length > deepestModule * 2) {
    reader.problem("unreadable", at, `modules nest more than ${deepestModule} levels deep`);
    return;
  }
  const resources = listOf(module, "resources", at, reader);
  resources.forEach((entry, index) => {
    const place = [...at, "resources", index];
    if (isObject(entry)) visit(entry, place);
    else reader.expected(place, "a resource object");
  });
  listOf(module, "child_modules", at, reader).forEach((child, index) => {
    forEachEntry(child, [...at, "child_modules", index], reader, visit);
  });
}

function listOf(object: JsonObject, key: string, at: Segments, reader: Reader): readonly Json[] {
  const value = own(object, key);
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value as readonly Json[];
  reader.expected([...at, key], "a list");
  return [];
}

/** Planned values and changes name the same resources; a plan that was cut down by hand does not. */
function reportMissing(plan: JsonObject, reader: Reader): void {
  const planned = own(plan, "planned_values");
  const root = isObject(planned) ? own(planned, "root_module") : undefined;
  if (root === undefined) return;
  forEachEntry(root, ["planned_values", "root_module"], reader, (entry, at) => {
    const address = own(entry, "address");
    if (typeof address !== "string" || reader.found.has(address) || reader.gone.has(address)) return;
    const mode = own(entry, "mode");
    if (mode !== "managed" && mode !== "data") return;
    reader.problem(
      "unreadable",
      at,
      `${address} is in planned_values but not in resource_changes, so what is known of it cannot be told; was the plan edited?`,
    );
  });
}

function evaluated(
  found: Found,
  configuration: PlanConfiguration,
  references: PlanReferences,
  locate: Locate,
): EvaluatedResource {
  const { address, mode, type, name, values, unknown, valuesAt } = found;
  const base = pointerOf(valuesAt);
  return {
    address,
    mode,
    type,
    name,
    region: ownRegion(found) ?? configuration.regionOf(address),
    values,
    unknown,
    references: references.of(found),
    locate: (pointer) => locate(base + pointer) ?? locate(pointerOf(found.at)),
  };
}

/** Version 6 of the AWS provider has the region on each resource. */
function ownRegion(found: Found): string | undefined {
  const region = own(found.values, "region");
  return found.type.startsWith("aws_") && found.mode === "managed" && typeof region === "string" ? region : undefined;
}
