// Values of a body that a schema of the rest of the program checks too: one rule, whichever road a value comes by.
import type { z } from "zod";
import { Problem } from "./problem.js";

/** Throws a Problem that names the place. */
export function checked<T>(type: z.ZodType<T>, pointer: string, value: unknown): T {
  const result = type.safeParse(value);
  if (result.success) return result.data;
  const detail = result.error.issues[0]?.message ?? "cannot be used";
  throw new Problem(400, "invalid-request", `body ${pointer}: ${detail}`, [{ in: "body", pointer, detail }]);
}
