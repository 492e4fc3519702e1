import { z } from "zod";

/** `opa:` of the configuration: bundles and the decision log. */
export const opaSettings = z.strictObject({});
