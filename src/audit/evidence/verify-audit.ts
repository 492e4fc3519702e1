// That the audit trail's slice is a part of the trail that its checkpoints sign, without a gap.
import { createHash } from "node:crypto";
import { checkpointDigest, parseSignedCheckpoint, type Checkpoint } from "../checkpoint.js";
import type { ProvenEntry } from "../proof.js";
import { verifySlice, type UntrustedSlice } from "../verify-slice.js";
import { auditCsvRow, auditHead } from "./audit-table.js";
import { linesOf, parseCanonical, readWhole } from "./lines.js";
import { Damage } from "./package.js";
import type { Unproved } from "./verify.js";
import type { Opened } from "./verify-contents.js";

const trailLimit = 256 * 1024 ** 2;

export async function verifyAudit(opened: Opened): Promise<string | Unproved> {
  const { audit, counts } = opened.predicate;
  if (audit === null) {
    if (opened.names.some((name) => name.startsWith("audit/")))
      throw new Damage("there is an audit trail that is not stated");
    return { unproved: "the package has no audit trail" };
  }
  const period = await verifyPart(opened, "audit/period");
  if (!period.contiguous) throw new Damage("the audit trail leaves out entries between its first and its last");
  if (period.entries !== counts.auditEntries)
    throw new Damage(`the audit trail has ${period.entries} entries, not ${counts.auditEntries}`);
  const isStated =
    period.last?.trail === audit.trail &&
    period.last.seq === audit.seq &&
    checkpointDigest(period.last) === audit.checkpoint;
  if (!isStated) throw new Damage("the last checkpoint of the audit trail is not the one that the manifest states");
  const waivers = await verifyPart(opened, "audit/waivers");
  return `${period.entries} entries of the period without a gap, ${waivers.entries} on waivers; each under a signed checkpoint of the trail ${audit.trail}`;
}

interface Part {
  readonly entries: number;
  readonly contiguous: boolean;
  readonly last: Checkpoint | undefined;
}

async function verifyPart(opened: Opened, path: string): Promise<Part> {
  const slice = await readTrail(opened, `${path}/trail.json`);
  const csv = createHash("sha256").update(auditHead);
  const entries = entriesOf(opened, `${path}/entries.jsonl`, (entry) => csv.update(auditCsvRow(entry)));
  const found = await verifySlice({ ...slice, entries }, null);
  if (!found.proved) throw new Damage(`${path}: ${found.problems.slice(0, 3).join("; ")}`);
  if (csv.digest("hex") !== opened.sha256(`${path}/entries.csv`))
    throw new Damage(`${path}/entries.csv does not say the same as ${path}/entries.jsonl`);
  const last = parseSignedCheckpoint(slice.checkpoints.at(-1))?.checkpoint;
  return { entries: found.entries, contiguous: found.contiguous, last };
}

async function readTrail(opened: Opened, name: string): Promise<Omit<UntrustedSlice, "entries">> {
  const text = (await readWhole(name, opened.open(name), trailLimit)).toString("utf8");
  const { version, trail, checkpoints, signers } = parseCanonical(name, text.replace(/\n$/, ""));
  if (version !== 1 || typeof trail !== "string" || !Array.isArray(checkpoints) || !Array.isArray(signers))
    throw new Damage(`${name} is no description of an audit trail`);
  return { version, trail, checkpoints, signers } as unknown as Omit<UntrustedSlice, "entries">;
}

async function* entriesOf(
  opened: Opened,
  name: string,
  each: (entry: ProvenEntry) => void,
): AsyncGenerator<ProvenEntry> {
  for await (const line of linesOf(name, opened.open(name))) {
    const entry = parseCanonical(`a line of ${name}`, line) as unknown as ProvenEntry;
    each(entry);
    yield entry;
  }
}
