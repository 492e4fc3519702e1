// A scope as the database has it. It may have been written by somebody else: what is not a scope covers nothing.
import { z } from "zod";
import { scopeProblem, type WaiverScope } from "../compliance/waiver.js";
import { scopePattern, scopeTag } from "../compliance/waiver-file.js";

const list = z.array(scopePattern).max(1_000);
const schema = z.strictObject({
  policies: list,
  controls: list,
  resources: list,
  tags: z.array(scopeTag).max(1_000),
  accounts: list,
});

const nothing: WaiverScope = {
  policies: ["(invalid)"],
  controls: [],
  resources: ["(invalid)"],
  tags: [],
  accounts: [],
};

export function waiverScope(value: unknown): WaiverScope {
  const result = schema.safeParse(value);
  return result.success && scopeProblem(result.data) === null ? result.data : nothing;
}
