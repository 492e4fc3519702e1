// One control's folder.
import { controlKind } from "../../compliance/controls.js";
import type { Json, JsonObject } from "../../json.js";
import type { HistoryScan } from "../../store/history.js";
import { canonicalJson } from "../canonical-json.js";
import type { CollectedControl } from "./collect.js";
import { noCounts, explainOutcome, outcomeOf, type Counts, type Outcome, type Seen } from "./outcome.js";
import { addFile, addJson, addRows, addSpooled, inPieces, type Packing } from "./pack-lists.js";
import type { PolicyFile } from "./policy-files.js";
import { timelineRows } from "./scan-lists.js";
import type { EvidenceSources } from "./sources.js";
import type { ControlSummary } from "./statement.js";
import { csvHead, csvRow } from "./tables.js";

export interface ControlParts {
  readonly packing: Packing;
  readonly scans: readonly HistoryScan[];
  readonly gaps: number;
  readonly policies: ReadonlyMap<string, PolicyFile>;
  readonly history: EvidenceSources["history"];
  readonly redact: <T>(value: T) => T;
}

export interface PackedControl extends ControlSummary {
  /** The outcome in a sentence. */
  readonly because: string;
}

export async function addControl(one: CollectedControl, parts: ControlParts): Promise<PackedControl> {
  const { packing, scans, policies } = parts;
  const { control, folder, counts } = one;
  const path = `controls/${folder}`;
  const timeline = timelineRows(scans, control.policies);
  const seen: Seen = {
    population: counts,
    scans: sumOf(timeline),
    gaps: control.policies.length === 0 ? 0 : parts.gaps,
  };
  const outcome: Outcome = control.policies.length === 0 ? "not-assessed" : outcomeOf(seen);
  const because = control.policies.length === 0 ? "only people can show this" : explainOutcome(seen);
  await addJson(packing, `${path}/control.json`, {
    ...{ control: control.id, title: control.title, kind: controlKind(control) ?? "manual", manual: control.manual },
    ...{ outcome, because, counts: counts as unknown as JsonObject, scans: seen.scans as unknown as JsonObject },
    policies: control.policies.map((id) => (policies.get(id)?.description ?? { id }) as Json),
  });
  const summary = { id: control.id, folder, outcome, because, counts: { ...counts } };
  if (control.policies.length === 0) return { ...summary, population: 0, sample: 0, exceptions: 0 };
  const population = await addSpooled(packing, `population-${folder}`, `${path}/population`, "population");
  const exceptions = await addSpooled(packing, `exceptions-${folder}`, `${path}/exceptions`, "exceptions");
  await addRows(packing, `${path}/timeline`, "timeline", timeline);
  return { ...summary, population, exceptions, sample: await addSample(one.sampler.lines(), path, parts) };
}

function sumOf(rows: readonly JsonObject[]): Counts {
  const sums = noCounts();
  for (const row of rows) for (const kind of Object.keys(sums) as (keyof Counts)[]) sums[kind] += Number(row[kind]);
  return sums;
}

/** The items that an auditor looks at, each with the configuration that was judged. */
async function addSample(lines: readonly string[], path: string, parts: ControlParts): Promise<number> {
  const { packing, history, redact } = parts;
  const rows = lines.map((line) => JSON.parse(line) as JsonObject & { readonly configuration: string });
  const bodies = new Map<string, Json>();
  for (let at = 0; at < rows.length; at += 500) {
    const found = await history.bodies([
      ...new Set(rows.slice(at, at + 500).map(({ configuration }) => configuration)),
    ]);
    for (const [hash, body] of found) bodies.set(hash, redact(body) as unknown as Json);
  }
  const items = rows.map((row) => ({ row, body: bodies.get(row.configuration) ?? null }));
  await addFile(
    packing,
    `${path}/sample.jsonl`,
    inPieces(items, (item) => `${canonicalJson(item)}\n`),
  );
  await addFile(packing, `${path}/sample.csv`, [
    csvHead("population"),
    ...rows.map((row) => csvRow("population", row)),
  ]);
  return rows.length;
}
