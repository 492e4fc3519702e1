import { z } from "zod";
import { logLevels } from "./log-level.js";

/** `telemetry:` of the configuration: logs and traces. */
export const telemetrySettings = z.strictObject({
  logs: z
    .strictObject({
      /** `PORTCULLIS_LOG_LEVEL` wins over it. */
      level: z.enum(logLevels).optional(),
      /** A line for each request, or only for those that failed. Default: all. */
      requests: z.enum(["all", "failed"]).optional(),
    })
    .optional(),
  traces: z
    .strictObject({
      /** An OTLP/HTTP receiver, without `/v1/traces`; `OTEL_EXPORTER_OTLP_ENDPOINT` wins over it. */
      endpoint: z
        .url({ protocol: /^https?$/, error: "expected an address such as http://127.0.0.1:4318" })
        .refine(
          (text) => !/^\w+:\/\/[^/]*@/.test(text),
          "expected no user or password in it: use OTEL_EXPORTER_OTLP_HEADERS",
        )
        .optional(),
      /** The share of traces that are kept, where the caller has not decided: 0 to 1. Default: 1. */
      sampleRatio: z.number().min(0).max(1).optional(),
    })
    .optional(),
});

export type TelemetrySettings = z.infer<typeof telemetrySettings>;
