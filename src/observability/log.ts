// Structured logs in Elastic's common schema, one JSON object a line, to standard error.
import { ecsFormat } from "@elastic/ecs-pino-format";
import { pino, type Logger } from "pino";

export type { Logger };

export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

export function createLogger({ level, version }: { readonly level: LogLevel; readonly version: string }): Logger {
  return pino(
    { ...ecsFormat({ serviceName: "portcullis", serviceVersion: version, apmIntegration: false }), level },
    pino.destination({ dest: 2, sync: false }),
  );
}
