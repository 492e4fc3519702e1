import { severities, type Policy, type Severity } from "../../src/engine/policy.js";
import type { ControlReference, Verdict, VerdictKind } from "../../src/engine/verdict.js";
import type { Report } from "../../src/report.js";
import {
  anchorOf,
  type SummaryBlock,
  type SummaryCell,
  type SummaryColumn,
  type SummaryGroup,
  type SummaryLink,
  type SummaryRow,
  type SummarySection,
} from "../../src/summary.js";
import { explanationLines } from "./explanation.js";
import { grouped } from "./figures.js";
import { controlAnchor } from "./of-baselines.js";
import { freshAnchor, omittedText, take, type Context, type ReportOptions } from "./context.js";
import { waivedSection } from "./of-waived.js";

const sections: readonly { id: string; heading: string; kinds: readonly VerdictKind[]; open: boolean }[] = [
  { id: "findings", heading: "Findings", kinds: ["fail"], open: true },
  { id: "not-decided", heading: "Not decided", kinds: ["unknown", "error"], open: true },
];
const passed = {
  id: "passed",
  heading: "Passed and not applicable",
  kinds: ["pass", "not-applicable"],
  open: false,
} as const;

/** Grouped by policy, the most severe first. */
export function findingSections(report: Report, options: ReportOptions): readonly SummarySection[] {
  const context: Context = {
    ...options,
    policies: new Map(report.policies.map((policy) => [policy.id, policy])),
    controls: new Set(
      report.baselines.flatMap(({ controls }) => controls.map((one) => controlAnchor(one.baseline, one.control))),
    ),
    left: options.limits.rows,
    anchors: new Set(),
  };
  return [
    ...sections.flatMap((section) => sectionOf(report.results, section, context)),
    ...waivedSection(report.results, context),
    ...sectionOf(report.results, passed, context),
  ];
}

function sectionOf(
  results: readonly Verdict[],
  section: (typeof sections)[number],
  context: Context,
): SummarySection[] {
  const verdicts = results.filter(({ verdict }) => section.kinds.includes(verdict));
  if (verdicts.length === 0) return [];
  const ordered = [...byPolicy(verdicts)].sort(([, a], [, b]) => rank(a) - rank(b));
  const blocks = ordered.map(([policy, some]) => group(policy, some, { section, context }));
  const shown = blocks.reduce((sum, { rows }) => sum + rows, 0);
  const left: SummaryBlock[] =
    shown === verdicts.length
      ? []
      : [
          {
            kind: "paragraph",
            text: `${grouped(shown)} of ${grouped(verdicts.length)} are shown. ${omittedText(verdicts.length - shown)}`,
            tone: "plain",
          },
        ];
  return [
    {
      id: section.id,
      heading: `${section.heading} (${grouped(verdicts.length)})`,
      blocks: [...left, ...blocks.map(({ block }) => block)],
    },
  ];
}

function byPolicy(verdicts: readonly Verdict[]): ReadonlyMap<string, readonly Verdict[]> {
  const groups = new Map<string, Verdict[]>();
  for (const verdict of verdicts) {
    const group = groups.get(verdict.policy);
    if (group === undefined) groups.set(verdict.policy, [verdict]);
    else group.push(verdict);
  }
  return groups;
}

function rank(verdicts: readonly Verdict[]): number {
  return Math.min(...verdicts.slice(0, 1000).map(({ severity }) => severities.indexOf(severity)));
}

interface GroupPlace {
  readonly section: (typeof sections)[number];
  readonly context: Context;
}

function group(
  policyId: string,
  verdicts: readonly Verdict[],
  { section, context }: GroupPlace,
): { block: SummaryGroup; rows: number } {
  const shown = take(verdicts, context);
  const first = verdicts[0];
  const policy = context.policies.get(policyId);
  const severity: Severity = first?.severity ?? "info";
  const left = verdicts.length - shown.length;
  const block: SummaryGroup = {
    kind: "group",
    id: anchorOf("p", section.id, policyId),
    heading: first?.title ?? policyId,
    badge: { text: severity, tone: severity },
    note: `${policyId}, ${grouped(verdicts.length)} ${verdicts.length === 1 ? "resource" : "resources"}`,
    open: section.open,
    blocks: [
      ...about(policy, first, context),
      {
        kind: "table",
        caption: section.id === "findings" ? "Resources that fail" : "Resources",
        columns: columnsOf(shown),
        rows: shown.map((verdict) => row(verdict, { context, owners: hasOwners(shown) })),
        ...(left > 0 ? { omitted: omittedText(left) } : {}),
      },
    ],
  };
  return { block, rows: shown.length };
}

