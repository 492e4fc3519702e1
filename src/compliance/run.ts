import type { Clock } from "../clock.js";
import { atLeast, severities, type Policy, type Severity } from "../engine/policy.js";
import type { Evaluation } from "../engine/evaluation.js";
import type { PackEvaluation } from "../engine/crossguard/pack-evaluation.js";
import type { Verdict, VerdictKind } from "../engine/verdict.js";
import type { Resource } from "../inventory/resource.js";
import type { ScanItem, ScannedResource, ScanProblem } from "../inventory/scan-item.js";
import type { Report, ReportError } from "../report.js";
import { createAssessment } from "./assess.js";
import type { Baseline } from "./baseline.js";

export interface RunOptions {
  readonly command: "check" | "scan";
  readonly version: string;
  readonly targets: readonly string[];
  readonly evaluation: Evaluation;
  readonly packs: PackEvaluation | null;
  readonly policies: readonly Policy[];
  readonly baselines: readonly Baseline[];
  readonly failOn: Severity;
  /** Verdicts of policies below it are left out. */
  readonly severity: Severity;
  /** Keep `pass` and `not-applicable` among the results too. */
  readonly all: boolean;
  readonly clock: Clock;
  readonly progress: (message: string) => void;
  readonly record?: Recorder;
}

/** Told of everything in the order in which it is decided; a scan's store is one. Called one at a time. */
export interface Recorder {
  resource(resource: Resource): Promise<void>;
  verdict(verdict: Verdict): Promise<void>;
}

export interface RunResult {
  readonly report: Report;
  readonly problems: readonly ScanProblem[];
}

/** Reads everything that the scanner yields, judges it, and makes the report. Holds all resources only when a policy looks at others. */
export async function runChecks(items: AsyncIterable<ScanItem>, options: RunOptions): Promise<RunResult> {
  const tally = new Tally(options);
  const { evaluation, packs, progress } = options;
  const held: ScannedResource[] = [];
  const toPacks = new PackBatches(packs, tally);
  const judge = async (item: ScannedResource): Promise<void> => {
    await tally.add(evaluation.judge(item), item.resource);
    await toPacks.add(item);
  };
  const needsInventory = evaluation.needsInventory || packs?.needsInventory === true;
  if (!needsInventory) evaluation.begin([], []);
  for await (const item of items) {
    if (item.kind === "problem") tally.problems.push(item);
    else if (item.kind === "document") await tally.add(evaluation.judgeDocument(item), null);
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
  for (const problem of tally.problems) await tally.addVerdicts(evaluation.judgeProblem(problem));
  if (packs !== null) {
    for (const problem of tally.problems) await tally.addVerdicts(packs.judgeProblem(problem));
    await tally.addVerdicts(await packs.judgeInventory(held, tally.problems));
  }
  return { report: tally.report(), problems: tally.problems };
}

/** Resources that packs are asked about together. */
const batchSize = 512;

class PackBatches {
  readonly #packs: PackEvaluation | null;
  readonly #tally: Tally;
  #waiting: ScannedResource[] = [];

  constructor(packs: PackEvaluation | null, tally: Tally) {
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
    await this.#tally.addVerdicts(await this.#packs.judge(batch));
  }
}

class Tally {
  readonly problems: ScanProblem[] = [];
  resources = 0;
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
    this.#startedAt = options.clock.now();
    this.#shown = new Set(severities.filter((severity) => atLeast(severity, options.severity)));
    this.#policies = new Map(options.policies.map((policy) => [policy.id, policy]));
    this.#assessments = options.baselines.map(createAssessment);
  }

  async add(verdicts: Iterable<Verdict>, resource: Resource | null): Promise<void> {
    this.resources++;
    const { record } = this.#options;
    if (resource !== null && record !== undefined) await record.resource(resource);
    await this.addVerdicts(verdicts);
  }

  async addVerdicts(verdicts: Iterable<Verdict>): Promise<void> {
    const { record } = this.#options;
    for (const verdict of verdicts) {
      if (record !== undefined) await record.verdict(verdict); // waiting for nothing, a million times, takes its time too
      for (const assessment of this.#assessments) assessment.add(verdict.policy, verdict.verdict);
      this.#used.add(verdict.policy);
      if (!this.#shown.has(verdict.severity)) continue;
      this.#counts.set(verdict.verdict, (this.#counts.get(verdict.verdict) ?? 0) + 1);
      const quiet = verdict.verdict === "pass" || verdict.verdict === "not-applicable";
      if (!quiet || this.#options.all) this.#results.push(verdict);
    }
  }

  report(): Report {
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
    };
  }
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
