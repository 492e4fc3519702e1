// Proposes patches of infrastructure code. A fix is proposed only when the check, run again over the code as it would be, passes for
// that policy and resource and finds nothing new; otherwise it is said why there is none.
import type { ProposedChange } from "../../src/engine/verdict.js";
import { messageOf } from "../../src/errors.js";
import { candidateOf, type Candidate } from "./candidate.js";
import { CodeFiles, type CodeFile } from "./code-files.js";
import type { CodeFix } from "./code-fix.js";
import { judgeCode, keyOf, worsened, type Judged, type Judgement, type JudgeOptions } from "./judgement.js";
import { NoPatch } from "./no-patch.js";
import { opposedProposals } from "./opposed.js";
import { packCandidate } from "./pack-candidate.js";

export interface CodeProposal {
  readonly fixed: readonly Fixed[];
  readonly refused: readonly Refused[];
  readonly files: readonly { readonly file: CodeFile; readonly after: string }[];
  /** What could not be read: what stands there is not looked at. */
  readonly problems: Judgement["problems"];
}

export interface Fixed {
  readonly policy: string;
  readonly resource: string;
  readonly file: string;
  readonly line: number;
  readonly caution: string | null;
}

export interface Refused {
  readonly policy: string;
  readonly resource: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly why: string;
  /** What a policy pack proposes, for a person to do. */
  readonly changes?: readonly ProposedChange[];
}

export interface ProposeOptions extends JudgeOptions {
  readonly fixes: ReadonlyMap<string, CodeFix>;
  /** Empty for all. */
  readonly policyIds: readonly string[];
}

export async function proposePatches(options: ProposeOptions): Promise<CodeProposal> {
  const before = await judgeCode(options, new Map());
  const files = new CodeFiles(options.paths);
  const failing = before.judged.filter(
    ({ verdict }) =>
      verdict.verdict === "fail" && (options.policyIds.length === 0 || options.policyIds.includes(verdict.policy)),
  );
  const work = new Proposing(options, files, before);
  const candidates: Candidate[] = [];
  const opposed = opposedProposals(before.judged.filter(({ verdict }) => verdict.verdict === "fail"));
  for (const judged of failing) {
    const against = opposed.get(judged);
    const candidate = against === undefined ? candidateFor(judged, options, files) : null;
    if (candidate === null) work.refuse(judged, against ?? noFix(judged));
    else
      await candidate.then(
        (one) => candidates.push(one),
        (error: unknown) => {
          work.refuseFor(judged, error);
        },
      );
  }
  const waived = await keysOfWaived(before, options, files);
  const [shared, free] = partition(byBlock(candidates), (one) => waived.has(blockKey(one)));
  for (const one of shared)
    for (const judged of one.judged)
      work.refuse(judged, "the same block makes a resource whose failure is waived: it would be changed too");
  await work.accept(free);
  return { fixed: work.fixed, refused: work.refused, files: files.changed(), problems: before.problems };
}

function noFix({ verdict: { policy, remediation } }: Judged): string {
  return remediation === policy && policy.includes(":")
    ? "the policy pack proposes nothing for it"
    : "there is no fix of code for this policy";
}

/** Null where nothing is known that would put it right. */
function candidateFor(judged: Judged, { fixes }: ProposeOptions, files: CodeFiles): Promise<Candidate> | null {
  const { policy, proposal } = judged.verdict;
  const fix = fixes.get(policy);
  if (fix !== undefined) return candidateOf(judged, fix, files);
  return proposal === undefined ? null : packCandidate(judged, proposal, files);
}

/** Instances of one block (of a module that is called twice, of a `count`) are put right at once. */
function byBlock(candidates: readonly Candidate[]): Candidate[] {
  const merged = new Map<string, Candidate>();
  for (const one of candidates) {
    const isRepeated = one.judged[0]?.item.resource.source.scanner === "terraform";
    const key = isRepeated ? blockKey(one) : String(merged.size);
    const first = merged.get(key);
    merged.set(key, first === undefined ? one : { ...first, judged: [...first.judged, ...one.judged] });
  }
  return [...merged.values()];
}

