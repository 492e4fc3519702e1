import type { Content, TableCell } from "pdfmake/interfaces.js";
import type { SummaryCell, SummaryColumn, SummaryTable } from "../../src/summary.js";
import { grouped } from "./figures.js";
import { inFont } from "./pdf-font.js";
import { light } from "./tones.js";

/** A4 without its margins, in points. */
export const pageWidth = 515;
const padding = 4;

/** Its head stands on each page. Columns have fixed widths, so that a long id wraps and does not leave the page. */
export function tableContent({ caption, columns, rows, omitted }: SummaryTable): Content[] {
  const weights = columns.map(({ weight }) => Math.min(20, Math.max(0.2, weight ?? 1)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const free = pageWidth - columns.length * padding * 2;
  const head = columns.map(({ heading, style }) => ({
    text: inFont(heading),
    bold: true,
    color: light.dim,
    alignment: alignment(style),
  }));
  const table: Content = {
    fontSize: 8,
    margin: [0, 0, 0, 6],
    layout: lines,
    table: {
      headerRows: 1,
      keepWithHeaderRows: 1,
      dontBreakRows: rows.every(({ cells }) => cells.every(isShort)),
      widths: weights.map((weight) => (free * weight) / total),
      body: [head, ...rows.map(({ cells }) => columns.map((column, at) => cellContent(cells[at] ?? "", column)))],
    },
  };
  const more: Content[] = omitted === undefined ? [] : [{ text: inFont(omitted), bold: true, margin: [0, 0, 0, 6] }];
  return [{ text: inFont(caption), color: light.dim, fontSize: 8, margin: [0, 2, 0, 2] }, table, ...more];
}

/** A row that is higher than a page has to break. */
function isShort(cell: SummaryCell): boolean {
  if (typeof cell === "number") return true;
  if (typeof cell === "string") return cell.length < 400;
  if (!("lines" in cell)) return cell.text.length < 400;
  const lines = [...cell.lines, ...(cell.more?.lines ?? [])];
  return lines.length < 20 && lines.join("").length < 800;
}

const lines = {
  hLineWidth: (at: number) => (at === 1 ? 0.9 : at === 0 ? 0 : 0.4),
  vLineWidth: () => 0,
  hLineColor: () => light.line,
  paddingLeft: () => padding,
  paddingRight: () => padding,
  paddingTop: () => 2.5,
  paddingBottom: () => 2.5,
};

function alignment(style: SummaryColumn["style"]): "left" | "right" {
  return style === "number" ? "right" : "left";
}

function cellContent(cell: SummaryCell, { style }: SummaryColumn): TableCell {
  const align = alignment(style);
  if (typeof cell === "number") return { text: grouped(cell), alignment: align };
  if (typeof cell === "string") return { text: inFont(cell), alignment: align, bold: style === "mark" };
  if ("lines" in cell) return linesContent(cell);
  const { text, tone } = cell;
  return { text: inFont(text), alignment: align, ...(tone === undefined ? {} : { bold: true, color: light[tone] }) };
}

function linesContent({ lines: first, more }: Extract<SummaryCell, { lines: readonly string[] }>): TableCell {
  const small = (more?.lines ?? []).map((line) => ({ text: inFont(line), fontSize: 6.5, color: light.dim }));
  const label =
    more === undefined || small.length === 0
      ? []
      : [{ text: inFont(`${more.label}:`), fontSize: 6.5, color: light.dim, italics: true }];
  return { stack: [...first.map((line) => ({ text: inFont(line) })), ...label, ...small] };
}
