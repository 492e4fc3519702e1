// That the audit trail's slice is a part of the trail that its checkpoints sign, without a gap.
import { createHash } from "node:crypto";
import { isObject } from "../../json.js";
import { checkpointDigest } from "../checkpoint.js";
import type { ProvenEntry } from "../proof.js";
import { parseSliceHeader, type SliceHeader } from "../slice.js";
import { verifySlice } from "../verify-slice.js";
import { auditCsvRow, auditHead } from "./audit-table.js";
import { linesOf, parseCanonical, readWhole } from "./lines.js";
import { Damage } from "./package.js";
import type { Unproved } from "./verify.js";
import { readTable, type Opened } from "./verify-contents.js";

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
  const last = period.header.checkpoints.at(-1)?.checkpoint;
  const isStated = last?.trail === audit.trail && last.seq === audit.seq && checkpointDigest(last) === audit.checkpoint;
  if (!isStated) throw new Damage("the last checkpoint of the audit trail is not the one that the manifest states");
  const onWaivers = new Map<number, ProvenEntry["event"]>();
  const waivers = await verifyPart(opened, "audit/waivers", ({ seq, event }) => onWaivers.set(seq, event));
  verifySameTrail(period.header, waivers.header);
  const unrecorded = await verifyWaivers(opened, onWaivers);
  if (unrecorded !== null)
    return { unproved: `the audit trail does not say who approved the waiver ${JSON.stringify(unrecorded)}` };
  return `${period.entries} entries of the period without a gap between them, ${waivers.entries} on waivers; each under a checkpoint of the trail ${audit.trail}, signed by ${period.signers.join(", ")}`;
}

/** Another trail would prove itself just as well. */
function verifySameTrail(period: SliceHeader, waivers: SliceHeader): void {
  const digests = new Map(
    period.checkpoints.map(({ checkpoint }) => [checkpoint.number, checkpointDigest(checkpoint)]),
  );
  const isSame =
    waivers.trail === period.trail &&
    // One may have been read after a rotation that the other was not.
    waivers.signers.every(({ statement }, at) => {
      const other = period.signers[at]?.statement;
      return other === undefined || other.signer === statement.signer;
    }) &&
    waivers.checkpoints.every(({ checkpoint }) => {
      const digest = digests.get(checkpoint.number);
      return digest === undefined || digest === checkpointDigest(checkpoint);
    });
  if (!isSame) throw new Damage("audit/waivers is not of the same audit trail as audit/period");
}

/** Who approved a waiver is for the trail to say. Returns the first of which it does not say so. */
async function verifyWaivers(
  opened: Opened,
  entries: ReadonlyMap<number, ProvenEntry["event"]>,
): Promise<string | null> {
  let unrecorded: string | null = null;
  await readTable(opened, "waivers/waivers", "waivers", ({ waiver, approver, origin, auditEntries }) => {
    const name = typeof waiver === "string" ? waiver : "";
    const numbers = Array.isArray(auditEntries) ? auditEntries : [];
    const events = numbers.map((seq) => (typeof seq === "number" ? entries.get(seq) : undefined));
    if (events.some((event) => event?.subject !== waiver))
      throw new Damage(`waivers/waivers.jsonl names entries for the waiver ${name} that are not on it`);
    const approval = events.findLast((event) => event?.kind === "waiver.approved");
    if (approval !== undefined && approval.details["approver"] !== approver)
      throw new Damage(`the waiver ${name} was approved by somebody else than waivers/waivers.jsonl says`);
    if (approval === undefined && origin === "store") unrecorded ??= name;
  });
  return unrecorded;
}

interface Part {
  readonly entries: number;
  readonly contiguous: boolean;
  readonly signers: readonly string[];
  readonly header: SliceHeader;
}

async function verifyPart(
  opened: Opened,
  path: string,
  each: (entry: ProvenEntry) => void = () => undefined,
): Promise<Part> {
  const header = await readTrail(opened, `${path}/trail.json`);
  const csv = createHash("sha256").update(auditHead);
  const entries = entriesOf(opened, `${path}/entries.jsonl`, (entry) => {
    csv.update(auditCsvRow(entry));
    each(entry);
  });
  const found = await verifySlice({ ...header, entries }, null);
  if (!found.proved) throw new Damage(`${path}: ${found.problems.slice(0, 3).join("; ")}`);
  if (csv.digest("hex") !== opened.sha256(`${path}/entries.csv`))
    throw new Damage(`${path}/entries.csv does not say the same as ${path}/entries.jsonl`);
  return { entries: found.entries, contiguous: found.contiguous, signers: found.signers, header };
}

async function readTrail(opened: Opened, name: string): Promise<SliceHeader> {
  const text = (await readWhole(name, opened.open(name), trailLimit)).toString("utf8");
  const header = parseSliceHeader(parseCanonical(name, text.replace(/\n$/, "")));
  if (header === null) throw new Damage(`${name} is no description of an audit trail`);
  return header;
}

async function* entriesOf(
  opened: Opened,
  name: string,
  each: (entry: ProvenEntry) => void,
): AsyncGenerator<ProvenEntry> {
  for await (const line of linesOf(name, opened.open(name))) {
    const entry = parseCanonical(`a line of ${name}`, line) as unknown as ProvenEntry;
    if (!isObject(entry.event)) throw new Damage(`${name} has a line that is no entry`);
    each(entry);
    yield entry;
  }
}
