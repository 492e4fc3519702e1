// What a look for drift does differently when a schedule stands for it: what it found is kept under the schedule's name, and so is
// that it could not look.
import { loadConfig } from "../config.js";
import { messageOf, PortcullisError } from "../errors.js";
import type { JsonObject } from "../json.js";
import { redactText } from "../redact.js";
import type { DriftCheckResult } from "../store/drift-checks.js";
import type { Store } from "../store/store.js";
import { foundDrift } from "./drift-events.js";
import { isNothingCompared, nothingCompared, type DriftReport } from "./drift-report.js";
import type { DriftFlags } from "./drift.js";
import { endWithScheduler, settingsNamed, tellScheduler } from "./scheduled-scan.js";

/** The flags that the schedule stands for. Nobody is asked who changed what: that is slow, and can be asked later. */
export function withDriftSchedule(flags: DriftFlags): DriftFlags {
  const { schedule } = flags;
  if (schedule === undefined) return flags;
  endWithScheduler();
  if (flags.desired !== undefined)
    throw new PortcullisError("usage", "--schedule says what is wanted: leave --desired out, or --schedule");
  const { drift } = settingsNamed(loadConfig(flags.config ?? "portcullis.yaml", flags.config !== undefined), schedule);
  if (drift === undefined)
    throw new PortcullisError("usage", `schedule ${schedule} scans: portcullis scan --schedule ${schedule}`);
  const { desired, ...rest } = drift;
  return { ...flags, ...(rest as Partial<DriftFlags>), desired: [...desired], who: false };
}

/** Why it is not known whether there is more drift; null where all was looked at. */
export function doubtOf({ drift, problems }: Pick<DriftReport, "drift" | "problems">): string | null {
  const [problem] = problems;
  if (problem !== undefined) {
    const more = problems.length === 1 ? "" : ` (and ${problems.length - 1} more)`;
    return `not looked at: ${problem.at}: ${redactText(problem.message)}${more}`;
  }
  if (drift.unknown.length > 0) return `${drift.unknown.length} resources could not be compared in full`;
  return isNothingCompared(drift) ? nothingCompared : null;
}

/** Looks, and keeps what became of it: also where the look failed. */
export async function recordedDrift(
  store: Pick<Store, "driftChecks" | "audit">,
  { schedule, estate }: { readonly schedule: string; readonly estate: readonly string[] },
  look: () => Promise<DriftReport>,
): Promise<DriftReport> {
  const check = await store.driftChecks.begin(schedule, JSON.stringify(estate));
  const end = async (result: DriftCheckResult): Promise<void> => {
    await store.driftChecks.end(check, result, await store.audit.caller());
  };
  let report: DriftReport;
  try {
    report = await look();
  } catch (error) {
    await end({ counts: {}, uncompared: [], message: redactText(messageOf(error)), drift: nothingSeen });
    throw error;
  }
  await end(resultOf(report));
  tellScheduler({ drift: check });
  return report;
}

const nothingSeen: DriftCheckResult["drift"] = { found: [], seen: () => false };

function resultOf(report: DriftReport): DriftCheckResult {
  const uncompared = uncomparedIn(report);
  const { counts } = report.drift;
  return { counts: { ...counts }, uncompared, message: doubtOf(report), drift: foundDrift(report) };
}

/** The store keeps the first hundred. */
function uncomparedIn({ drift, problems }: DriftReport): readonly JsonObject[] {
  const unread = problems
    .slice(0, 100)
    .map(({ at, line, message }): JsonObject => ({ at, line, message: redactText(message) }));
  const unknown = drift.unknown.slice(0, 100).map(({ id, type, parts }): JsonObject => {
    const first = parts.slice(0, 10).map(({ path, reason }) => ({ path, reason: redactText(reason) }));
    return { resource: id, type, parts: first };
  });
  return [...unread, ...unknown];
}
