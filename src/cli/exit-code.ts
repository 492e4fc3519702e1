import { atLeast } from "../engine/policy.js";
import { PortcullisError } from "../errors.js";
import type { ScanProblem } from "../inventory/scan-item.js";
import type { Report } from "../report.js";

/** The contract: 0 clean, 1 failures, 2 wrong usage or unreadable input, 3 incomplete. */
export type ExitCode = 0 | 1 | 2 | 3;

/** The worst that happened: unreadable input before incomplete before failures. */
export function exitCodeOf(report: Report, problems: readonly ScanProblem[], failOnUnknown: boolean): ExitCode {
  if (problems.some(({ problem }) => problem === "unreadable")) return 2;
  if (problems.length > 0 || report.summary.error > 0) return 3;
  const failing = report.results.some(
    ({ verdict, severity }) => verdict === "fail" && atLeast(severity, report.failOn),
  );
  if (failing || (failOnUnknown && report.summary.unknown > 0)) return 1;
  return 0;
}

export function exitCodeOfError(error: unknown): ExitCode {
  if (!(error instanceof PortcullisError)) return 3;
  switch (error.code) {
    case "usage":
    case "config-invalid":
    case "input-unreadable":
    case "policy-invalid":
    case "baseline-invalid":
      return 2;
    case "store-unavailable":
    case "provider-unavailable":
    case "broker-unavailable":
    case "internal":
      return 3;
  }
}
