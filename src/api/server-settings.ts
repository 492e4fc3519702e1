import { z } from "zod";

/** `server:` of the configuration: how the API listens. */
export const serverSettings = z.strictObject({});
