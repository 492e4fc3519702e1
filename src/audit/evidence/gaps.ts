// Times of a period in which nothing was looked at.

/** A scan that finished. */
export interface FinishedScan {
  readonly targets: readonly string[];
  readonly startedAt: string;
  readonly finishedAt: string;
}

export interface Gap {
  readonly target: string;
  readonly from: string;
  readonly to: string;
  readonly hours: number;
}

const hour = 3_600_000;

/**
 * For each target that was ever looked at in the period, the times without a finished scan that are longer than
 * `maximumHours`: before the first one, between two, after the last. Without any scan the whole period is one gap.
 */
export function gapsOf(
  scans: readonly FinishedScan[],
  period: { readonly from: string; readonly to: string },
  maximumHours: number,
): Gap[] {
  const ends = new Map<string, string[]>();
  for (const { targets, finishedAt } of scans) {
    for (const target of new Set(targets)) {
      const known = ends.get(target);
      if (known === undefined) ends.set(target, [finishedAt]);
      else known.push(finishedAt);
    }
  }
  if (ends.size === 0) ends.set("", []);
  return [...ends]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([target, times]) => {
      const marks = [period.from, ...times.sort(byTime), period.to];
      return marks.slice(1).flatMap((to, at) => gapBetween(target, { from: marks[at] ?? to, to }, maximumHours));
    });
}

function gapBetween(target: string, { from, to }: { from: string; to: string }, maximumHours: number): Gap[] {
  const hours = (Date.parse(to) - Date.parse(from)) / hour;
  return hours > maximumHours ? [{ target, from, to, hours: Math.round(hours * 10) / 10 }] : [];
}

function byTime(a: string, b: string): number {
  return Date.parse(a) - Date.parse(b);
}
