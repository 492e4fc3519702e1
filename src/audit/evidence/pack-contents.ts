// The package's files, in their order: what explains it first, then the lists, then each control, then what is made of them.
import { readFileSync } from "node:fs";
import type { Json } from "../../json.js";
import { packageFile } from "../../package-root.js";
import type { HistoryScan } from "../../store/history.js";
import type { CollectedControl } from "./collect.js";
import { addControl, type PackedControl } from "./control-files.js";
import type { AuditSlices } from "./export.js";
import type { Gap } from "./gaps.js";
import { componentDefinition } from "./oscal-component.js";
import { oscalInput } from "./oscal-of-package.js";
import { assessmentResults } from "./oscal-results.js";
import { addAuditSlice, addFile, addJson, addRows, addSpooled, type Packing } from "./pack-lists.js";
import { addPolicies, type PolicyFiles } from "./policy-files.js";
import { readme } from "./readme.js";
import type { Redactor } from "./redactor.js";
import { problemRows, runRow, scanRow, waiverRow } from "./scan-lists.js";
import type { EvidenceSources, EvidenceWaiver, ExportRequest } from "./sources.js";
import { schemaPath, type PackageCounts } from "./statement.js";
import { summaryOf } from "./summary-of-package.js";

export interface Contents {
  readonly packing: Packing;
  readonly request: ExportRequest;
  readonly sources: EvidenceSources;
  readonly redactor: Redactor;
  readonly slices: AuditSlices | null;
  readonly scans: readonly HistoryScan[];
  readonly controls: readonly CollectedControl[];
  readonly gaps: readonly Gap[];
  readonly seed: string;
}

export interface Packed {
  readonly counts: PackageCounts;
  readonly controls: readonly PackedControl[];
}

export async function packContents(contents: Contents): Promise<Packed> {
  const { packing, request, redactor } = contents;
  await addFile(packing, "README.txt", [readme(request, contents.seed)]);
  await addFile(packing, "evidence-predicate.schema.json", [readFileSync(packageFile(...schemaPath))]);
  await addJson(packing, "baseline.json", redactor.redact(request.baseline) as unknown as Json);
  const policies = await addPolicies(packing, { ...contents, baseline: request.baseline });
  const waivers = await contents.sources.waivers(request.period);
  const lists = await addLists(contents, waivers);
  const controls = await addControls(contents, policies);
  await addReadable(contents, { controls, policies, waivers });
  return { counts: { ...lists, policyVersions: policies.versions, redactions: redactor.replaced }, controls };
}

type ListCounts = Omit<PackageCounts, "policyVersions" | "redactions">;

async function addLists(contents: Contents, waivers: readonly EvidenceWaiver[]): Promise<ListCounts> {
  const { packing, scans, gaps, redactor, slices } = contents;
  const auditEntries = slices === null ? 0 : await addAuditSlice(packing, "audit/period", slices.period);
  if (slices !== null) await addAuditSlice(packing, "audit/waivers", slices.waivers);
  const bySubject = await waiverEntries(contents);
  await spoolRuns(contents);
  const rows = {
    scans: scans.map((scan) => redactor.redact(scanRow(scan))),
    problems: scans.flatMap(problemRows).map((row) => redactor.redact(row)),
    waivers: waivers.map((one) => redactor.redact(waiverRow(one, bySubject.get(one.id) ?? []))),
  };
  await addFile(packing, "configs/configurations.jsonl", asLines(packing, "configurations"));
  return {
    auditEntries,
    scans: await addRows(packing, "scans/scans", "scans", rows.scans),
    gaps: await addRows(
      packing,
      "scans/gaps",
      "gaps",
      gaps.map((gap) => ({ ...gap })),
    ),
    problems: await addRows(packing, "scans/problems", "problems", rows.problems),
    scheduleRuns: await addSpooled(packing, "runs", "schedules/runs", "scheduleRuns"),
    findingEvents: await addSpooled(packing, "events", "findings/events", "findingEvents"),
    waivers: await addRows(packing, "waivers/waivers", "waivers", rows.waivers),
    changes: await addSpooled(packing, "changes", "changes/changes", "changes"),
    configurations: packing.spool.rows("configurations"),
  };
}

async function* asLines({ spool }: Packing, list: string): AsyncGenerator<string> {
  for await (const line of spool.lines(list)) yield `${line}\n`;
}

async function spoolRuns({ sources, request, packing, redactor }: Contents): Promise<void> {
  for await (const run of sources.scheduleRuns(request.period)) packing.spool.add("runs", redactor.redact(runRow(run)));
}

/** By waiver, the numbers of the entries on it. */
async function waiverEntries({ sources, request }: Contents): Promise<Map<string, number[]>> {
  const found = new Map<string, number[]>();
  if (sources.audit === null) return found;
  for await (const { seq, event } of sources.audit.entries({ from: null, to: request.period.to, kinds: ["waiver."] })) {
    if (event.subject !== null) found.set(event.subject, [...(found.get(event.subject) ?? []), seq]);
  }
  return found;
}

async function addControls(contents: Contents, { byId }: PolicyFiles): Promise<PackedControl[]> {
  const { packing, scans, controls, gaps, sources, redactor } = contents;
  const parts = { packing, scans, gaps: gaps.length, policies: byId, history: sources.history };
  const packed: PackedControl[] = [];
  for (const one of controls) {
    contents.request.progress(`writing ${one.control.id}`);
    packed.push(await addControl(one, { ...parts, redact: (value) => redactor.redact(value) }));
  }
  return packed;
}

interface Readable {
  readonly controls: readonly PackedControl[];
  readonly policies: PolicyFiles;
  readonly waivers: readonly EvidenceWaiver[];
}

/** Made of the lists, and only as good as they are. */
async function addReadable(contents: Contents, { controls, policies, waivers }: Readable): Promise<void> {
  const { packing, request, scans, gaps, sources, redactor } = contents;
  const problems = [
    ...gaps.map(({ target, from, to }) => `no scan of ${target === "" ? "anything" : target} from ${from} to ${to}`),
    ...scans.flatMap((scan) => scan.problems.map(({ at, message }) => `scan ${scan.id}, ${at}: ${message}`)),
  ].slice(0, 1_000);
  const judged = contents.controls.map((collected, index) => ({
    collected,
    outcome: controls[index]?.outcome ?? "not-assessed",
  }));
  const input = await oscalInput({
    ...{ request, judged, waivers, spool: packing.spool },
    policies: new Map([...policies.byId].map(([id, { policy }]) => [id, policy])),
    targets: [...new Set(scans.flatMap(({ targets }) => targets))].sort(),
    problems,
    files: packing.files,
  });
  const kept = redactor.redact(input);
  await addJson(packing, "oscal/assessment-results.json", assessmentResults(kept));
  await addJson(packing, "oscal/component-definition.json", componentDefinition(kept));
  const document = redactor.redact(await summaryOf(contents, { controls, waivers, problems }));
  await addFile(packing, "summary.html", [sources.renderer.html(document)]);
  await addFile(packing, "summary.pdf", [await sources.renderer.pdf(document)]);
}
