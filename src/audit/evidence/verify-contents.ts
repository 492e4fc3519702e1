// That the files of a package agree with each other: lists with their CSV, counts with lists, samples with populations.
import { createHash } from "node:crypto";
import { isObject, type Json, type JsonObject } from "../../json.js";
import { canonicalJson } from "../canonical-json.js";
import { createExceptionFinder, populationRow, type FoundException } from "./exceptions.js";
import { gapsOf, type FinishedScan } from "./gaps.js";
import { linesOf, parseCanonical, readWhole } from "./lines.js";
import { noCounts, outcomeOf, statusOf, total, type Counts } from "./outcome.js";
import { Damage } from "./package.js";
import { createSampler } from "./sample.js";
import type { ControlSummary, Predicate } from "./statement.js";
import { csvHead, csvRow, tables, type Table } from "./tables.js";

/** A package whose files are known to be those that the manifest names. */
export interface Opened {
  readonly predicate: Predicate;
  /** Throws Damage for a file that is not there, and when what was read is not what the manifest says. */
  open(name: string): AsyncIterable<Uint8Array>;
  sha256(name: string): string;
  readonly names: readonly string[];
}

/** By id, the SHA-256 of the configuration as it is in the package; null where it is not. */
export type Configurations = ReadonlyMap<string, string | null>;

interface ListedScan extends FinishedScan {
  readonly scan: string;
}

/** What was found before the controls are looked at. */
export interface Known {
  readonly configurations: Configurations;
  /** Those that finished; null where the list of scans is wrong. */
  readonly scans: readonly ListedScan[] | null;
  /** The ids of the control's policies. */
  readonly policies: readonly string[];
}

/** Reads a list, and makes its CSV again to compare. Returns how many rows there are. */
export async function readTable(
  opened: Opened,
  path: string,
  table: Table,
  each: (row: JsonObject, line: string) => void = () => undefined,
): Promise<number> {
  const csv = createHash("sha256").update(csvHead(table));
  const expected = [...tables[table]].sort().join();
  let rows = 0;
  for await (const line of linesOf(`${path}.jsonl`, opened.open(`${path}.jsonl`))) {
    rows++;
    const row = parseCanonical(`line ${rows} of ${path}.jsonl`, line);
    if (Object.keys(row).sort().join() !== expected)
      throw new Damage(`line ${rows} of ${path}.jsonl does not have the columns that it should`);
    csv.update(csvRow(table, row));
    each(row, line);
  }
  if (csv.digest("hex") !== opened.sha256(`${path}.csv`))
    throw new Damage(`${path}.csv does not say the same as ${path}.jsonl`);
  return rows;
}

function expectEqual(found: Json, stated: Json, what: string): void {
  if (canonicalJson(found) !== canonicalJson(stated))
    throw new Damage(`${what}: ${canonicalJson(stated)} is stated, ${canonicalJson(found)} was found`);
}

/** Every configuration is the one that its hash says. Returns them, and how many are missing. */
export async function verifyConfigurations(opened: Opened): Promise<Map<string, string | null>> {
  const found = new Map<string, string | null>();
  const name = "configs/configurations.jsonl";
  for await (const line of linesOf(name, opened.open(name))) {
    const row = parseCanonical(`line ${found.size + 1} of ${name}`, line);
    const { configuration: id, body, sha256 } = row;
    if (typeof id !== "string" || found.has(id))
      throw new Damage(`${name} has a configuration without an id, or twice`);
    if (!isObject(body)) expectEqual(sha256 ?? null, null, `the hash of the configuration ${id}, which is missing`);
    else if (hashOf(body) !== sha256) throw new Damage(`the configuration ${id} is not the one that its hash says`);
    found.set(id, isObject(body) && body["config"] !== null ? hashOf(body) : null);
  }
  const { counts } = opened.predicate;
  expectEqual(found.size, counts.configurations, "the number of configurations");
  // The store's name for a configuration is its hash; what was redacted since has another one.
  const others = [...found].filter(([id, hash]) => hash !== null && hash !== id);
  if (others.length > counts.redactions)
    throw new Damage(`the configuration ${others[0]?.[0] ?? ""} is not the one that it is named after`);
  return found;
}

function hashOf(body: JsonObject): string {
  return createHash("sha256").update(canonicalJson(body)).digest("hex");
}

