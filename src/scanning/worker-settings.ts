import { z } from "zod";

/** `workers:` of the configuration: how scans are split. */
export const workerSettings = z.strictObject({});
