import type { ControlResult, ControlStatus } from "../../src/compliance/baseline.js";
import type { BaselineResult, Report } from "../../src/report.js";
import { anchorOf, type Chart, type SummaryBlock, type SummarySection, type SummaryTable } from "../../src/summary.js";
import { thinned } from "./thinned.js";

/** Where a control is described. */
export function controlAnchor(baseline: string, control: string): string {
  return anchorOf("c", baseline, control);
}

export function baselineSections({ baselines }: Report): readonly SummarySection[] {
  return baselines.map(baselineSection);
}

function baselineSection(baseline: BaselineResult): SummarySection {
  const { id, title, controls } = baseline;
  const count = (status: ControlStatus): number => controls.filter((control) => control.status === status).length;
  const assessed = controls.length - count("not-assessed");
  return {
    id: anchorOf("b", id),
    heading: title,
    blocks: [
      {
        kind: "paragraph",
        text: `${assessed} of ${controls.length} controls were assessed: ${count("pass")} pass, ${count("fail")} fail, ${count("unknown")} unknown, ${count("error")} error. ${count("not-assessed")} are not assessed, which is never a pass.`,
      },
      { kind: "chart", chart: matrix(controls) },
      ...trend(baseline),
      {
        kind: "group",
        id: anchorOf("controls", id),
        heading: "All controls",
        note: `${controls.length}, with what proves each`,
        open: controls.length <= 40,
        blocks: [controlTable(title, controls)],
      },
    ],
  };
}

function matrix(controls: readonly ControlResult[]): Chart {
  return {
    kind: "matrix",
    title: "Controls by status",
    fields: controls.map(({ baseline, control, status }) => ({
      label: control,
      status: statusText(status),
      tone: status,
      to: controlAnchor(baseline, control),
    })),
  };
}

function statusText(status: ControlStatus): string {
  return status.replace("-", " ");
}

function trend({ trend: points = [] }: BaselineResult): readonly SummaryBlock[] {
  if (points.length < 2) return [];
  const chart: Chart = {
    kind: "trend",
    title: "Controls, scan by scan",
    series: [
      { label: "fail", tone: "fail" },
      { label: "error", tone: "error" },
      { label: "unknown", tone: "unknown" },
      { label: "pass", tone: "pass" },
      { label: "not assessed", tone: "not-assessed" },
    ],
    points: thinned(points).map(({ at, fail, error, unknown, pass, notAssessed }) => ({
      at,
      values: [fail, error, unknown, pass, notAssessed],
    })),
  };
  return [{ kind: "chart", chart }];
}

function controlTable(title: string, controls: readonly ControlResult[]): SummaryTable {
  return {
    kind: "table",
    caption: `The controls of ${title}`,
    columns: [
      { heading: "Control", weight: 1.1 },
      { heading: "What it asks", weight: 3 },
      { heading: "Status", style: "mark", weight: 1.2 },
      { heading: "Proved by policies", weight: 1 },
      { heading: "Passed", style: "number", weight: 0.8 },
      { heading: "Failed", style: "number", weight: 0.8 },
      { heading: "Waived", style: "number", weight: 0.8 },
      { heading: "Manual evidence", weight: 2 },
    ],
    rows: controls.map((control) => ({
      id: controlAnchor(control.baseline, control.control),
      cells: [
        control.control,
        control.title,
        { text: statusText(control.status), tone: control.status },
        kindText[control.kind],
        control.counts.pass,
        control.counts.fail,
        control.counts.waived,
        control.manual ?? "",
      ],
    })),
  };
}

const kindText = { automated: "fully", partly: "partly", manual: "no" } as const;
