// What a process of the service is watched by: its log, its metrics and its traces, as configured.
import { createLogger, type Logger, type LogLevel } from "./log.js";
import { logLevelOf } from "./log-level.js";
import { createMetrics, type Metrics } from "./metrics.js";
import type { TelemetrySettings } from "./telemetry-settings.js";
import { startTracing, type Tracing } from "./tracing.js";

export interface Telemetry {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
}

export interface TelemetryOptions {
  readonly settings: TelemetrySettings | undefined;
  /** Of a flag: it wins over environment and configuration. */
  readonly level: LogLevel | undefined;
  readonly version: string;
  readonly process: "serve" | "worker";
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { settings, version, environment } = options;
  const level = options.level ?? logLevelOf(settings?.logs?.level, environment);
  const log = createLogger({ level, version });
  const tracing = await startTracing({
    settings: settings?.traces,
    environment,
    version,
    process: options.process,
    log,
  });
  return { log, metrics: createMetrics(version), tracing };
}
