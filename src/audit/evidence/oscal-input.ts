// What OSCAL documents are made of: plain data about a period or about one scan. Nothing here knows where it comes from.
import type { ControlResult } from "../../compliance/baseline.js";
import type { Severity } from "../../engine/policy.js";
import type { VerdictResource } from "../../engine/verdict.js";

/** All that is said about a period, or one check or scan. The same input gives the same bytes. */
export interface OscalInput {
  /** Names what is assessed; every UUID is made from it: `soc2 2026-08-01T00:00:00Z/2026-11-01T00:00:00Z`. */
  readonly id: string;
  readonly title: string;
  readonly tool: { readonly name: string; readonly version: string };
  /** When the document is made; RFC 3339. */
  readonly generatedAt: string;
  readonly period: { readonly from: string; readonly to: string | null };
  /** What was looked at: accounts, providers, paths. */
  readonly targets: readonly string[];
  /** May be empty: then nothing is said of any control. */
  readonly baselines: readonly OscalBaseline[];
  /** Policies that judged something, and those that the baselines name. */
  readonly policies: readonly OscalPolicy[];
  /** What did not pass, waived or not. Beyond `maxExceptions` only counts are written, and the documents say so. */
  readonly exceptions: readonly OscalException[];
  /** Those in force at some time of the period. */
  readonly waivers: readonly OscalWaiver[];
  /** The package's other files, with paths relative to the document. */
  readonly files: readonly OscalFile[];
  /**
   * Where the component definition of the same input stands, relative to the assessment results: it says which policies test
   * which controls, as an assessment plan would. Null where none is written.
   */
  readonly componentDefinition: string | null;
  /** What went wrong in scans: what was not looked at, runs that were missed. */
  readonly problems: readonly string[];
}

export interface OscalBaseline {
  readonly id: string;
  readonly title: string;
  /** Where the framework is published; null where it is not known. */
  readonly source: string | null;
  /** Over the period: the worst status that a control had, and the counts behind it. */
  readonly controls: readonly ControlResult[];
}

export interface OscalPolicy {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly severity: Severity;
  readonly engine: string;
  /** `aws`, `kubernetes`; the component that the policy belongs to. */
  readonly provider: string;
  /** SHA-256 of its source, hex; null where there is none. */
  readonly hash: string | null;
  /** How to put it right. */
  readonly fix: string;
  /** Verdicts over the whole population; null where only what did not pass is known. */
  readonly tally: OscalTally | null;
  /** Path of the file in the package that lists the population with every verdict; null where there is none. */
  readonly population: string | null;
}

export interface OscalTally {
  readonly pass: number;
  readonly fail: number;
  readonly unknown: number;
  readonly error: number;
  readonly waived: number;
}

/** One policy on one resource that did not pass, at some time of the period. */
export interface OscalException {
  readonly fingerprint: string;
  readonly policy: string;
  readonly resource: VerdictResource;
  readonly severity: Severity;
  readonly verdict: "fail" | "unknown" | "error" | "waived";
  readonly message: string;
  readonly owner: string | null;
  readonly firstSeen: string;
  readonly lastSeen: string;
  /** Null while it is open. */
  readonly resolvedAt: string | null;
  /** The id of the waiver that excuses it; one of `waivers`. Null otherwise. */
  readonly waiver: string | null;
}

export interface OscalWaiver {
  readonly id: string;
  /** In words: `policy aws-s3-x, account 1234`. */
  readonly scope: string;
  readonly reason: string;
  readonly ticket: string | null;
  readonly requester: string | null;
  readonly approver: string | null;
  readonly approvedAt: string | null;
  readonly starts: string | null;
  /** Null only for a comment in the code. */
  readonly expires: string | null;
  /** When it was taken back before it ended. */
  readonly revokedAt: string | null;
}

export interface OscalFile {
  /** Relative to the document, with `/`. */
  readonly path: string;
  readonly title: string;
  readonly mediaType: string;
  /** SHA-256, hex. */
  readonly sha256: string;
}

/** What a person must see in the JSON rather than in a file beside it. Bounds a document to some 20 MiB. */
export const maxExceptions = 10_000;
