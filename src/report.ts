import type { ControlResult } from "./compliance/baseline.js";
import type { Policy, Severity } from "./engine/policy.js";
import type { Verdict } from "./engine/verdict.js";

/** One check or scan, complete: what a report format is given. Plain data. */
export interface Report {
  readonly tool: { readonly name: "portcullis"; readonly version: string };
  readonly startedAt: string;
  readonly command: "check" | "scan";
  /** The paths or providers that were looked at. */
  readonly targets: readonly string[];
  readonly summary: Summary;
  /** All verdicts but `pass` and `not-applicable`, unless `all` was asked for. Most severe first. */
  readonly results: readonly Verdict[];
  readonly errors: readonly ReportError[];
  /** Policies that had at least one resource to look at, for formats that list rules. */
  readonly policies: readonly Policy[];
  /** Status by control of the baselines that were asked for. */
  readonly baselines: readonly BaselineResult[];
  readonly failOn: Severity;
  /** What a person should know beside the results: a waiver that ends soon, a database that went away for a while. */
  readonly warnings?: readonly string[];
  /** Earlier scans of the same targets and this one, oldest first; absent where nothing is kept (`check`). */
  readonly trend?: readonly TrendPoint[];
}

/** One scan's totals. */
export interface TrendPoint {
  /** When it ended; RFC 3339. */
  readonly at: string;
  readonly pass: number;
  readonly fail: number;
  readonly unknown: number;
  readonly error: number;
  readonly waived: number;
}

export interface Summary {
  readonly resources: number;
  readonly pass: number;
  readonly fail: number;
  readonly unknown: number;
  readonly error: number;
  readonly waived: number;
  readonly durationMs: number;
}

export interface ReportError {
  readonly file: string;
  readonly line: number | null;
  readonly message: string;
}

export interface BaselineResult {
  readonly id: string;
  readonly title: string;
  readonly controls: readonly ControlResult[];
  /** How many controls had which status in earlier scans and this one, oldest first. */
  readonly trend?: readonly ControlTrendPoint[];
}

export interface ControlTrendPoint {
  readonly at: string;
  readonly pass: number;
  readonly fail: number;
  readonly unknown: number;
  readonly error: number;
  readonly notAssessed: number;
}

export interface RenderOptions {
  /** ANSI colours: only true when the output is a terminal. */
  readonly color: boolean;
  /** Columns that a table may take. */
  readonly width: number;
  readonly explain: boolean;
  /** For resources that have no account or region of their own (code), where a format cannot do without. */
  readonly place?: { readonly account: string | null; readonly region: string | null };
}

/** One file in `reports/`, one line in `reports/index.ts`. Whatever it is given is hostile text: escape it. */
export type ReportFormat = TextFormat | BinaryFormat;

export interface TextFormat {
  readonly name: string;
  readonly binary?: false;
  render(report: Report, options: RenderOptions): string;
  /** What the format has no place for, and what to do about it, in a sentence; null where all is in it. */
  leftOut?(report: Report, options: RenderOptions): string | null;
}

/** A format of bytes (PDF): never for a terminal. The same report gives the same bytes. */
export interface BinaryFormat {
  readonly name: string;
  readonly binary: true;
  render(report: Report, options: RenderOptions): Promise<Uint8Array>;
}
