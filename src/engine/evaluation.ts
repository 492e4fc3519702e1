import { messageOf } from "../errors.js";
import type { Location } from "../inventory/resource.js";
import type { ScannedDocument, ScannedResource, ScanProblem } from "../inventory/scan-item.js";
import type { Json, JsonObject } from "../json.js";
import { documentVerdicts } from "./documents.js";
import { fingerprint, naturalPath } from "./fingerprint.js";
import type { DocumentPolicy, RegoPolicy } from "./policy.js";
import { mayRead } from "./reads.js";
import { resourceRuleResults, type RuleResult } from "./results.js";
import { explanationOf } from "./explanation.js";
import type { Cause, PartialAnswer, PartialEvaluator, PreparedInput, RegoEvaluator } from "./rego/engine.js";
import { VerdictMemory } from "./verdict-memory.js";
import type { ControlReference, Explanation, Reason, Verdict, VerdictKind, VerdictResource } from "./verdict.js";

/** Policies that were compiled together, and what evaluates them. */
export interface PolicySet {
  readonly policies: readonly RegoPolicy[];
  readonly documentPolicies: readonly DocumentPolicy[];
  readonly evaluator: RegoEvaluator;
}

/** A policy about a type of resource, with the names of its entrypoints. */
interface Concerned {
  readonly policy: RegoPolicy;
  readonly set: PolicySet;
  readonly applies: string;
  readonly deny: string;
  /** The same resource and data always give the same verdict. */
  readonly isSteady: boolean;
}

export interface EvaluationOptions {
  /** `data.parameters` of every policy. */
  readonly parameters: JsonObject;
  readonly controls: ReadonlyMap<string, readonly ControlReference[]>;
  /** Write down what each verdict read. */
  readonly explain?: boolean;
  /** Keep the verdicts of a scan, and decide in the next one only what could have changed. */
  readonly incremental?: boolean;
}

/** What a run asks for verdicts. */
export interface Judge {
  /** True when all resources have to be given to `begin` before the first is judged. */
  readonly needsInventory: boolean;
  begin(resources: readonly ScannedResource[], problems: readonly ScanProblem[]): void;
  judge(item: ScannedResource): Iterable<Verdict>;
  judgeDocument(document: ScannedDocument): Iterable<Verdict>;
  judgeProblem(problem: ScanProblem): Iterable<Verdict>;
}

/** Which policies judge: those that look at one resource alone, those that look at others too, or both. */
export type JudgedBy = "alone" | "inventory" | "all";

/**
 * Judges resources and documents. The rule of doubt: a verdict that depended on something that could not be read is `error`,
 * on something that is only known after apply is `unknown`; one that is the same whatever the value is stands. What a policy
 * can read at all is known from its rules (`RegoPolicy.reads`), so most evaluations need not look for doubt.
 */
export class Evaluation implements Judge {
  readonly #sets: readonly PolicySet[];
  readonly #options: EvaluationOptions;
  readonly #byType = new Map<string, Concerned[]>();
  readonly #memory: VerdictMemory | null;
  #doubts = new Map<string, InventoryDoubt>();
  #resources: ReadonlyMap<string, ScannedResource> = new Map();

  constructor(sets: readonly PolicySet[], options: EvaluationOptions) {
    this.#sets = sets;
    this.#options = options;
    this.#memory = options.incremental === true ? new VerdictMemory(sets.flatMap(({ policies }) => policies)) : null;
    for (const set of sets) {
      for (const policy of set.policies) {
        for (const type of policy.types) {
          append(this.#byType, type, this.#concerned(policy, set));
        }
      }
    }
  }

  #concerned(policy: RegoPolicy, set: PolicySet): Concerned {
    const [applies, deny] = [`${policy.path}/applies`, `${policy.path}/deny`];
    const readsSource = mayRead(policy.reads.input, "/source");
    const isSteady =
      this.#memory !== null &&
      !readsSource &&
      set.evaluator.isSteady(deny) &&
      (!policy.hasApplies || set.evaluator.isSteady(applies));
    return { policy, set, applies, deny, isSteady };
  }

  /** True when some policy looks at other resources than its input: then the whole inventory has to be known first. */
  get needsInventory(): boolean {
    return this.#sets.some((set) => set.policies.some((policy) => policy.reads.inventory !== null));
  }

  /** Whether a policy that looks at other resources can read something at the pointer, of its own resource or of another. */
  inventoryPolicyReads(pointer: string): boolean {
    const looking = this.#sets.flatMap((set) => set.policies).filter(({ reads }) => reads.inventory !== null);
    return looking.some(({ reads }) => mayRead([...reads.input, ...(reads.inventory ?? [])], pointer));
  }