/** The lists that are of no single control. Returns the scans that finished. */
export async function verifyLists(opened: Opened): Promise<readonly ListedScan[]> {
  const { counts, period, maximumGapHours } = opened.predicate;
  const finished: ListedScan[] = [];
  if (![period.from, period.to].every(isTime)) throw new Damage("the period has no times");
  const stated: JsonObject[] = [];
  const scans = await readTable(opened, "scans/scans", "scans", (row) => {
    const problems = countOf(row, "problems", "scans/scans.jsonl");
    if (problems > 0) stated.push({ scan: row["scan"] ?? null, problems });
    if (row["status"] === "finished") finished.push(finishedScan(row));
  });
  const gaps: JsonObject[] = [];
  await readTable(opened, "scans/gaps", "gaps", (row) => void gaps.push(row));
  expectEqual(gapsOf(finished, period, maximumGapHours) as unknown as Json, gaps, "the gaps between scans");
  const told = new Map<Json, number>();
  const problems = await readTable(opened, "scans/problems", "problems", ({ scan = null }) => {
    told.set(scan, (told.get(scan) ?? 0) + 1);
  });
  const listed = [...told].map(([scan, count]) => ({ scan, problems: count }));
  expectEqual(listed, stated, "the problems of the scans");
  const found = {
    ...{ scans, gaps: gaps.length, problems, redactions: counts.redactions },
    configurations: counts.configurations,
    auditEntries: counts.auditEntries,
    scheduleRuns: await readTable(opened, "schedules/runs", "scheduleRuns"),
    findingEvents: await readTable(opened, "findings/events", "findingEvents"),
    waivers: await readTable(opened, "waivers/waivers", "waivers"),
    changes: await readTable(opened, "changes/changes", "changes"),
    policyVersions: await readTable(opened, "policies/versions", "policyVersions"),
  };
  expectEqual(found, counts as unknown as JsonObject, "the numbers of rows");
  return finished;
}

function finishedScan({ scan, targets, startedAt, finishedAt }: JsonObject): ListedScan {
  const isTexts = Array.isArray(targets) && targets.every((target) => typeof target === "string");
  if (typeof scan !== "string" || !isTexts || !isTime(startedAt) || !isTime(finishedAt))
    throw new Damage("scans/scans.jsonl has a finished scan without targets or times");
  return { scan, targets, startedAt, finishedAt };
}

/** What is no time would be in no gap. */
function isTime(value: Json | undefined): value is string {
  return typeof value === "string" && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) && !Number.isNaN(Date.parse(value));
}

function countOf(row: JsonObject, column: string, list: string): number {
  const value = row[column];
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new Damage(`${list} has a row in which ${column} is no count`);
}

/** One control: its counts, exceptions, sample and outcome follow from its population. */
export async function verifyControl(opened: Opened, control: ControlSummary, known: Known): Promise<void> {
  const path = `controls/${control.folder}`;
  const file = await readWhole(path, opened.open(`${path}/control.json`), 4 * 1024 ** 2);
  const described = parseCanonical(`${path}/control.json`, file.toString("utf8").replace(/\n$/, ""));
  expectEqual(idsOf(described["policies"]), known.policies, `the policies that ${path}/control.json names`);
  const { id, counts, outcome } = control;
  let scans: Counts = noCounts();
  if (known.policies.length === 0) verifyUnjudged(opened, control, path);
  else {
    const population = await verifyPopulation(opened, control, known);
    scans = await verifyTimeline(opened, path, known.scans);
    const found = outcomeOf({ population, scans, gaps: opened.predicate.counts.gaps });
    expectEqual(found, outcome, `the outcome of ${id}`);
  }
  const same = { control: id, outcome, counts, scans } as unknown as JsonObject;
  expectEqual(pick(described, Object.keys(same)), same, `what ${path}/control.json says`);
}

/** A control that only people can show has nothing beside its description. */
function verifyUnjudged(opened: Opened, control: ControlSummary, path: string): void {
  const { outcome, population, sample, exceptions, counts } = control;
  const isEmpty = outcome === "not-assessed" && population + sample + exceptions + total(counts) === 0;
  const others = opened.names.filter((name) => name.startsWith(`${path}/`) && name !== `${path}/control.json`);
  if (!isEmpty || others.length > 0) throw new Damage(`${control.id} has no policies, and is said to be judged`);
}

function idsOf(policies: Json | undefined): readonly Json[] {
  if (!Array.isArray(policies)) return [];
  return (policies as readonly Json[]).map((policy) => (isObject(policy) ? (policy["id"] ?? null) : null));
}

function pick(row: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.map((key) => [key, row[key] ?? null]));
}

