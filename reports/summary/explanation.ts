import type { Explanation, PackExplanation, ReadValue, Verdict } from "../../src/engine/verdict.js";

const mostLines = 40;

/** What the verdict read, where that stands, and by which rule it was decided. */
export function explanationLines({ explanation, unknown, proposal }: Verdict): readonly string[] {
  const lines = [
    ...(explanation?.reads ?? []).map(readLine),
    ...(unknown.length === 0 ? [] : [`not known: ${unknown.join(" ")}`]),
    ...rules(explanation),
    ...(explanation?.pack === undefined ? [] : packLines(explanation.pack)),
    ...(proposal?.changes ?? []).map(({ op, path, value }) =>
      op === "remove" ? `would leave out ${path}` : `would set ${path} to ${JSON.stringify(value)}`,
    ),
  ];
  const left = lines.length - mostLines;
  return left > 0 ? [...lines.slice(0, mostLines), `and ${left} more lines`] : lines;
}

function readLine({ resource, path, value, state, location }: ReadValue): string {
  const owner = resource === null ? "" : `${resource} `;
  const place = location === null ? "" : ` (${location.file}:${location.line})`;
  return `read ${owner}${path === "" ? "all of it" : path} ${stateText(state, value)}${place}`;
}

function stateText(state: ReadValue["state"], value: ReadValue["value"]): string {
  switch (state) {
    case "present":
      return `= ${JSON.stringify(value)}`;
    case "absent":
      return "is not set";
    case "unknown":
      return "is not known before apply";
  }
}

function rules(explanation: Explanation | null): readonly string[] {
  return (explanation?.rules ?? []).map(({ rule, location }) => `rule ${rule} (${location.file}:${location.line})`);
}

function packLines({ name, version, policy, enforcementLevel, configuration }: PackExplanation): readonly string[] {
  return [
    `policy pack ${name} ${version}, policy ${policy} (${enforcementLevel})`,
    `its configuration: ${JSON.stringify(configuration)}`,
  ];
}
