// Structured logs in Elastic's common schema (ECS), one JSON object a line, to standard error. Secrets are taken out, and lines
// bounded, of whatever is logged: see `log-fields.ts`.
import { ecsFormat } from "@elastic/ecs-pino-format";
import { isSpanContextValid, trace } from "@opentelemetry/api";
import { format } from "node:util";
import { pino, type Bindings, type ChildLoggerOptions, type DestinationStream, type LogFn, type Logger } from "pino";
import { logFields, logText, nameOf } from "./log-fields.js";
import type { LogLevel } from "./log-level.js";

export type { Logger };
export { logLevels, type LogLevel } from "./log-level.js";

export interface LogOptions {
  readonly level: LogLevel;
  readonly version: string;
  /** Default: standard error. */
  readonly destination?: DestinationStream;
}

export function createLogger({ level, version, destination }: LogOptions): Logger {
  const ecs = ecsFormat({ serviceName: "portcullis", serviceVersion: version, apmIntegration: false });
  const logger = pino(
    {
      ...ecs,
      level,
      formatters: { ...ecs.formatters, log: logFields },
      mixin: openSpan,
      hooks: { logMethod },
    },
    destination ?? pino.destination({ dest: 2, sync: false }),
  );
  return cleanChildren(logger);
}

/** What a child logger says on each line is cleaned too, which pino's formatters do for its own fields only. */
function cleanChildren(logger: Logger): Logger {
  const target = logger as unknown as {
    child: (this: Logger, bindings: Bindings, options?: ChildLoggerOptions) => Logger;
  };
  const child = target.child;
  target.child = function cleanChild(bindings, options) {
    return child.call(this, logFields(bindings), options);
  };
  return logger;
}

function openSpan(): object {
  const span = trace.getActiveSpan()?.spanContext();
  return span === undefined || !isSpanContextValid(span) ? {} : { "trace.id": span.traceId, "span.id": span.spanId };
}

/** The message is put together here, whole, before secrets are looked for: half a secret is none that could be told. */
function logMethod(this: Logger, args: unknown[], method: LogFn): void {
  const [first, ...rest] = args;
  if (typeof first === "string") {
    method.call(this, logText(rest.length === 0 ? first : format(first, ...rest)));
    return;
  }
  const fields = first instanceof Error ? { err: first } : withoutBound(this, first);
  const message = rest.length > 0 ? format(...rest) : first instanceof Error ? first.message : undefined;
  if (message === undefined) method.call(this, fields);
  else method.call(this, fields, logText(message));
}

/** Elasticsearch refuses a line that has a name twice: what a child logger says already is not said again. */
function withoutBound(logger: Logger, fields: unknown): unknown {
  const bound = (logger as unknown as Record<symbol, string | undefined>)[pino.symbols.chindingsSym] ?? "";
  if (typeof fields !== "object" || fields === null) return fields;
  const isBound = (key: string, value: unknown): boolean => bound.includes(`,${JSON.stringify(nameOf(key, value))}:`);
  const entries = Object.entries(fields);
  return entries.some(([key, value]) => isBound(key, value))
    ? Object.fromEntries(entries.filter(([key, value]) => !isBound(key, value)))
    : fields;
}