function blockKey({ fix, file, line }: Candidate): string {
  return JSON.stringify([fix.policy, file.path, line]);
}

/** The blocks that make what somebody decided to leave as it is. */
async function keysOfWaived(
  { judged }: Judgement,
  options: ProposeOptions,
  files: CodeFiles,
): Promise<ReadonlySet<string>> {
  const keys = new Set<string>();
  for (const one of judged) {
    if (one.verdict.verdict !== "waived" || one.item.resource.source.scanner !== "terraform") continue;
    const candidate = (await candidateFor(one, options, files)?.catch(() => null)) ?? null;
    if (candidate !== null) keys.add(blockKey(candidate));
  }
  return keys;
}

function partition<T>(all: readonly T[], test: (one: T) => boolean): [T[], T[]] {
  return [all.filter(test), all.filter((one) => !test(one))];
}

class Proposing {
  readonly fixed: Fixed[] = [];
  readonly refused: Refused[] = [];
  readonly #options: ProposeOptions;
  readonly #files: CodeFiles;
  #before: Judgement;

  constructor(options: ProposeOptions, files: CodeFiles, before: Judgement) {
    this.#options = options;
    this.#files = files;
    this.#before = before;
  }

  /** All at once where nothing speaks against it; otherwise in halves, until it is known what does. */
  async accept(candidates: readonly Candidate[]): Promise<void> {
    const { applied, trial } = await this.#apply(candidates);
    if (applied.length === 0) return;
    const after = await judgeCode(this.#options, this.#overlay(trial));
    const faults = this.#faults(applied, after);
    if (faults.length === 0) {
      this.#files.accept(trial);
      this.#before = after;
      for (const one of applied) this.#keep(one);
      return;
    }
    const [only, ...others] = applied;
    if (only !== undefined && others.length === 0) {
      for (const judged of only.judged) this.refuse(judged, `after the change ${faults.slice(0, 3).join("; ")}`);
      return;
    }
    const half = Math.ceil(applied.length / 2);
    await this.accept(applied.slice(0, half));
    await this.accept(applied.slice(half));
  }

  refuseFor(judged: Judged, error: unknown): void {
    if (!(error instanceof NoPatch)) throw error;
    this.refuse(judged, messageOf(error));
  }

  refuse({ item, verdict }: Judged, why: string): void {
    const place = verdict.reasons[0]?.location ?? null;
    const { uri, line } = item.resource.source;
    this.refused.push({
      policy: verdict.policy,
      resource: verdict.resource.id,
      file: place?.file ?? uri,
      line: place?.line ?? line,
      why,
      ...(verdict.proposal === undefined ? {} : { changes: verdict.proposal.changes }),
    });
  }

  async #apply(candidates: readonly Candidate[]): Promise<{ applied: Candidate[]; trial: Map<string, string> }> {
    const trial = new Map<string, string>();
    const applied: Candidate[] = [];
    for (const one of candidates) {
      try {
        trial.set(one.file.path, await one.edit(this.#files.textOf(one.file, trial)));
        applied.push(one);
      } catch (error) {
        for (const judged of one.judged) this.refuseFor(judged, error);
      }
    }
    return { applied, trial };
  }

  #overlay(trial: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
    return this.#files.with(trial);
  }

  #faults(applied: readonly Candidate[], after: Judgement): string[] {
    const verdicts = new Map(after.judged.map((one) => [keyOf(one), one.verdict.verdict]));
    const left = after.judged.filter(({ verdict }) => verdict.verdict !== "pass");
    const stillThere = new Set(left.map(keyOf));
    const unfixed = applied
      .flatMap(({ judged }) => judged)
      .filter((one) => !verdicts.has(keyOf(one)) || stillThere.has(keyOf(one)))
      .map(({ verdict }) => `${verdict.policy} would not pass for ${verdict.resource.id}`);
    return [...unfixed, ...worsened(this.#before, after)];
  }

  #keep({ judged, fix, file, line }: Candidate): void {
    for (const { verdict } of judged)
      this.fixed.push({
        policy: fix.policy,
        resource: verdict.resource.id,
        file: file.path,
        line,
        caution: fix.caution ?? null,
      });
  }
}
