import { z } from "zod";

/** `telemetry:` of the configuration: logs and traces. */
export const telemetrySettings = z.strictObject({});