/** What to do, which controls it is about, and what to read. */
function about(
  policy: Policy | undefined,
  verdict: Verdict | undefined,
  { controls }: Context,
): readonly SummaryBlock[] {
  const related = (policy?.relatedResources ?? []).flatMap(secureLink);
  return [
    ...(policy === undefined || policy.fix === ""
      ? []
      : [{ kind: "paragraph" as const, text: `To fix: ${policy.fix}` }]),
    ...controlLinks(verdict?.controls ?? [], controls),
    ...(related.length === 0 ? [] : [{ kind: "links" as const, label: "More", links: related }]),
  ];
}

/** A line for each baseline; a control that this report does not describe has no link. */
function controlLinks(references: readonly ControlReference[], known: ReadonlySet<string>): SummaryBlock[] {
  const lines = new Map<string, Map<string, SummaryLink>>();
  for (const { baseline, control } of references) {
    const line = lines.get(baseline) ?? new Map<string, SummaryLink>();
    lines.set(baseline, line);
    const to = controlAnchor(baseline, control);
    line.set(control, known.has(to) ? { text: control, to } : { text: control });
  }
  return [...lines].map(([label, links]) => ({ kind: "links", label, links: [...links.values()] }));
}

/** Shows where it leads, and leads nowhere but to an address of https without a name or a password in it. */
function secureLink(text: string): SummaryLink[] {
  if (!URL.canParse(text) || !/^https:\/\/[\x21-\x7e]{1,500}$/.test(text)) return [];
  const { protocol, username, password, href } = new URL(text);
  return protocol === "https:" && username === "" && password === "" ? [{ text: href, to: href }] : [];
}

function hasOwners(verdicts: readonly Verdict[]): boolean {
  return verdicts.some(({ owner }) => owner !== undefined && owner !== null);
}

function columnsOf(verdicts: readonly Verdict[]): readonly SummaryColumn[] {
  return [
    { heading: "Resource", style: "code", weight: 2.2 },
    { heading: "Verdict", style: "mark", weight: 0.8 },
    { heading: "Why", weight: 3 },
    { heading: "Where", style: "code", weight: 1.6 },
    ...(hasOwners(verdicts) ? [{ heading: "Owner", weight: 1 }] : []),
  ];
}

function row(verdict: Verdict, { context, owners }: { context: Context; owners: boolean }): SummaryRow {
  const id = freshAnchor(verdict, context.anchors);
  return {
    ...(id === null ? {} : { id }),
    cells: [
      id === null ? verdict.resource.id : { text: verdict.resource.id, to: id },
      { text: verdict.verdict, tone: verdict.verdict === "not-applicable" ? "not-assessed" : verdict.verdict },
      why(verdict, context.explain),
      whereOf(verdict),
      ...(owners ? [verdict.owner ?? ""] : []),
    ],
  };
}

const mostReasons = 10;

function why(verdict: Verdict, explain: boolean): SummaryCell {
  const messages = verdict.reasons.map(({ message }) => message);
  const left = messages.length - mostReasons;
  const lines = left > 0 ? [...messages.slice(0, mostReasons), `and ${left} more reasons`] : messages;
  if (!explain) return { lines };
  return { lines, more: { label: "What it was decided from", lines: explanationLines(verdict) } };
}

function whereOf({ reasons, resource }: Verdict): string {
  const place = reasons.find(({ location }) => location !== null)?.location;
  if (place !== undefined && place !== null) return `${place.file}:${place.line}`;
  return [resource.account, resource.region].filter((part) => part !== null).join(" ");
}
