import type { Clock } from "../clock.js";
import { Breather } from "../concurrency.js";
import { atLeast, severities, type Policy, type Severity } from "../engine/policy.js";
import type { Judge } from "../engine/evaluation.js";
import type { PackJudge } from "../engine/crossguard/pack-evaluation.js";
import type { Verdict, VerdictKind } from "../engine/verdict.js";
import type { Resource } from "../inventory/resource.js";
import type { ScanItem, ScannedDocument, ScannedResource, ScanProblem } from "../inventory/scan-item.js";
import type { Report, ReportError } from "../report.js";
import { createAssessment } from "./assess.js";
import type { Baseline } from "./baseline.js";
import { createExcuses, type Excuses, type Judged, type WaiverBinding } from "./excuses.js";
import { defaultOwners, ownersBy, type OwnerOf } from "./owners.js";
import type { SuppressionMode } from "./suppressions.js";
import { withoutSecrets } from "./verdict-secrets.js";
import type { Waiver } from "./waiver.js";

export interface RunOptions {
  readonly command: "check" | "scan";
  readonly version: string;
  readonly targets: readonly string[];
  readonly evaluation: Judge;
  readonly packs: PackJudge | null;
  readonly policies: readonly Policy[];
  readonly baselines: readonly Baseline[];
  readonly failOn: Severity;
  /** Verdicts of policies below it are left out. */
  readonly severity: Severity;
  /** Keep `pass` and `not-applicable` among the results too. */
  readonly all: boolean;
  readonly clock: Clock;
  /** When it began, where that was before now. */
  readonly startedAt?: Date;
  readonly progress: (message: string) => void;
  readonly record?: Recorder;
  /** Of files and of the store, in whatever state: those in force are applied. */
  readonly waivers?: readonly Waiver[];
  /** What comments in the code may do; `allow` if absent. */
  readonly suppressions?: SuppressionMode;
  readonly ownerOf?: OwnerOf;
}

/** Told of everything in the order in which it is decided; a scan's store is one. Called one at a time. */
export interface Recorder {
  resource(resource: Resource): Promise<void>;
  verdict(verdict: Verdict): Promise<void>;
}

export interface RunResult {
  readonly report: Report;
  readonly problems: readonly ScanProblem[];
  /** What stored waivers matched for the first time: to be recorded with them. */
  readonly bindings: readonly WaiverBinding[];
}

/** Reads everything that the scanner yields, judges it, and makes the report. Holds all resources only when a policy looks at others. */
export async function runChecks(items: AsyncIterable<ScanItem>, options: RunOptions): Promise<RunResult> {
  const tally = new Tally(options);
  const { evaluation, packs, progress } = options;
  const held: ScannedResource[] = [];
  const toPacks = new PackBatches(packs, tally);
  const breather = new Breather();
  const judge = async (item: ScannedResource): Promise<void> => {
    await breather.pause();
    await tally.add(evaluation.judge(item), item);
    await toPacks.add(item);
  };
  const needsInventory = evaluation.needsInventory || packs?.needsInventory === true;
  if (!needsInventory) evaluation.begin([], []);
  for await (const item of items) {
    if (item.kind === "problem") tally.problems.push(item);
    else if (item.kind === "document") await tally.add(evaluation.judgeDocument(item), item);
    else if (needsInventory) held.push(item);
    else await judge(item);
    progress(`${tally.resources + held.length} resources read`);
  }
  if (needsInventory) evaluation.begin(held, tally.problems);
  for (const item of held) {
    await judge(item);
    progress(`${tally.resources} of ${held.length} resources judged`);
  }
  await toPacks.flush();
  for (const problem of tally.problems) await tally.addVerdicts(evaluation.judgeProblem(problem), noItems);
  if (packs !== null) {
    for (const problem of tally.problems) await tally.addVerdicts(packs.judgeProblem(problem), noItems);
    await tally.addVerdicts(await packs.judgeInventory(held, tally.problems), itemsById(held));
  }
  return { report: tally.report(), problems: tally.problems, bindings: tally.excuses.bindings() };
}

/** What a verdict is about, by its resource's id. */
type ItemsOf = (verdict: Verdict) => readonly Judged[];

const noItems: ItemsOf = () => [];

function itemsById(items: readonly ScannedResource[]): ItemsOf {
  const byId = new Map<string, ScannedResource[]>();
  for (const item of items) {
    const same = byId.get(item.resource.id);
    if (same === undefined) byId.set(item.resource.id, [item]);
    else same.push(item);
  }
  return ({ resource }) => byId.get(resource.id) ?? [];
}

/** Resources that packs are asked about together. */
const batchSize = 512;

class PackBatches {
  readonly #packs: PackJudge | null;
  readonly #tally: Tally;
  #waiting: ScannedResource[] = [];

