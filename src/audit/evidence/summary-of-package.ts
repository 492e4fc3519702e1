// The package for reading: what an auditor sees first.
import {
  anchorOf,
  type SummaryBlock,
  type SummaryDocument,
  type SummaryRow,
  type SummarySection,
  type Tone,
} from "../../summary.js";
import type { PackedControl } from "./control-files.js";
import type { FoundException } from "./exceptions.js";
import type { Outcome } from "./outcome.js";
import type { Contents } from "./pack-contents.js";
import type { EvidenceWaiver } from "./sources.js";

export interface SummaryParts {
  readonly controls: readonly PackedControl[];
  readonly waivers: readonly EvidenceWaiver[];
  readonly problems: readonly string[];
}

const tones: { readonly [outcome in Outcome]: Tone } = {
  "no-exceptions": "pass",
  exceptions: "fail",
  undetermined: "unknown",
  "not-assessed": "not-assessed",
};

const shownExceptions = 20;
const shownRows = 200;

export async function summaryOf(contents: Contents, parts: SummaryParts): Promise<SummaryDocument> {
  const { request, scans, gaps } = contents;
  const { baseline, period } = request;
  return {
    title: `Evidence: ${baseline.title}`,
    subtitle: `${period.from} to ${period.to}`,
    createdAt: request.createdAt,
    producer: `portcullis ${request.version}`,
    facts: [
      { label: "Baseline", value: `${baseline.id}, version ${baseline.version}` },
      { label: "Period", value: `${period.from} to ${period.to}` },
      {
        label: "Scans",
        value: `${scans.filter(({ status }) => status === "finished").length} finished of ${scans.length}`,
      },
      { label: "Gaps", value: `${gaps.length} longer than ${request.maximumGapHours} hours` },
      { label: "Sample", value: `${request.sampleSize} of each population, by the seed ${contents.seed}` },
      { label: "Signer", value: request.signingKey.id },
    ],
    sections: [
      ...doubts(contents, parts),
      overview(parts.controls),
      ...(await exceptionSections(contents, parts.controls)),
      ...waiverSection(parts.waivers),
    ],
  };
}

function doubts({ gaps }: Contents, { problems }: SummaryParts): SummarySection[] {
  const blocks: SummaryBlock[] = [];
  if (gaps.length > 0) {
    blocks.push({
      kind: "table",
      caption: "Times without a scan",
      columns: [{ heading: "Target" }, { heading: "From" }, { heading: "To" }, { heading: "Hours", style: "number" }],
      ...cut(
        gaps.map(({ target, from, to, hours }) => ({ cells: [target || "anything", from, to, hours] })),
        "scans/gaps.csv",
      ),
    });
  }
  const others = problems.slice(gaps.length);
  if (others.length > 0) {
    blocks.push({ kind: "paragraph", text: "What scans could not look at; all of it is in scans/problems.csv:" });
    blocks.push({ kind: "list", items: others.slice(0, 50) });
  }
  if (blocks.length === 0) return [];
  return [{ id: "not-looked-at", heading: "What was not looked at", alarm: true, blocks }];
}

function overview(controls: readonly PackedControl[]): SummarySection {
  const count = (outcome: Outcome): number => controls.filter((control) => control.outcome === outcome).length;
  const rows = controls.map(({ id, outcome, because, population, sample, exceptions, counts }) => ({
    cells: [
      exceptions > 0 ? { text: id, to: anchorOf("c", id) } : id,
      { text: outcome, tone: tones[outcome] },
      because,
      population,
      sample,
      exceptions,
      counts.waived,
    ],
  }));
  return {
    id: "controls",
    heading: "Controls",
    blocks: [
      {
        kind: "tiles",
        tiles: (Object.keys(tones) as Outcome[]).map((one) => ({ label: one, value: count(one), tone: tones[one] })),
      },
      {
        kind: "table",
        caption: "Outcome of each control over the period",
        columns: [
          { heading: "Control", style: "code" },
          { heading: "Outcome", style: "mark" },
          { heading: "Because", weight: 3 },
          { heading: "Population", style: "number" },
          { heading: "Sample", style: "number" },
          { heading: "Exceptions", style: "number" },
          { heading: "Waived", style: "number" },
        ],
        rows,
      },
    ],
  };
}

async function exceptionSections({ packing }: Contents, controls: readonly PackedControl[]): Promise<SummarySection[]> {
  const blocks: SummaryBlock[] = [];
  for (const { id, folder, exceptions, outcome } of controls) {
    if (exceptions === 0) continue;
    const rows: SummaryRow[] = [];
    for await (const line of packing.spool.lines(`exceptions-${folder}`)) {
      rows.push(exceptionRow(JSON.parse(line) as FoundException));
      if (rows.length >= shownExceptions) break;
    }
    const left = exceptions - rows.length;
    blocks.push({
      kind: "group",
      id: anchorOf("c", id),
      heading: id,
      badge: { text: outcome, tone: tones[outcome] },
      note: `${exceptions} exceptions`,
      open: false,
      blocks: [
        {
          kind: "table",
          caption: `What did not pass for ${id}`,
          columns: [
            { heading: "Verdict", style: "mark" },
            { heading: "Policy", style: "code", weight: 2 },
            { heading: "Resource", style: "code", weight: 3 },
            { heading: "First seen" },
            { heading: "Until" },
            { heading: "Hours", style: "number" },
          ],
          rows,
          ...(left === 0 ? {} : { omitted: `${left} more are in controls/${folder}/exceptions.csv` }),
        },
      ],
    });
  }
  return blocks.length === 0 ? [] : [{ id: "exceptions", heading: "Exceptions", blocks }];
}

function exceptionRow({ verdict, policy, resource, firstSeen, ended, how, hours }: FoundException): SummaryRow {
  const until = ended === null ? "open" : `${ended} (${how})`;
  return { cells: [{ text: verdict, tone: verdict as Tone }, policy, resource, firstSeen, until, hours] };
}

function waiverSection(waivers: readonly EvidenceWaiver[]): SummarySection[] {
  if (waivers.length === 0) return [];
  const rows = waivers.map(({ id, scope, reason, requester, approver, expires }) => ({
    cells: [id, scope, reason, requester ?? "", approver ?? "", expires ?? ""],
  }));
  const columns = ["Waiver", "Scope", "Reason", "Requester", "Approver", "Until"].map((heading) => ({ heading }));
  const blocks = [
    { kind: "table", caption: "Waivers in force", columns, ...cut(rows, "waivers/waivers.csv") },
  ] as const;
  return [{ id: "waivers", heading: "Waivers", blocks }];
}

function cut(rows: readonly SummaryRow[], file: string): { rows: readonly SummaryRow[]; omitted?: string } {
  const left = rows.length - shownRows;
  return left > 0 ? { rows: rows.slice(0, shownRows), omitted: `${left} more are in ${file}` } : { rows };
}
