// OSCAL assessment results, of a period or of one check or scan. Bounded for populations of any size: exceptions stand in it,
// passes are counted, and whole populations stand in files that it names with their hashes.
import type { JsonObject } from "../../json.js";
import { findings, uniqueControls } from "./oscal-findings.js";
import type { OscalInput, OscalTally } from "./oscal-input.js";
import {
  collectedAt,
  exceptionObservation,
  inventoryItems,
  policyObservation,
  shownExceptions,
  type ShownException,
  systemComponent,
  toolComponent,
} from "./oscal-observations.js";
import { baselineResource, fileResources, metadata, props, sha256Hash, some, uuid } from "./oscal-pieces.js";
import { risks } from "./oscal-risks.js";
import { controlToken, instant, markup, paragraphs, relativeHref } from "./oscal-text.js";

const maxProblems = 1_000;

/** The same input gives the same document: no clock, no randomness. */
export function assessmentResults(input: OscalInput): JsonObject {
  return {
    "assessment-results": {
      uuid: uuid("assessment-results", input.id, input.generatedAt),
      metadata: metadata(input, input.title),
      "import-ap": { href: `#${uuid("plan", input.id)}` },
      results: [result(input)],
      "back-matter": { resources: [plan(input), ...input.baselines.map(baselineResource), ...fileResources(input)] },
    },
  };
}

/** OSCAL requires a plan. What stands in for one is named honestly; readers that follow the link find an OSCAL document. */
function plan({ id, componentDefinition, files }: OscalInput): JsonObject {
  const href = componentDefinition === null ? "#" : relativeHref(componentDefinition);
  const sha256 = files.find(({ path }) => path === componentDefinition)?.sha256;
  return {
    uuid: uuid("plan", id),
    title: "No assessment plan",
    description: paragraphs(
      "There is no assessment plan in OSCAL.",
      componentDefinition === null
        ? "What was assessed is stated in the results of this document."
        : "The component definition says which policies test which controls.",
    ),
    rlinks: [
      { href, "media-type": "application/json", ...(sha256 === undefined ? {} : { hashes: [sha256Hash(sha256)] }) },
    ],
  };
}

function result(input: OscalInput): JsonObject {
  const shown = shownExceptions(input);
  const found = risks(input, shown);
  const end = instant(input.period.to);
  const left = input.exceptions.length - shown.length;
  const observed = new Set(input.policies.map(({ id }) => id));
  return {
    uuid: uuid("result", input.id),
    title: markup(input.title),
    description: paragraphs(
      `Looked at: ${input.targets.slice(0, 100).map(markup).join(", ") || "nothing"}.`,
      left === 0 ? null : `${left} more exceptions are left out here: they are counted, and the files have them.`,
    ),
    start: instant(input.period.from) ?? collectedAt(input),
    ...(end === null ? {} : { end }),
    ...props({ exceptions: input.exceptions.length, "exceptions-left-out": left === 0 ? null : left }),
    "local-definitions": localDefinitions(input, shown),
    "reviewed-controls": reviewedControls(input),
    ...assessmentLog(input),
    ...some("observations", observations(input, shown)),
    ...some(
      "risks",
      found.map(({ json }) => json),
    ),
    ...some("findings", findings(input, found, observed)),
  };
}

function observations(input: OscalInput, shown: readonly ShownException[]): JsonObject[] {
  const seen = tallies(input);
  const policies = [...new Map(input.policies.map((policy) => [policy.id, policy])).values()];
  return [
    ...policies.map((policy) => policyObservation(input, policy, seen.get(policy.id) ?? noTally)),
    ...shown.map((exception) => exceptionObservation(input, exception)),
  ];
}

const noTally: OscalTally = { pass: 0, fail: 0, unknown: 0, error: 0, waived: 0 };

function tallies({ exceptions }: OscalInput): ReadonlyMap<string, OscalTally> {
  const seen = new Map<string, OscalTally>();
  for (const { policy, verdict } of exceptions) {
    const tally = seen.get(policy) ?? noTally;
    seen.set(policy, { ...tally, [verdict]: tally[verdict] + 1 });
  }
  return seen;
}

function localDefinitions(input: OscalInput, shown: readonly ShownException[]): JsonObject {
  const { name, version } = input.tool;
  return {
    components: [
      {
        uuid: systemComponent(input),
        type: "this-system",
        title: "What was assessed",
        description: input.targets.slice(0, 100).map(markup).join(", ") || "Nothing",
        status: { state: "operational" },
      },
    ],
    ...some("inventory-items", inventoryItems(shown)),
    "assessment-assets": {
      components: [
        {
          uuid: toolComponent,
          type: "software",
          title: markup(name),
          description: "Evaluates policies on the configuration of resources.",
          ...props({ version }),
          status: { state: "operational" },
        },
      ],
      "assessment-platforms": [
        {
          uuid: uuid("platform", input.id),
          title: markup(`${name} ${version}`),
          "uses-components": [{ "component-uuid": toolComponent }],
        },
      ],
    },
  };
}

function reviewedControls({ baselines }: OscalInput): JsonObject {
  const selections = baselines
    .filter(({ controls }) => controls.length > 0)
    .map(({ id, title, controls }) => ({
      description: markup(title),
      ...props({ baseline: id }),
      "include-controls": uniqueControls(controls).map(({ control }) => ({ "control-id": controlToken(id, control) })),
    }));
  if (selections.length > 0) return { "control-selections": selections };
  const description = "No baseline was asked for: nothing is said of any control.";
  return { description, "control-selections": [{ description, "include-all": {} }] };
}

function assessmentLog(input: OscalInput): JsonObject {
  const end = instant(input.period.to);
  const entries = input.problems.slice(0, maxProblems).map((problem, at) => ({
    uuid: uuid("log", input.id, String(at), problem),
    title: "Not looked at, or not in full",
    description: markup(problem),
    start: instant(input.period.from) ?? collectedAt(input),
    ...(end === null ? {} : { end }),
  }));
  const more = input.problems.length - entries.length;
  if (entries.length === 0) return {};
  return { "assessment-log": { entries, ...(more === 0 ? {} : { remarks: `${more} more are left out.` }) } };
}
