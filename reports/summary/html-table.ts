import type { BarsChart, SummaryCell, SummaryColumn, SummaryRow, SummaryTable, TrendChart } from "../../src/summary.js";
import { grouped, rounded } from "./figures.js";
import { markup, nothing, type Markup } from "./markup.js";

/** On a narrow screen each cell stands on a line of its own, behind its column's heading. */
export function tableHtml({ caption, columns, rows, omitted }: SummaryTable): Markup {
  const heads = columns.map(
    ({ heading, style }) => markup`<th scope="col"${style === "number" ? markup` class="n"` : nothing}>${heading}</th>`,
  );
  const more = omitted === undefined ? nothing : markup`<p class="omitted">${omitted}</p>`;
  return markup`<table><caption>${caption}</caption>${widths(columns)}<thead><tr>${heads}</tr></thead><tbody>
${rows.map((row) => tableRow(row, columns))}</tbody></table>${more}`;
}

/** Tables of the same columns have them at the same places. */
function widths(columns: readonly SummaryColumn[]): Markup {
  if (columns.every(({ weight }) => weight === undefined)) return nothing;
  const total = columns.reduce((sum, { weight }) => sum + (weight ?? 1), 0);
  return markup`<colgroup>${columns.map(({ weight }) => markup`<col style="width:${rounded(((weight ?? 1) / total) * 100)}%">`)}</colgroup>`;
}

function tableRow({ id, cells }: SummaryRow, columns: readonly SummaryColumn[]): Markup {
  const fields = columns.map((column, at) => tableCell(cells[at] ?? "", column));
  return markup`<tr${id === undefined ? nothing : markup` id="${id}"`}>${fields}</tr>
`;
}

const classes = { text: nothing, mark: nothing, number: markup` class="n"`, code: markup` class="c"` };

function tableCell(cell: SummaryCell, { heading, style }: SummaryColumn): Markup {
  return cell === ""
    ? markup`<td></td>`
    : markup`<td${classes[style ?? "text"]} data-l="${heading}">${cellContent(cell, style === "mark")}</td>`;
}

function cellContent(cell: SummaryCell, mark: boolean): Markup {
  if (typeof cell === "number") return markup`${grouped(cell)}`;
  if (typeof cell === "string") return mark ? markup`<span class="mark">${cell}</span>` : markup`${cell}`;
  if ("lines" in cell) return linesContent(cell);
  const text =
    cell.tone === undefined ? markup`${cell.text}` : markup`<span class="mark t-${cell.tone}">${cell.text}</span>`;
  return cell.to === undefined ? text : markup`<a href="#${cell.to}">${text}</a>`;
}

function linesContent({ lines, more }: Extract<SummaryCell, { lines: readonly string[] }>): Markup {
  const first =
    lines.length === 1 ? markup`${lines[0] ?? ""}` : markup`${lines.map((line) => markup`<div>${line}</div>`)}`;
  if (more === undefined || more.lines.length === 0) return first;
  return markup`${first}<details class="more"><summary>${more.label}</summary><ul>${more.lines.map((line) => markup`<li>${line}</li>`)}</ul></details>`;
}

/** The figures behind a chart. */
export function chartTable(chart: BarsChart | TrendChart): SummaryTable {
  const columns: SummaryColumn[] = chart.series.map(({ label }) => ({ heading: label, style: "number" }));
  const rows = chart.kind === "bars" ? chart.rows : chart.points.map(({ at, values }) => ({ label: at, values }));
  return {
    kind: "table",
    caption: chart.title,
    columns: [{ heading: chart.kind === "bars" ? "Name" : "Scan ended" }, ...columns],
    rows: rows.map(({ label, values }) => ({ cells: [label, ...values] })),
  };
}
