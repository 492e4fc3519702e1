import type { Verdict } from "../../src/engine/verdict.js";
import type { SummaryCell, SummaryRow, SummarySection } from "../../src/summary.js";
import { grouped } from "./figures.js";
import { freshAnchor, omittedText, take, type Context } from "./context.js";

/** Apart from what passed and what failed: who excused it, why, and until when. */
export function waivedSection(results: readonly Verdict[], context: Context): readonly SummarySection[] {
  const waived = results.filter(({ verdict }) => verdict === "waived");
  if (waived.length === 0) return [];
  const shown = take(waived, context);
  const left = waived.length - shown.length;
  return [
    {
      id: "waived",
      heading: `Waived (${grouped(waived.length)})`,
      blocks: [
        {
          kind: "paragraph",
          text: "These would not pass. They are excused until the date given, and count again by themselves after it.",
        },
        {
          kind: "table",
          caption: "What is excused, by whom and why",
          columns: [
            { heading: "Resource", style: "code", weight: 2 },
            { heading: "Policy", weight: 2 },
            { heading: "Without it", style: "mark", weight: 1 },
            { heading: "Reason", weight: 2.4 },
            { heading: "Ticket", weight: 1 },
            { heading: "Approved by", weight: 1.6 },
            { heading: "Until", weight: 1.2 },
          ],
          rows: shown.map((verdict) => row(verdict, context)),
          ...(left > 0 ? { omitted: omittedText(left) } : {}),
        },
      ],
    },
  ];
}

function row(verdict: Verdict, { anchors }: Context): SummaryRow {
  const id = freshAnchor(verdict, anchors);
  const { waiver, resource, policy, title, reasons, owner } = verdict;
  const would = waiver?.would ?? "fail";
  const about = [title, policy, ...(owner === undefined || owner === null ? [] : [`owner: ${owner}`])];
  return {
    ...(id === null ? {} : { id }),
    cells: [
      id === null ? resource.id : { text: resource.id, to: id },
      { lines: about, more: { label: "What it would say", lines: reasons.map(({ message }) => message).slice(0, 10) } },
      { text: would, tone: would },
      waiver?.reason ?? "not recorded",
      waiver?.ticket ?? "",
      approval(waiver),
      waiver?.expires ?? "no end",
    ],
  };
}

function approval(waiver: Verdict["waiver"]): SummaryCell {
  if (waiver === undefined) return "not recorded";
  if (waiver.kind === "suppression") return { lines: ["a comment in the code", waiver.id] };
  return {
    lines: [
      waiver.approver ?? "nobody is recorded",
      ...(waiver.requester === null ? [] : [`asked for by ${waiver.requester}`]),
      waiver.id,
    ],
  };
}
