// Sends spans to an OTLP/HTTP receiver, such as Jaeger or a collector. Loaded only where one is configured. A receiver that is
// away costs spans, never time or memory: the queue is bounded, and what does not fit is dropped.
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "./log.js";
import type { TelemetrySettings } from "./telemetry-settings.js";

export interface Tracing {
  readonly isOn: boolean;
  /** Sends what waits, within the limit, and ends. Never throws. */
  stop(limitMs: number): Promise<void>;
}

export interface TracingOptions {
  readonly settings: TelemetrySettings["traces"];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** `serve`, `worker`: the name of the process among those of the service. */
  readonly process: string;
  readonly log: Logger;
}

const off: Tracing = { isOn: false, stop: () => Promise.resolve() };

export async function startTracing(options: TracingOptions): Promise<Tracing> {
  const url = tracesUrl(options);
  if (url === null || options.environment["OTEL_SDK_DISABLED"] === "true") return off;
  const { log, process: instance, settings, version } = options;
  const [
    api,
    { AsyncLocalStorageContextManager },
    { W3CTraceContextPropagator },
    sdk,
    exporting,
    { resourceFromAttributes },
  ] = await Promise.all([
    import("@opentelemetry/api"),
    import("@opentelemetry/context-async-hooks"),
    import("@opentelemetry/core"),
    import("@opentelemetry/sdk-trace-base"),
    import("@opentelemetry/exporter-trace-otlp-proto"),
    import("@opentelemetry/resources"),
  ]);
  const exporter = new exporting.OTLPTraceExporter({ url, timeoutMillis: 5_000 });
  const provider = new sdk.BasicTracerProvider({
    resource: resourceFromAttributes({
      "service.name": "portcullis",
      "service.version": version,
      "service.instance.id": `${instance}-${process.pid}`,
    }),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(settings?.sampleRatio ?? 1) }),
    spanLimits: { attributeValueLengthLimit: 256, attributeCountLimit: 32, eventCountLimit: 8, linkCountLimit: 8 },
    spanProcessors: [new sdk.BatchSpanProcessor(exporter, queue)],
  });
  api.diag.setLogger(warnSeldom(log), { logLevel: api.DiagLogLevel.WARN, suppressOverrideMessage: true });
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  api.propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  api.trace.setGlobalTracerProvider(provider);
  return { isOn: true, stop: (limitMs) => within(provider.shutdown(), limitMs) };
}

const queue = {
  maxQueueSize: 2_048,
  maxExportBatchSize: 512,
  scheduledDelayMillis: 1_000,
  exportTimeoutMillis: 10_000,
};

/** OpenTelemetry's variables, the one for traces whole and the one for all with a path added; else the configuration. */
function tracesUrl({ settings, environment }: Pick<TracingOptions, "settings" | "environment">): string | null {
  const whole = environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];
  if (whole !== undefined && whole !== "") return whole;
  const base = environment["OTEL_EXPORTER_OTLP_ENDPOINT"] ?? "";
  const endpoint = base === "" ? settings?.endpoint : base;
  return endpoint === undefined ? null : `${endpoint.replace(/\/+$/, "")}/v1/traces`;
}

const quietMs = 60_000;

/** A receiver that is away would say so every second. */
function warnSeldom(log: Logger) {
  let last = -Infinity;
  const warn = (message: string): void => {
    if (performance.now() - last < quietMs) return;
    last = performance.now();
    log.warn({ part: "traces" }, `traces are not sent: ${message.slice(0, 1_000)}`);
  };
  const nothing = (): void => undefined;
  return { error: warn, warn, info: nothing, debug: nothing, verbose: nothing };
}

async function within(work: Promise<void>, limitMs: number): Promise<void> {
  const timer = new AbortController();
  const limit = sleep(limitMs, undefined, { signal: timer.signal }).catch(() => undefined);
  await Promise.race([work.catch(() => undefined), limit]);
  timer.abort();
}