async function verifyPopulation(
  opened: Opened,
  control: ControlSummary,
  { configurations, policies }: Known,
): Promise<Counts> {
  const { sampling, period } = opened.predicate;
  const path = `controls/${control.folder}`;
  const counts = noCounts();
  const sampler = createSampler(sampling.seed, sampling.size);
  const finder = createExceptionFinder(period.to);
  const exceptions: FoundException[] = [];
  const own = new Set(policies);
  let item = 0;
  const rows = await readTable(opened, `${path}/population`, "population", (given, line) => {
    const row = populationRow(given);
    if (!Object.hasOwn(counts, row.verdict)) throw new Damage(`${path} has the verdict ${row.verdict}`);
    if (row.item !== ++item) throw new Damage(`${path}/population.jsonl leaves out item ${item}`);
    if (!own.has(row.policy)) throw new Damage(`item ${item} of ${path} is of a policy that is not the control's`);
    if (!configurations.has(row.configuration))
      throw new Damage(`item ${item} of ${path} was judged by a configuration that is not in the package`);
    counts[row.verdict as keyof Counts]++;
    sampler.add(line);
    exceptions.push(...finder.add(row));
  });
  exceptions.push(...finder.end());
  const stated = { population: control.population, counts: control.counts, exceptions: control.exceptions };
  const found = { population: rows, counts, exceptions: exceptions.length };
  expectEqual(found, stated as unknown as Json, `the counts of ${control.id}`);
  await verifyExceptions(opened, path, exceptions);
  await verifySample(opened, control, sampler.lines(), configurations);
  return counts;
}

/** More is said of an exception than the population can tell; what it can tell has to be the same. */
async function verifyExceptions(opened: Opened, path: string, found: readonly FoundException[]): Promise<void> {
  let at = 0;
  await readTable(opened, `${path}/exceptions`, "exceptions", (row) => {
    const expected = found[at++];
    if (expected === undefined) throw new Damage(`${path}/exceptions.jsonl has more than the population`);
    const stated = { ...pick(row, Object.keys(expected)), exception: row["exception"] ?? null };
    expectEqual({ ...expected, exception: at }, stated, `exception ${at} of ${path}`);
  });
  if (at !== found.length) throw new Damage(`${path}/exceptions.jsonl leaves out exceptions of the population`);
}

async function verifySample(
  opened: Opened,
  control: ControlSummary,
  lines: readonly string[],
  configurations: Configurations,
): Promise<void> {
  const name = `controls/${control.folder}/sample.jsonl`;
  const csv = createHash("sha256").update(csvHead("population"));
  let at = 0;
  for await (const line of linesOf(name, opened.open(name))) {
    const { row, body } = parseCanonical(`line ${at + 1} of ${name}`, line);
    if (!isObject(row) || canonicalJson(row) !== lines[at++])
      throw new Damage(`${name} is not the sample that the seed gives: see line ${at}`);
    const hash = configurations.get(populationRow(row).configuration) ?? null;
    const found = isObject(body) && body["config"] !== null ? hashOf(body) : null;
    if (found !== hash)
      throw new Damage(`line ${at} of ${name} has another configuration than the one that was judged`);
    csv.update(csvRow("population", row));
  }
  expectEqual(at, control.sample, `the size of the sample of ${control.id}`);
  if (at !== lines.length) throw new Damage(`${name} leaves out items that the seed gives`);
  if (csv.digest("hex") !== opened.sha256(name.replace(/jsonl$/, "csv")))
    throw new Damage(`the CSV of ${name} does not say the same`);
}

async function verifyTimeline(opened: Opened, path: string, scans: Known["scans"]): Promise<Counts> {
  const sums = noCounts();
  let at = 0;
  const rows = await readTable(opened, `${path}/timeline`, "timeline", (row) => {
    const { scan, finishedAt } = scans?.[at++] ?? {};
    if (scans !== null && (row["scan"] !== scan || row["at"] !== finishedAt))
      throw new Damage(`line ${at} of ${path}/timeline.jsonl is not of the scan that finished then`);
    const counts = noCounts();
    for (const kind of Object.keys(sums) as (keyof Counts)[]) {
      counts[kind] = countOf(row, kind, `${path}/timeline.jsonl`);
      sums[kind] += counts[kind];
    }
    expectEqual(statusOf(counts), row["status"] ?? null, `the status after a scan in ${path}`);
  });
  if (scans !== null && rows !== scans.length)
    throw new Damage(`${path}/timeline.jsonl leaves out scans that finished`);
  return sums;
}
