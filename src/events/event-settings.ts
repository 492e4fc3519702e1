import { z } from "zod";

/** `events:` of the configuration: the broker. */
export const eventSettings = z.strictObject({});