  get hasDocumentPolicies(): boolean {
    return this.#sets.some((set) => set.documentPolicies.length > 0);
  }

  /** Sets `data` for what follows. `problems` are those that hid resources: a policy that looks at the others is then in doubt. */
  begin(resources: readonly ScannedResource[], problems: readonly ScanProblem[]): void {
    const inventory = this.needsInventory ? inventoryData(resources) : {};
    this.#resources = new Map(resources.map((item) => [item.resource.id, item]));
    for (const set of this.#sets) {
      set.evaluator.setData({ parameters: this.#options.parameters, inventory });
      set.evaluator.partial?.setUnknownData(unknownInventory(set, resources));
    }
    this.#memory?.begin(resources);
    this.#doubts = new Map();
    for (const policy of this.#sets.flatMap((set) => set.policies)) {
      const doubt = inventoryDoubt(policy, resources, problems);
      if (doubt !== null) this.#doubts.set(policy.id, doubt);
    }
  }

  /** Verdicts by a part of the policies are not for an evaluation that remembers. */
  *judge(item: ScannedResource, by: JudgedBy = "all"): Generator<Verdict> {
    const all = this.#byType.get(item.resource.type) ?? [];
    const concerned = by === "all" ? all : all.filter((one) => isBy(one, by));
    const remembered = this.#memory?.recall(item) ?? null;
    const verdicts: Verdict[] = [];
    let prepared: Map<PolicySet, PreparedInput> | undefined;
    for (let at = 0; at < concerned.length; at++) {
      const one = concerned[at] as Concerned;
      const before = remembered !== null && this.#isSteady(one) ? remembered[at] : undefined;
      const verdict =
        before === undefined
          ? this.#judgeBy(one, item, (prepared ??= new Map<PolicySet, PreparedInput>()))
          : relocated(before, item);
      if (this.#memory !== null) verdicts.push(verdict);
      yield verdict;
    }
    this.#memory?.remember(item, verdicts);
  }

  #judgeBy(one: Concerned, item: ScannedResource, prepared: Map<PolicySet, PreparedInput>): Verdict {
    let input = prepared.get(one.set);
    if (input === undefined) {
      input = one.set.evaluator.prepare(item.resource as unknown as Json);
      prepared.set(one.set, input);
    }
    return this.#verdict(one.policy, item, this.#decide(one, item, input));
  }

  /** False for what may be another verdict although the resource is the same. */
  #isSteady({ policy, isSteady }: Concerned): boolean {
    return isSteady && this.#memory?.isAffected(policy) === false && !this.#doubts.has(policy.id);
  }

  *judgeDocument(document: ScannedDocument): Generator<Verdict> {
    for (const set of this.#sets) {
      if (set.documentPolicies.length > 0) yield* documentVerdicts(set.documentPolicies, set.evaluator, document);
    }
  }

  /** An `error` verdict for each policy whose resources could not be listed. */
  *judgeProblem(problem: ScanProblem): Generator<Verdict> {
    for (const type of problem.hides) {
      for (const { policy } of this.#byType.get(type) ?? []) {
        const { account, region } = problem;
        const id = ["unseen", account ?? "", region ?? "", type].join(":");
        const resource = { id, provider: policy.provider, type, name: null, account, region };
        const reasons = [{ message: `not looked at: ${problem.message}`, path: null, location: null }];
        yield verdictOf(
          policy,
          resource,
          { verdict: "error", reasons },
          fingerprint(firstId(policy), resource, null),
          this.#options,
        );
      }
    }
  }

  #decide(
    { policy, set: { evaluator }, applies, deny }: Concerned,
    item: ScannedResource,
    input: PreparedInput,
  ): Decision {
    const others = this.#doubts.get(policy.id);
    const causes = inputCauses(policy, item);
    const { partial } = evaluator;
    if (others?.isCertain === true) return others.decision;
    if (partial === null && causes.length > 0) return doubtOf(causes);
    if (partial === null && others !== undefined) return others.decision;
    try {
      if (partial !== null && (causes.length > 0 || others !== undefined || this.#options.explain === true)) {
        return this.#decideInPart(policy, partial, item, causes);
      }
      const refusal = policy.hasApplies ? whereNotApplied(evaluator.evaluate(applies, input)) : null;
      return refusal ?? decisionOf(item, evaluator.evaluate(deny, input));
    } catch (thrown) {
      return { verdict: "error", reasons: [{ message: messageOf(thrown), path: null }] };
    }
  }

  /** What holds whatever is not known: a result of `deny` that is there for sure fails, and no other can make it a pass. */
  #decideInPart(
    policy: RegoPolicy,
    partial: PartialEvaluator,
    item: ScannedResource,
    causes: readonly Cause[],
  ): Decision {
    const trace = this.#options.explain === true;
    const ask = (rule: string): PartialAnswer =>
      partial.evaluate(`${policy.path}/${rule}`, item.resource as unknown as Json, causes, { trace });
    const applies = policy.hasApplies ? ask("applies") : null;
    const entries = [...(applies?.trace ?? [])];
    const decide = (): Decision => {
      if (applies !== null && applies.causes.length > 0) return doubtOf(applies.causes);
      const refusal = applies === null ? null : whereNotApplied(applies.value);
      if (refusal !== null) return refusal;
      const deny = ask("deny");
      entries.push(...deny.trace);
      const isSure = deny.causes.length === 0 || (Array.isArray(deny.value) && deny.value.length > 0 && !deny.mayFail);
      return isSure ? decisionOf(item, deny.value) : doubtOf(deny.causes);
    };
    const decision = decide();
    return trace ? { ...decision, explanation: explanationOf(entries, item, this.#resources) } : decision;
  }

  #verdict(policy: RegoPolicy, item: ScannedResource, decision: Decision): Verdict {
    const { id, provider, type, name, account, region } = item.resource;
    const reasons = decision.reasons.map(({ message, path }) => ({ message, path, location: place(item, path) }));
    const print = fingerprint(firstId(policy), item.resource, reasons[0]?.path ?? null);
    return verdictOf(
      policy,
      { id, provider, type, name, account, region },
      { ...decision, reasons },
      print,
      this.#options,
    );
  }
}

function isBy({ policy }: Concerned, by: JudgedBy): boolean {
  return (policy.reads.inventory === null) === (by === "alone");
}

interface Decision {
  readonly verdict: VerdictKind;
  readonly reasons: readonly RuleResult[];
  readonly unknown?: readonly string[];
  readonly explanation?: Explanation;
}

const notApplicable: Decision = { verdict: "not-applicable", reasons: [] };

/** Null where the policy applies. A rule that says neither yes nor no turns no policy off. */
function whereNotApplied(value: Json | undefined): Decision | null {
  if (value === true) return null;
  if (value === undefined || value === false) return notApplicable;
  const given = JSON.stringify(value).slice(0, 80);
  return {
    verdict: "error",
    reasons: [{ message: `the rule applies gave ${given}; expected true or false`, path: null }],
  };
}

/** A doubt about other resources. A certain one holds for every resource; another may turn out not to matter. */
interface InventoryDoubt {
  readonly decision: Decision;
  readonly isCertain: boolean;
}

function decisionOf(item: ScannedResource, value: Json | undefined): Decision {
  const answer = resourceRuleResults(value);
  if ("problem" in answer) return { verdict: "error", reasons: [{ message: answer.problem, path: null }] };
  const reasons = sortedReasons(item, answer.results);
  return { verdict: reasons.length > 0 ? "fail" : "pass", reasons };
}

/** What the policy could read of the resource that is not there to be read. */
function inputCauses(policy: RegoPolicy, { resource, failures }: ScannedResource): Cause[] {
  const readable = (pointer: string): boolean => mayRead(policy.reads.input, pointer);
  const failed = failures.filter(({ pointer }) => readable(pointer));
  return [
    ...failed.map(({ pointer, message }) => ({ resource: null, pointer, failure: message })),
    ...resource.unknown.filter(readable).map((pointer) => ({ resource: null, pointer, failure: null })),
  ];
}

/** `error` where something could not be read, `unknown` where it is only known after apply. */
function doubtOf(causes: readonly Cause[]): Decision {
  const failed = causes.filter(({ failure }) => failure !== null);
  if (failed.length > 0) {
    const reasons = failed.map(({ resource, pointer, failure }) => ({
      message: resource === null ? (failure ?? "") : `${resource}: ${failure ?? ""}`,
      path: resource === null ? pointer : null,
    }));
    return { verdict: "error", reasons };
  }
  const unknown = causes.map(nameOf).sort();
  const reasons = causes.map((cause) => ({
    message: `${nameOf(cause)} is not known before apply`,
    path: cause.resource === null ? cause.pointer : null,
  }));
  return { verdict: "unknown", unknown, reasons: reasons.sort((a, b) => (a.message < b.message ? -1 : 1)) };
}

/** As `unknown` lists it: a pointer, after the id of the resource where it is another one. */
function nameOf({ resource, pointer }: Cause): string {
  return resource === null ? pointer : `${resource}#${pointer}`;
}

/** What the set's policies could read of the resources that is not there to be read. */
function unknownInventory(set: PolicySet, resources: readonly ScannedResource[]): Cause[] {
  const reads = set.policies.flatMap((policy) => policy.reads.inventory ?? []);
  if (reads.length === 0) return [];
  return resources.flatMap(({ resource, failures }) =>
    [
      ...failures.map(({ pointer, message }) => ({ resource: resource.id, pointer, failure: message })),
      ...resource.unknown.map((pointer) => ({ resource: resource.id, pointer, failure: null })),
    ].filter(({ pointer }) => mayRead(reads, pointer)),
  );
}

/** A policy whose answer is exact asks only for the resources that are missing: what is unknown of others it finds itself. */
function inventoryDoubt(
  policy: RegoPolicy,
  resources: readonly ScannedResource[],
  problems: readonly ScanProblem[],
): InventoryDoubt | null {
  const reads = policy.reads.inventory;
  if (reads === null) return null;
  const [problem] = problems;
  if (problem !== undefined) {
    const reasons = [{ message: `the inventory is incomplete: ${problem.message}`, path: null }];
    return { decision: { verdict: "error", reasons }, isCertain: true };
  }
  const failed = resources.find((other) => other.failures.some((failure) => mayRead(reads, failure.pointer)));
  if (failed !== undefined) {
    const reasons = [{ message: `${failed.resource.id} could not be read in full`, path: null }];
    return { decision: { verdict: "error", reasons }, isCertain: false };
  }
  const unknown = resources.flatMap(({ resource }) =>
    resource.unknown.filter((pointer) => mayRead(reads, pointer)).map((pointer) => `${resource.id}#${pointer}`),
  );
  if (unknown.length === 0) return null;
  const message = `other resources have values that are not known before apply: ${unknown.slice(0, 3).join(", ")}`;
  return { decision: { verdict: "unknown", unknown, reasons: [{ message, path: null }] }, isCertain: false };
}

/** `data.inventory`: every resource by id, ids by type, and who refers to whom. */
function inventoryData(items: readonly ScannedResource[]): JsonObject {
  const resources = new Map<string, Json>();
  const byType = new Map<string, string[]>();
  const referrers = new Map<string, string[]>();
  for (const { resource, references } of items) {
    resources.set(resource.id, resource as unknown as Json);
    append(byType, resource.type, resource.id);
    for (const target of references) append(referrers, target, resource.id);
  }
  const references = new Map(items.map((item) => [item.resource.id, item.references] as const));
  return {
    resources: Object.fromEntries(resources),
    byType: Object.fromEntries(byType),
    references: Object.fromEntries(references),
    referrers: Object.fromEntries(referrers),
  };
}

/** A policy that was renamed keeps its findings: they go by its first name. */
function firstId({ id, aliases }: RegoPolicy): string {
  return aliases[0] ?? id;
}

function append<T>(map: Map<string, T[]>, key: string, value: T): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}

