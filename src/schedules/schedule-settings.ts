// A schedule as `portcullis.yaml` says it. Only its shape: what cron and time zone mean is checked when schedules are used, so
// that a check of code does not load what it takes.
import { z } from "zod";
import { severities } from "../engine/policy.js";

const text = z.string().min(1).max(1_024);
const list = z.union([text.transform((one) => [one]), z.array(text).max(1_000)], {
  error: "expected a text or a list of texts; numbers such as accounts need quotes",
});
const severity = z.enum(severities);

/** The names are those of the scan command's flags. */
const scan = z.strictObject({
  provider: list,
  account: list.optional(),
  region: list.optional(),
  service: list.optional(),
  roleName: text.optional(),
  endpointUrl: text.optional(),
  awsConfig: z.boolean().optional(),
  concurrency: z.number().int().min(1).max(64).optional(),
  policy: list.optional(),
  baseline: list.optional(),
  severity: severity.optional(),
  failOn: severity.optional(),
  failOnUnknown: z.boolean().optional(),
});

/** What live inventory is compared with; the other names are those of the drift command's flags. */
const drift = z.strictObject({
  /** States, plans, folders of them, `snapshot:NAME`. */
  desired: list,
  provider: z.enum(["aws", "sample"]).optional(),
  account: list.optional(),
  region: list.optional(),
  service: list.optional(),
  roleName: text.optional(),
  endpointUrl: text.optional(),
  managedOnly: z.boolean().optional(),
});

export type DriftSettings = z.infer<typeof drift>;

const schedule = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "expected small letters, digits and -, at most 63"),
  cron: z.string().max(200),
  timeZone: z.string().max(64).optional(),
  jitter: z.string().max(20).optional(),
  catchUp: z.enum(["latest", "none"]).optional(),
  timeout: z.string().max(20).optional(),
  scan: scan.optional(),
  drift: drift.optional(),
  /** FORMAT=FILE, as of the flag --report. */
  reports: z.array(text).max(20).optional(),
});

export const scheduleList = z
  .array(schedule)
  .max(1_000)
  .superRefine((schedules, context) => {
    const seen = new Set<string>();
    for (const [index, { name, scan: scanned, drift: compared, reports }] of schedules.entries()) {
      if ((scanned === undefined) === (compared === undefined))
        context.addIssue({ code: "custom", path: [index], message: `${name}: expected either scan or drift` });
      if (compared !== undefined && reports !== undefined)
        context.addIssue({ code: "custom", path: [index, "reports"], message: "a schedule of drift has no reports" });
      if (seen.has(name))
        context.addIssue({ code: "custom", path: [index, "name"], message: `${name} is there twice` });
      seen.add(name);
    }
  });

export type ScheduleSettings = z.infer<typeof schedule>;

/** Names of those that look for drift. */
export function driftSchedules(schedules: readonly ScheduleSettings[] = []): readonly string[] {
  return schedules.filter(({ drift }) => drift !== undefined).map(({ name }) => name);
}
