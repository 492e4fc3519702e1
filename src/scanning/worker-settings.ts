import { z } from "zod";

const seconds = z.number().int().min(1).max(86_400);
/** A role's name, with its path. Where it leads to is decided by the account that is scanned. */
const role = z.string().regex(/^[\w+=,.@/-]{1,512}$/, "expected the name of a role, such as Auditor or audit/Auditor");
const account = z.string().regex(/^[\w-]{1,64}$/, "expected the id of an account");

/** `workers:` of the configuration: how scans are split, and what whoever asks for one may choose. */
export const workerSettings = z.strictObject({
  /** Whether `portcullis serve` works too; default: true. */
  inServe: z.boolean().optional(),
  /** Shards at once, in each process; default: 4. */
  concurrency: z.number().int().min(1).max(64).optional(),
  /** Calls to the provider at once, in each process; default: 16. */
  calls: z.number().int().min(1).max(256).optional(),
  /** The roles that may be assumed in other accounts; the first one is taken where none is asked for. */
  roles: z.array(role).max(100).optional(),
  /** The accounts that may be asked for; default: any. */
  accounts: z.array(account).max(10_000).optional(),
  /** Another endpoint for every service of AWS. Whoever asks for a scan cannot choose one. */
  endpointUrl: z
    .string()
    .regex(/^https?:\/\/[^\s]+$/, "expected an address such as https://vpce-1234.example.com")
    .optional(),
  /** Where the metrics of `portcullis worker` are read, without a token; default: nowhere. */
  metrics: z
    .strictObject({
      /** Default: 127.0.0.1. */
      host: z.string().min(1).max(255).optional(),
      port: z.number().int().min(0).max(65_535),
    })
    .optional(),
  /** A worker that is not heard of for so long has lost its shards; in seconds, default: 30. */
  lease: z.number().int().min(5).max(3_600).optional(),
  /** A shard that takes longer is tried again; in seconds, default: 900. */
  shardTimeout: seconds.optional(),
  /** What was not read by then counts as unseen; in seconds, default: 21600. */
  scanTimeout: seconds.optional(),
  /** How long a stop waits for shards under way, in seconds; default: 25. */
  grace: z.number().int().min(0).max(3_600).optional(),
});

export type WorkerSettings = z.infer<typeof workerSettings>;

/** The settings with what is not said filled in. */
export function workerDefaults(settings: WorkerSettings | undefined) {
  const {
    concurrency = 4,
    calls = 16,
    roles = [],
    shardTimeout = 900,
    scanTimeout = 21_600,
    grace = 25,
  } = settings ?? {};
  return {
    ...{ concurrency, calls, roles, endpointUrl: settings?.endpointUrl ?? null },
    ...{ shardTimeoutMs: shardTimeout * 1_000, scanTimeoutMs: scanTimeout * 1_000, graceMs: grace * 1_000 },
  };
}
