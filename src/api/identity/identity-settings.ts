import { z } from "zod";

/** `identity:` of the configuration: whose tokens count, and what they may do. */
export const identitySettings = z.strictObject({});
