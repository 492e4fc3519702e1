export const mostPoints = 120;

/** At most 120 of the points, evenly chosen; the first and the last are among them. */
export function thinned<T>(points: readonly T[]): readonly T[] {
  if (points.length <= mostPoints) return points;
  const step = (points.length - 1) / (mostPoints - 1);
  return Array.from({ length: mostPoints }, (_, at) => points[Math.round(at * step)]).filter(
    (point) => point !== undefined,
  );
}
