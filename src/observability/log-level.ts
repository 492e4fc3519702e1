import { PortcullisError } from "../errors.js";

export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Of the environment (`PORTCULLIS_LOG_LEVEL`), else of the configuration, else `info`. */
export function logLevelOf(
  configured: LogLevel | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): LogLevel {
  const named = environment["PORTCULLIS_LOG_LEVEL"];
  if (named === undefined || named === "") return configured ?? "info";
  const level = logLevels.find((one) => one === named.toLowerCase());
  if (level !== undefined) return level;
  throw new PortcullisError("usage", `PORTCULLIS_LOG_LEVEL: expected ${logLevels.join(", ")}`);
}
