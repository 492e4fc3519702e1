import { z } from "zod";

/** `hooks:` of the configuration: checks before something is applied. */
export const hookSettings = z.strictObject({});
