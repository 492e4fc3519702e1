// Makes an evidence package from what the store knows of a period.
import { dirname } from "node:path";
import { messageOf, PortcullisError } from "../../errors.js";
import type { HistoryScan } from "../../store/history.js";
import { checkpointDigest } from "../checkpoint.js";
import type { AuditSlice } from "../slice.js";
import type { AuditEntry } from "../trail.js";
import { collectedControl, collectStates, type CollectedControl } from "./collect.js";
import { sealEnvelope } from "./envelope.js";
import { readFindings } from "./finding-log.js";
import { folderNames } from "./folder-names.js";
import { createFolderWriter } from "./folder-writer.js";
import type { PackageWriter, PackedFile } from "./package.js";
import { packContents } from "./pack-contents.js";
import { partialFor } from "./partial.js";
import { createRedactor } from "./redactor.js";
import { sha256Of } from "./sample.js";
import { gapsBetween } from "./scan-lists.js";
import type { EvidenceAudit, EvidenceSources, ExportRequest } from "./sources.js";
import { createSpool, type Spool } from "./spool.js";
import { statementText, type Predicate } from "./statement.js";
import { createZipWriter } from "./zip-writer.js";
import { makeFolder } from "../../folders.js";

export interface Exported {
  readonly output: string;
  readonly files: number;
  readonly bytes: number;
  readonly keyid: string;
  /** SHA-256 of the manifest, hex: what the audit trail keeps of the package. */
  readonly manifest: string;
  readonly predicate: Omit<Predicate, "stored">;
}

/** Throws PortcullisError; then there is no package, and nothing is left of it. */
export async function exportEvidence(request: ExportRequest, sources: EvidenceSources): Promise<Exported> {
  makeFolderFor(request.output);
  const partial = await partialFor(request.output);
  const spool = createSpool(partial.spool);
  let writer: PackageWriter | null = null;
  try {
    writer = await (request.form === "zip" ? createZipWriter(partial) : createFolderWriter(partial));
    const made = await makePackage(request, sources, { writer, spool });
    await writer.seal(made.manifest);
    const exported = exportedOf(request, made);
    await record(request, sources.audit, exported);
    await writer.publish();
    return exported;
  } catch (error) {
    throw writeError(request.output, error);
  } finally {
    await writer?.discard();
    await spool.remove();
  }
}

function makeFolderFor(output: string): void {
  try {
    makeFolder(dirname(output));
  } catch (error) {
    throw writeError(output, error);
  }
}

function writeError(output: string, error: unknown): unknown {
  const isOfSystem = error instanceof Error && "syscall" in error && !(error instanceof PortcullisError);
  if (!isOfSystem) return error;
  return new PortcullisError("usage", `the evidence cannot be written to ${output}: ${messageOf(error)}`, {
    cause: error,
  });
}

interface Made {
  readonly manifest: Buffer;
  readonly files: readonly PackedFile[];
  readonly predicate: Omit<Predicate, "stored">;
}

async function makePackage(
  request: ExportRequest,
  sources: EvidenceSources,
  { writer, spool }: { readonly writer: PackageWriter; readonly spool: Spool },
): Promise<Made> {
  const { baseline, period, progress } = request;
  const redactor = createRedactor();
  const slices = await auditSlices(sources.audit, request);
  const seed = request.seed ?? derivedSeed(request, slices);
  progress("reading the scans of the period");
  const scans = await sources.history.scans(period);
  const controls = collectedControls(request, seed);
  const wanted = new Set(baseline.controls.flatMap(({ policies }) => policies));
  const findings = await readFindings(sources.history, period, wanted, (event) => {
    const { at, kind, fingerprint, policy, severity, resource, scan, waiver } = event;
    spool.add(
      "events",
      redactor.redact({ at, event: kind, finding: fingerprint, policy, severity, resource, scan, waiver }),
    );
  });
  const severities = await severitiesOf(scans, sources);
  const approvals = await approvalsOf(sources.audit, period.to);
  await collectStates({ ...{ spool, redactor, sources, period, controls, findings }, severities, approvals, progress });
  progress("writing the package");
  const gaps = gapsBetween(scans, period, request.maximumGapHours);
  const files: PackedFile[] = [];
  const packing = { writer, spool, files };
  const packed = await packContents({ packing, request, sources, redactor, slices, scans, controls, gaps, seed });
  const predicate = predicateOf(request, { seed, slices, packed });
  return { manifest: sealEnvelope(statementText(files, predicate), request.signingKey), files, predicate };
}

