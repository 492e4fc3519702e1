import type { PropertyFailure } from "../../inventory/scan-item.js";

/** The first failure that bears on what a remediation touches: a part of it, or what it is a part of. */
export function unreadOf(
  touches: readonly string[],
  failures: readonly PropertyFailure[] | undefined,
): PropertyFailure | null {
  const bears = ({ pointer }: PropertyFailure): boolean =>
    touches.some((one) => one === pointer || one.startsWith(`${pointer}/`) || pointer.startsWith(`${one}/`));
  return failures?.find(bears) ?? null;
}
