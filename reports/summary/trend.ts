import type { TrendChart } from "../../src/summary.js";
import { rounded } from "./figures.js";
import { markup, nothing, type Markup } from "./markup.js";
import { light } from "./tones.js";

const plot = { left: 46, right: 14, top: 10, bottom: 30, height: 200 };

interface Frame {
  readonly width: number;
  /** Where each point stands from left to right. */
  readonly xs: readonly number[];
  readonly y: (value: number) => number;
  readonly most: number;
}

/** Areas on top of each other; the dates below, the counts on the left. One point is drawn as a bar of the whole width. */
export function trendSvg(chart: TrendChart, { width, words }: { width: number; words: string }): Markup {
  const frame = frameOf(chart, width);
  return markup`<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${plot.height}" width="${width}" height="${plot.height}" role="img" aria-label="${words}">${countAxis(frame)}${areas(chart, frame)}${dateAxis(chart, frame)}</svg>`;
}

function frameOf({ points }: TrendChart, width: number): Frame {
  const totals = points.map(({ values }) => values.reduce((sum, value) => sum + value, 0));
  const most = niceTop(Math.max(1, ...totals));
  const inner = plot.height - plot.top - plot.bottom;
  return { width, xs: places(points, width), y: (value) => plot.top + inner * (1 - value / most), most };
}

/** By time; evenly where the times say nothing. */
function places(points: TrendChart["points"], width: number): number[] {
  const inner = width - plot.left - plot.right;
  const times = points.map(({ at }) => Date.parse(at));
  const [first, last] = [times[0] ?? NaN, times.at(-1) ?? NaN];
  const ordered = times.every((time, at) => at === 0 || time >= (times[at - 1] ?? NaN));
  const byTime = ordered && last > first;
  const even = Math.max(1, points.length - 1);
  return times.map((time, at) => plot.left + inner * (byTime ? (time - first) / (last - first) : at / even));
}

/** The next of 1, 2, 4, 5, 6, 8 or 10 times a power of ten, and even, so that its half is a whole number. */
export function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(2, value)));
  const step = [1, 2, 4, 5, 6, 8, 10].find((factor) => factor * power >= value && (factor * power) % 2 === 0) ?? 10;
  return step * power;
}

function countAxis({ width, y, most }: Frame): Markup[] {
  return [0, most / 2, most].map(
    (value) =>
      markup`<line class="grid" x1="${plot.left}" x2="${width - plot.right}" y1="${rounded(y(value))}" y2="${rounded(y(value))}" stroke="${light.line}"/><text class="label" x="${plot.left - 6}" y="${rounded(y(value) + 4)}" font-size="12" text-anchor="end" fill="${light.dim}">${shortCount(value)}</text>`,
  );
}

export function shortCount(value: number): string {
  if (value >= 1e6) return `${rounded(value / 1e6)}M`;
  return value >= 1e4 ? `${rounded(value / 1e3)}k` : String(value);
}

function areas({ series, points }: TrendChart, { width, xs, y }: Frame): Markup[] {
  const lower = points.map(() => 0);
  const at = xs.length === 1 ? [plot.left, width - plot.right] : xs;
  return series.map(({ label, tone }, place) => {
    const values = points.map(({ values: of }) => of[place] ?? 0);
    if (values.every((value) => value === 0)) return nothing;
    const bottom = [...lower];
    values.forEach((value, index) => (lower[index] = (lower[index] ?? 0) + value));
    const top = at.map((x, index) => `${rounded(x)} ${rounded(y(lower[Math.min(index, lower.length - 1)] ?? 0))}`);
    const back = at.map((x, index) => `${rounded(x)} ${rounded(y(bottom[Math.min(index, bottom.length - 1)] ?? 0))}`);
    return markup`<path class="t-${tone}" d="M${top.join("L")}L${back.reverse().join("L")}Z" fill="${light[tone]}"><title>${label}</title></path>`;
  });
}

function dateAxis({ points }: TrendChart, { xs }: Frame): Markup[] {
  const shownAt = [...new Set([0, points.length - 1])].filter((index) => points[index] !== undefined);
  const sameDay = points[0]?.at.slice(0, 10) === points.at(-1)?.at.slice(0, 10);
  return shownAt.map((index) => {
    const at = points[index]?.at ?? "";
    const text = sameDay ? at.slice(0, 16).replace("T", " ") : at.slice(0, 10);
    const anchor = index === 0 ? "start" : "end";
    return markup`<text class="label" x="${rounded(xs[index] ?? 0)}" y="${plot.height - 10}" font-size="12" text-anchor="${anchor}" fill="${light.dim}">${text}</text>`;
  });
}