export interface AuditSlices {
  readonly period: AuditSlice;
  /** Of all time: a waiver of the period may be older than it. */
  readonly waivers: AuditSlice;
}

async function auditSlices(audit: EvidenceAudit | null, { period }: ExportRequest): Promise<AuditSlices | null> {
  if (audit === null) return null;
  const [inPeriod, waivers] = [
    await audit.slice({ ...period, kinds: [] }),
    await audit.slice({ from: null, to: period.to, kinds: ["waiver."] }),
  ];
  return inPeriod === null || waivers === null ? null : { period: inPeriod, waivers };
}

/** From the trail's last checkpoint, which who exports cannot choose. */
function derivedSeed({ baseline, period, createdAt }: ExportRequest, slices: AuditSlices | null): string {
  const last = slices?.period.checkpoints.at(-1);
  const head = last === undefined ? createdAt : checkpointDigest(last.checkpoint);
  return sha256Of(JSON.stringify([baseline.id, period.from, period.to, head]));
}

function collectedControls({ baseline, period, sampleSize }: ExportRequest, seed: string): CollectedControl[] {
  const folders = folderNames(baseline.controls.map(({ id }) => id));
  return baseline.controls.map((control) =>
    collectedControl(control, folders.get(control.id) ?? control.id, { period, seed, size: sampleSize }),
  );
}

/** As the policies were when they ran last. */
async function severitiesOf(scans: readonly HistoryScan[], { history }: EvidenceSources): Promise<Map<string, string>> {
  const severities = new Map<string, string>();
  for (const digest of new Set(scans.flatMap(({ policies }) => policies ?? []))) {
    for (const { id, severity } of await history.policySet(digest)) severities.set(id, severity);
  }
  return severities;
}

/** Entries on actions, by the resource that they name. */
async function approvalsOf(audit: EvidenceAudit | null, to: string): Promise<Map<string, AuditEntry[]>> {
  const approvals = new Map<string, AuditEntry[]>();
  if (audit === null) return approvals;
  for await (const entry of audit.entries({ from: null, to, kinds: ["action."] })) {
    const { resource } = entry.event.details;
    for (const id of new Set([entry.event.subject, resource])) {
      if (typeof id === "string") approvals.set(id, [...(approvals.get(id) ?? []), entry]);
    }
  }
  return approvals;
}

interface Facts {
  readonly seed: string;
  readonly slices: AuditSlices | null;
  readonly packed: Awaited<ReturnType<typeof packContents>>;
}

function predicateOf(request: ExportRequest, { seed, slices, packed }: Facts): Omit<Predicate, "stored"> {
  const { baseline, period, sampleSize, maximumGapHours, signingKey, form, createdAt, version } = request;
  const last = slices?.period.checkpoints.at(-1)?.checkpoint;
  const { id, title, source } = baseline;
  return {
    tool: { name: "portcullis", version },
    createdAt,
    baseline: { id, title, version: baseline.version, source },
    period: { from: period.from, to: period.to },
    sampling: { seed, size: sampleSize },
    maximumGapHours,
    signer: { keyid: signingKey.id, spki: signingKey.spki },
    audit: last === undefined ? null : { trail: last.trail, seq: last.seq, checkpoint: checkpointDigest(last) },
    form,
    counts: packed.counts,
    controls: packed.controls.map(({ because: _, ...control }) => control),
  };
}

function exportedOf({ output, signingKey }: ExportRequest, { manifest, files, predicate }: Made): Exported {
  const bytes = files.reduce((sum, { bytes: own, stored }) => sum + (stored?.bytes ?? own), manifest.length);
  const digest = sha256Of(manifest.toString("utf8"));
  return { output, files: files.length + 1, bytes, keyid: signingKey.id, manifest: digest, predicate };
}

/** Before the package gets its name: none is handed out that the trail does not know of. */
async function record(
  { exporter, baseline, period, form }: ExportRequest,
  audit: EvidenceAudit | null,
  { manifest, files, keyid, predicate }: Exported,
): Promise<void> {
  await audit?.append({
    at: predicate.createdAt,
    kind: "evidence.exported",
    ...exporter,
    subject: manifest,
    decision: null,
    details: { baseline: baseline.id, from: period.from, to: period.to, manifest, files, keyid, form },
  });
}
