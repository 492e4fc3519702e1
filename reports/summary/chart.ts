// Charts as SVG: pure functions from data to a picture that stands alone. Colours are written as attributes, for PDF and
// for a picture in a file, and as classes `t-TONE`, so that a page's style can change them with the reader's theme.
import type { BarsChart, Chart, MatrixChart, PartsChart, Tone, TrendChart } from "../../src/summary.js";
import { rounded, shortened } from "./figures.js";
import { markup, nothing, type Markup } from "./markup.js";
import { light } from "./tones.js";
import { trendSvg } from "./trend.js";

export const chartWidth = 520;

/** The picture, with its title and its figures in words for those who do not see it. */
export function chartSvg(chart: Chart): Markup {
  switch (chart.kind) {
    case "parts":
      return partsSvg(chart);
    case "bars":
      return barsSvg(chart);
    case "trend":
      return trendSvg(chart, { width: chartWidth, words: chartWords(chart) });
    case "matrix":
      return matrixSvg(chart);
  }
}

/** What the picture says, in a sentence. */
export function chartWords(chart: Chart): string {
  switch (chart.kind) {
    case "parts":
      return `${chart.title}: ${named(chart.parts.map(({ label, value }) => ({ label, value })))}`;
    case "bars":
      return `${chart.title}: ${chart.rows.length} rows of ${chart.series.map(({ label }) => label).join(", ")}`;
    case "trend":
      return trendWords(chart);
    case "matrix":
      return `${chart.title}: ${named(countByStatus(chart))}`;
  }
}

export function countByStatus({ fields }: MatrixChart): { label: string; value: number; tone: Tone }[] {
  const counts = new Map<string, { label: string; value: number; tone: Tone }>();
  for (const { status, tone } of fields) {
    const known = counts.get(status) ?? { label: status, value: 0, tone };
    counts.set(status, { ...known, value: known.value + 1 });
  }
  return [...counts.values()];
}

function named(counts: readonly { label: string; value: number }[]): string {
  const some = counts.filter(({ value }) => value > 0);
  return some.length === 0 ? "none" : some.map(({ label, value }) => `${value} ${label}`).join(", ");
}

function trendWords({ title, series, points }: TrendChart): string {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return `${title}: no scans`;
  const ends = series.map(({ label }, at) => `${label} from ${first.values[at] ?? 0} to ${last.values[at] ?? 0}`);
  return `${title}, ${points.length} scans from ${first.at} to ${last.at}: ${ends.join(", ")}`;
}

function partsSvg(chart: PartsChart): Markup {
  const total = chart.parts.reduce((sum, { value }) => sum + value, 0);
  return markup`<svg class="chart parts" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${chartWidth} 22" width="${chartWidth}" height="22" preserveAspectRatio="none" role="img" aria-label="${chartWords(chart)}">${bar(chart.parts, total, { y: 0, height: 22 })}</svg>`;
}

const rowHeight = 38;

function barsSvg(chart: BarsChart): Markup {
  const height = Math.max(1, chart.rows.length) * rowHeight;
  const most = Math.max(1, ...chart.rows.map(({ values }) => sumOf(values)));
  const rows = chart.rows.map(({ label, values }, at) => {
    const y = at * rowHeight;
    const parts = chart.series.map((series, place) => ({ ...series, value: values[place] ?? 0 }));
    return markup`<text class="label" x="0" y="${y + 13}" font-size="12" fill="${light.ink}">${shortened(label, 62)}</text><text class="label" x="${chartWidth}" y="${y + 13}" font-size="12" text-anchor="end" fill="${light.dim}">${sumOf(values)}</text>${bar(parts, most, { y: y + 18, height: 12 })}`;
  });
  return markup`<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${chartWidth} ${height}" width="${chartWidth}" height="${height}" role="img" aria-label="${chartWords(chart)}">${rows}</svg>`;
}

interface Part {
  readonly label: string;
  readonly value: number;
  readonly tone: Tone;
}

/** A part that is there is never too thin to be seen. */
function bar(parts: readonly Part[], total: number, { y, height }: { y: number; height: number }): readonly Markup[] {
  const present = parts.filter(({ value }) => value > 0);
  const thinnest = 3;
  const free = Math.max(0, chartWidth - present.length * thinnest);
  let x = 0;
  return present.map(({ label, value, tone }) => {
    const width = thinnest + (value / Math.max(1, total)) * free;
    const part = markup`<rect class="t-${tone}" x="${rounded(x)}" y="${y}" width="${rounded(width - 1)}" height="${height}" fill="${light[tone]}"><title>${value} ${label}</title></rect>`;
    x += width;
    return part;
  });
}

const field = { width: 86, height: 22, gap: 0.667, columns: 6 };

function matrixSvg(chart: MatrixChart): Markup {
  const rows = Math.max(1, Math.ceil(chart.fields.length / field.columns));
  const height = rows * (field.height + 3);
  const fields = chart.fields.map(({ label, status, tone }, at) => {
    const x = (at % field.columns) * (field.width + field.gap);
    const y = Math.floor(at / field.columns) * (field.height + 3);
    return markup`<g><title>${label}: ${status}</title><rect class="t-${tone}" x="${rounded(x)}" y="${y}" width="5" height="${field.height}" fill="${light[tone]}"/><rect class="soft" x="${rounded(x + 5)}" y="${y}" width="${field.width - 8}" height="${field.height}" fill="${light.soft}"/><text class="label" x="${rounded(x + 10)}" y="${y + 10}" font-size="8.5" fill="${light.ink}">${shortened(label, 15)}</text><text class="t-${tone}" x="${rounded(x + 10)}" y="${y + 18.5}" font-size="7" fill="${light[tone]}">${shortened(status, 18)}</text></g>`;
  });
  return markup`<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${chartWidth} ${height}" width="${chartWidth}" height="${height}" role="img" aria-label="${chartWords(chart)}">${fields.length === 0 ? nothing : fields}</svg>`;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
