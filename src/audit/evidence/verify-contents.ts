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
  expectEqual(found.size, opened.predicate.counts.configurations, "the number of configurations");
  return found;
}

function hashOf(body: JsonObject): string {
  return createHash("sha256").update(canonicalJson(body)).digest("hex");
}

/** The lists that are of no single control. */
export async function verifyLists(opened: Opened): Promise<void> {
  const { counts, period, maximumGapHours } = opened.predicate;
  const finished: FinishedScan[] = [];
  let stated = 0;
  const scans = await readTable(opened, "scans/scans", "scans", (row) => {
    stated += Number(row["problems"]);
    if (row["status"] === "finished") finished.push(finishedScan(row));
  });
  const gaps: JsonObject[] = [];
  await readTable(opened, "scans/gaps", "gaps", (row) => void gaps.push(row));
  expectEqual(gapsOf(finished, period, maximumGapHours) as unknown as Json, gaps, "the gaps between scans");
  const problems = await readTable(opened, "scans/problems", "problems");
  expectEqual(problems, stated, "the problems of the scans");
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
}

function finishedScan({ targets, startedAt, finishedAt }: JsonObject): FinishedScan {
  const isTexts = Array.isArray(targets) && targets.every((target) => typeof target === "string");
  if (!isTexts || typeof startedAt !== "string" || typeof finishedAt !== "string")
    throw new Damage("scans/scans.jsonl has a finished scan without targets or times");
  return { targets, startedAt, finishedAt };
}

/** One control: its counts, exceptions, sample and outcome follow from its population. */
export async function verifyControl(
  opened: Opened,
  control: ControlSummary,
  configurations: Configurations,
): Promise<void> {
  const path = `controls/${control.folder}`;
  const file = await readWhole(path, opened.open(`${path}/control.json`), 4 * 1024 ** 2);
  const described = parseCanonical(`${path}/control.json`, file.toString("utf8").replace(/\n$/, ""));
  const { policies } = described;
  if (Array.isArray(policies) && policies.length === 0) {
    verifyUnjudged(opened, control, path);
    return;
  }
  const population = await verifyPopulation(opened, control, configurations);
  const scans = await verifyTimeline(opened, path);
  const outcome = outcomeOf({ population, scans, gaps: opened.predicate.counts.gaps });
  expectEqual(outcome, control.outcome, `the outcome of ${control.id}`);
  const { id, counts } = control;
  const same = { control: id, outcome, counts: counts as unknown as JsonObject, scans };
  expectEqual(pick(described, Object.keys(same)), same, `what ${path}/control.json says`);
}

/** A control that only people can show has nothing beside its description. */
function verifyUnjudged(opened: Opened, control: ControlSummary, path: string): void {
  const { outcome, population, sample, exceptions, counts } = control;
  const isEmpty = outcome === "not-assessed" && population + sample + exceptions + total(counts) === 0;
  const others = opened.names.filter((name) => name.startsWith(`${path}/`) && name !== `${path}/control.json`);
  if (!isEmpty || others.length > 0) throw new Damage(`${control.id} has no policies, and is said to be judged`);
}

function pick(row: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.map((key) => [key, row[key] ?? null]));
}

async function verifyPopulation(
  opened: Opened,
  control: ControlSummary,
  configurations: Configurations,
): Promise<Counts> {
  const { sampling, period } = opened.predicate;
  const path = `controls/${control.folder}`;
  const counts = noCounts();
  const sampler = createSampler(sampling.seed, sampling.size);
  const finder = createExceptionFinder(period.to);
  const exceptions: FoundException[] = [];
  let item = 0;
  const rows = await readTable(opened, `${path}/population`, "population", (given, line) => {
    const row = populationRow(given);
    if (!Object.hasOwn(counts, row.verdict)) throw new Damage(`${path} has the verdict ${row.verdict}`);
    if (row.item !== ++item) throw new Damage(`${path}/population.jsonl leaves out item ${item}`);
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

async function verifyTimeline(opened: Opened, path: string): Promise<{ -readonly [kind in keyof Counts]: number }> {
  const sums = noCounts();
  await readTable(opened, `${path}/timeline`, "timeline", (row) => {
    const counts = pick(row, Object.keys(sums)) as unknown as Counts;
    for (const kind of Object.keys(sums) as (keyof Counts)[]) sums[kind] += counts[kind];
    expectEqual(statusOf(counts), row["status"] ?? null, `the status after a scan in ${path}`);
  });
  return sums;
}
