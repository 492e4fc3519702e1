// That the OSCAL documents say of each control what its population says.
import { isObject, type Json, type JsonObject } from "../../json.js";
import { parseCanonical, readWhole } from "./lines.js";
import { controlToken } from "./oscal-text.js";
import { statusOfOutcome } from "./outcome.js";
import { Damage } from "./package.js";
import type { ControlSummary } from "./statement.js";
import type { Opened } from "./verify-contents.js";

const documentLimit = 256 * 1024 ** 2;
const resultsName = "oscal/assessment-results.json";

export async function verifyOscal(opened: Opened): Promise<string> {
  const results = at(await readDocument(opened, resultsName), "assessment-results", "results", 0);
  const byTarget = new Map(listOf(at(results, "findings")).map((one) => [at(one, "target", "target-id"), one]));
  const { baseline, controls } = opened.predicate;
  if (byTarget.size !== controls.length)
    throw new Damage(`${resultsName} speaks of ${byTarget.size} controls, not of ${controls.length}`);
  for (const control of controls) {
    const finding = byTarget.get(`${controlToken(baseline.id, control.id)}_obj`);
    if (!isObject(finding) || !agrees(finding, control))
      throw new Damage(`${resultsName} says something else of ${control.id} than its population`);
  }
  await readDocument(opened, "oscal/component-definition.json");
  return `${controls.length} findings agree with the populations`;
}

/** The same counts, the same status; and satisfied only where nothing speaks against it. */
function agrees(finding: JsonObject, control: ControlSummary): boolean {
  const stated = new Map(listOf(at(finding, "props")).map((prop) => [at(prop, "name"), at(prop, "value")]));
  const counts = Object.entries(control.counts).every(([kind, count]) => stated.get(kind) === String(count));
  const satisfied = at(finding, "target", "status", "state") === "satisfied";
  const isStatus = stated.get("status") === statusOfOutcome(control.outcome, control.counts);
  return counts && isStatus && (!satisfied || control.outcome === "no-exceptions");
}

async function readDocument(opened: Opened, name: string): Promise<JsonObject> {
  const text = (await readWhole(name, opened.open(name), documentLimit)).toString("utf8");
  return parseCanonical(name, text.replace(/\n$/, ""));
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function at(value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined {
  let found = value;
  for (const step of path) {
    if (typeof step === "number") found = Array.isArray(found) ? (found as readonly Json[])[step] : undefined;
    else found = isObject(found) && Object.hasOwn(found, step) ? found[step] : undefined;
  }
  return found;
}