  constructor(packs: PackJudge | null, tally: Tally) {
    this.#packs = packs;
    this.#tally = tally;
  }

  async add(item: ScannedResource): Promise<void> {
    if (this.#packs === null) return;
    this.#waiting.push(item);
    if (this.#waiting.length >= batchSize) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#packs === null || this.#waiting.length === 0) return;
    const batch = this.#waiting;
    this.#waiting = [];
    await this.#tally.addVerdicts(await this.#packs.judge(batch), itemsById(batch));
  }
}

class Tally {
  readonly problems: ScanProblem[] = [];
  resources = 0;
  readonly excuses: Excuses;
  readonly #ownerOf: OwnerOf;
  readonly #options: RunOptions;
  readonly #startedAt: Date;
  readonly #results: Verdict[] = [];
  readonly #counts = new Map<VerdictKind, number>();
  readonly #used = new Set<string>();
  readonly #shown: ReadonlySet<Severity>;
  readonly #policies: ReadonlyMap<string, Policy>;
  readonly #assessments;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#startedAt = options.startedAt ?? options.clock.now();
    this.#shown = new Set(severities.filter((severity) => atLeast(severity, options.severity)));
    this.#policies = new Map(options.policies.map((policy) => [policy.id, policy]));
    this.#assessments = options.baselines.map(createAssessment);
    this.#ownerOf = options.ownerOf ?? ownersBy(defaultOwners);
    this.excuses = createExcuses({
      waivers: options.waivers ?? [],
      suppressions: options.suppressions ?? "allow",
      policies: options.policies,
      clock: options.clock,
      isComplete: options.command === "scan",
    });
  }

  async add(verdicts: Iterable<Verdict>, item: ScannedResource | ScannedDocument): Promise<void> {
    this.resources++;
    const { record } = this.#options;
    if (item.kind === "resource" && record !== undefined) await record.resource(item.resource);
    this.excuses.see(item);
    const items = [item];
    await this.addVerdicts(verdicts, () => items);
  }

  async addVerdicts(verdicts: Iterable<Verdict>, itemsOf: ItemsOf): Promise<void> {
    const { record } = this.#options;
    for (const judged of verdicts) {
      const verdict = this.#finished(judged, itemsOf(judged));
      if (record !== undefined) await record.verdict(verdict); // waiting for nothing, a million times, takes its time too
      for (const assessment of this.#assessments) assessment.add(verdict.policy, verdict.verdict);
      this.#used.add(verdict.policy);
      if (!this.#shown.has(verdict.severity)) continue;
      this.#counts.set(verdict.verdict, (this.#counts.get(verdict.verdict) ?? 0) + 1);
      if (!isQuiet(verdict) || this.#options.all) this.#results.push(verdict);
    }
  }

  /** What the engines decided is what they may remember; waivers and owners come after that. */
  #finished(judged: Verdict, items: readonly Judged[]): Verdict {
    const verdict = this.excuses.apply(withoutSecrets(judged, items), items);
    if (isQuiet(verdict) && !this.#options.all) return verdict; // most are, and nobody asks whose they are
    const [item] = items;
    const owned = item?.kind === "resource" ? item.resource : { ...judged.resource, tags: {} };
    return { ...verdict, owner: this.#ownerOf(owned) };
  }

  report(): Report {
    const warnings = this.excuses.warnings();
    const { command, version, targets, failOn, clock } = this.#options;
    const count = (kind: VerdictKind): number => this.#counts.get(kind) ?? 0;
    return {
      tool: { name: "portcullis", version },
      startedAt: this.#startedAt.toISOString(),
      command,
      targets,
      summary: {
        resources: this.resources,
        pass: count("pass"),
        fail: count("fail"),
        unknown: count("unknown"),
        error: count("error"),
        waived: count("waived"),
        durationMs: clock.now().getTime() - this.#startedAt.getTime(),
      },
      results: this.#results.sort(bySeverityThenPlace),
      errors: this.problems.map(reportError),
      policies: [...this.#used].map((id) => this.#policies.get(id)).filter((policy) => policy !== undefined),
      baselines: this.#assessments.map((assessment) => assessment.result()),
      failOn,
      ...(warnings.length === 0 ? {} : { warnings }),
    };
  }
}

function isQuiet({ verdict }: Verdict): boolean {
  return verdict === "pass" || verdict === "not-applicable";
}

function reportError({ at, line, message }: ScanProblem): ReportError {
  return { file: at, line, message };
}

function bySeverityThenPlace(a: Verdict, b: Verdict): number {
  const severity = severities.indexOf(a.severity) - severities.indexOf(b.severity);
  return severity || compare(a.policy, b.policy) || compare(a.resource.id, b.resource.id);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
