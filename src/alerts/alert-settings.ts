import { z } from "zod";

/** `alerts:` of the configuration: who is told of findings besides the broker. */
export const alertSettings = z.strictObject({});
