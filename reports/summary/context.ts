import type { Policy } from "../../src/engine/policy.js";
import type { Verdict } from "../../src/engine/verdict.js";
import { anchorOf } from "../../src/summary.js";
import { grouped } from "./figures.js";

/** How much of a long list is shown. What is left out is counted, and it is said where it is. */
export interface Limits {
  readonly rowsPerGroup: number;
  readonly rows: number;
}

export interface ReportOptions {
  readonly explain: boolean;
  readonly limits: Limits;
}

/** What is the same for all sections of one document. */
export interface Context extends ReportOptions {
  readonly policies: ReadonlyMap<string, Policy>;
  readonly controls: ReadonlySet<string>;
  /** Rows that may still be shown. */
  left: number;
  readonly anchors: Set<string>;
}

/** The rows that may be shown of these; counts them. */
export function take(verdicts: readonly Verdict[], context: Context): readonly Verdict[] {
  const some = verdicts.slice(0, Math.min(context.limits.rowsPerGroup, context.left));
  context.left -= some.length;
  return some;
}

/** The same id twice in a page would lead to the wrong place: the second one gets none. */
export function freshAnchor({ fingerprint }: Verdict, anchors: Set<string>): string | null {
  const id = anchorOf("f", fingerprint);
  if (anchors.has(id)) return null;
  anchors.add(id);
  return id;
}

export function omittedText(left: number): string {
  return `${grouped(left)} more are left out here; the JSON report of the same run (--report json=FILE) lists all.`;
}
