// What somebody wants scanned, as it is kept and as every worker reads it again.
import { z } from "zod";
import { severities } from "../engine/policy.js";
import type { ScanScope } from "./shard-source.js";

const name = z.string().min(1).max(256);

export const scanRequest = z.strictObject({
  providers: z.array(name).min(1).max(10),
  accounts: z.array(name).max(10_000),
  regions: z.array(name).max(100).nullable(),
  services: z.array(name).max(100),
  roleName: z.string().max(512).nullable(),
  useConfig: z.boolean(),
  baselines: z.array(name).max(50),
  severity: z.enum(severities),
  failOn: z.enum(severities),
  /** Keep passes in the report too. */
  all: z.boolean(),
});

export type ScanRequest = z.infer<typeof scanRequest>;

export function scopeOf({ accounts, regions, services, roleName, useConfig }: ScanRequest): ScanScope {
  return { accounts, regions, services, roleName, useConfig };
}
