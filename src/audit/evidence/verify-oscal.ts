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
  const results = listOf(at(await readDocument(opened, resultsName), "assessment-results", "results"));
  if (results.length !== 1) throw new Damage(`${resultsName} has ${results.length} results, not one`);
  const findings = listOf(at(results[0], "findings"));
  const byTarget = new Map(findings.map((one) => [at(one, "target", "target-id"), one]));
  const { baseline, controls } = opened.predicate;
  if (findings.length !== controls.length)
    throw new Damage(`${resultsName} has ${findings.length} findings on ${controls.length} controls`);
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
  const props = listOf(at(finding, "props"));
  const stated = new Map(props.map((prop) => [at(prop, "name"), at(prop, "value")]));
  if (stated.size !== props.length) return false;
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