/** In the order of what the paths name, so that moved array elements do not change which reason comes first. */
function sortedReasons(item: ScannedResource, results: readonly RuleResult[]): RuleResult[] {
  if (results.length < 2) return [...results];
  const keyed = results.map((result) => ({ result, key: sortKey(item, result) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ result }) => result);
}

function sortKey(item: ScannedResource, { path, message }: RuleResult): string {
  const natural = path === null ? [] : naturalPath(item.resource as unknown as Json, path);
  return [...natural, "", message].join("\u0000");
}

/** The verdict with the places of what it names as they are now. */
function relocated(verdict: Verdict, item: ScannedResource): Verdict {
  if (verdict.reasons.length === 0) return verdict;
  return { ...verdict, reasons: verdict.reasons.map((reason) => ({ ...reason, location: place(item, reason.path) })) };
}

function place(item: ScannedResource, path: string | null): Location | null {
  const found = item.locate(path ?? "");
  if (found !== null) return found;
  const { uri, line, column } = item.resource.source;
  if (uri === null || line === null) return null;
  return column === null ? { file: uri, line } : { file: uri, line, column };
}

function verdictOf(
  policy: RegoPolicy,
  resource: VerdictResource,
  decision: Omit<Decision, "reasons"> & { readonly reasons: readonly Reason[] },
  print: string,
  options: EvaluationOptions,
): Verdict {
  return {
    policy: policy.id,
    title: policy.title,
    severity: policy.severity,
    verdict: decision.verdict,
    resource,
    reasons: decision.reasons,
    unknown: decision.unknown ?? [],
    controls: options.controls.get(policy.id) ?? [],
    fingerprint: print,
    remediation: policy.remediation,
    explanation: decision.explanation ?? null,
  };
}
