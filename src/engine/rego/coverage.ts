// Which lines of policies ran in tests: the shape of `opa test --coverage`.
import type { Lines } from "./js/translate.js";

export interface CoverageReport {
  readonly files: Readonly<Record<string, FileCoverage>>;
  readonly covered_lines: number;
  readonly not_covered_lines: number;
  /** Percent, to one decimal. */
  readonly coverage: number;
}

export interface FileCoverage {
  readonly covered: readonly Range[];
  readonly not_covered: readonly Range[];
  readonly covered_lines: number;
  readonly not_covered_lines: number;
  readonly coverage: number;
}

interface Range {
  readonly start: { readonly row: number };
  readonly end: { readonly row: number };
}

/** `lines` may name a line more than once: it is covered where it once ran. */
export function coverageReport(lines: Iterable<Lines & { readonly covered: boolean }>): CoverageReport {
  const files = new Map<string, Map<number, boolean>>();
  for (const { file, row, endRow, covered } of lines) {
    const rows = files.get(file) ?? new Map<number, boolean>();
    for (let at = row; at <= endRow; at++) rows.set(at, covered || rows.get(at) === true);
    files.set(file, rows);
  }
  const named = [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([file, rows]) => [file, fileCoverage(rows)] as const);
  const covered = named.reduce((sum, [, file]) => sum + file.covered_lines, 0);
  const notCovered = named.reduce((sum, [, file]) => sum + file.not_covered_lines, 0);
  const totals = { covered_lines: covered, not_covered_lines: notCovered, coverage: percent(covered, notCovered) };
  return { files: Object.fromEntries(named), ...totals };
}

function fileCoverage(rows: ReadonlyMap<number, boolean>): FileCoverage {
  const of = (wanted: boolean): number[] =>
    [...rows]
      .filter(([, covered]) => covered === wanted)
      .map(([row]) => row)
      .sort((a, b) => a - b);
  const [covered, notCovered] = [of(true), of(false)];
  return {
    covered: ranges(covered),
    not_covered: ranges(notCovered),
    covered_lines: covered.length,
    not_covered_lines: notCovered.length,
    coverage: percent(covered.length, notCovered.length),
  };
}

function ranges(rows: readonly number[]): Range[] {
  const found: { start: { row: number }; end: { row: number } }[] = [];
  for (const row of rows) {
    const last = found.at(-1);
    if (last !== undefined && last.end.row === row - 1) last.end.row = row;
    else found.push({ start: { row }, end: { row } });
  }
  return found;
}

function percent(covered: number, notCovered: number): number {
  return covered + notCovered === 0 ? 100 : Math.round((1_000 * covered) / (covered + notCovered)) / 10;
}
