import { messageOf } from "../errors.js";
import type { Location } from "../inventory/resource.js";
import type { ScannedDocument, ScannedResource, ScanProblem } from "../inventory/scan-item.js";
import type { Json, JsonObject } from "../json.js";
import { documentVerdicts } from "./documents.js";
import { fingerprint, naturalPath } from "./fingerprint.js";
import type { DocumentPolicy, Policy } from "./policy.js";
import { mayRead } from "./reads.js";
import { resourceRuleResults, type RuleResult } from "./results.js";
import type { RegoEvaluator, PreparedInput } from "./rego/engine.js";
import type { ControlReference, Reason, Verdict, VerdictKind, VerdictResource } from "./verdict.js";

/** Policies that were compiled together, and what evaluates them. */
export interface PolicySet {
  readonly policies: readonly Policy[];
  readonly documentPolicies: readonly DocumentPolicy[];
  readonly evaluator: RegoEvaluator;
}

export interface EvaluationOptions {
  /** `data.parameters` of every policy. */
  readonly parameters: JsonObject;
  readonly controls: ReadonlyMap<string, readonly ControlReference[]>;
}

/**
 * Judges resources and documents. The rule of doubt: a verdict that may have depended on something that could not be read is
 * `error`, on something that is only known after apply is `unknown`; what a policy can read is known from its rules
 * (`Policy.reads`), so this errs to the side of doubt and never to a pass.
 */
export class Evaluation {
  readonly #sets: readonly PolicySet[];
  readonly #options: EvaluationOptions;
  readonly #byType = new Map<string, { policy: Policy; set: PolicySet }[]>();
  #doubts = new Map<string, Doubt>();

  constructor(sets: readonly PolicySet[], options: EvaluationOptions) {
    this.#sets = sets;
    this.#options = options;
    for (const set of sets) {
      for (const policy of set.policies) {
        for (const type of policy.types) {
          append(this.#byType, type, { policy, set });
        }
      }
    }
  }

  /** True when some policy looks at other resources than its input: then the whole inventory has to be known first. */
  get needsInventory(): boolean {
    return this.#sets.some((set) => set.policies.some((policy) => policy.reads.inventory !== null));
  }

  get hasDocumentPolicies(): boolean {
    return this.#sets.some((set) => set.documentPolicies.length > 0);
  }

  /** Sets `data` for what follows. `problems` are those that hid resources: a policy that looks at the others is then in doubt. */
  begin(resources: readonly ScannedResource[], problems: readonly ScanProblem[]): void {
    const inventory = this.needsInventory ? inventoryData(resources) : {};
    for (const set of this.#sets) set.evaluator.setData({ parameters: this.#options.parameters, inventory });
    this.#doubts = new Map();
    for (const policy of this.#sets.flatMap((set) => set.policies)) {
      const doubt = inventoryDoubt(policy, resources, problems);
      if (doubt !== null) this.#doubts.set(policy.id, doubt);
    }
  }

  *judge(item: ScannedResource): Generator<Verdict> {
    const concerned = this.#byType.get(item.resource.type) ?? [];
    const prepared = new Map<PolicySet, PreparedInput>();
    for (const { policy, set } of concerned) {
      let input = prepared.get(set);
      if (input === undefined) {
        input = set.evaluator.prepare(item.resource as unknown as Json);
        prepared.set(set, input);
      }
      yield this.#verdict(policy, item, this.#decide(policy, set.evaluator, item, input));
    }
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
          fingerprint(policy.id, resource, null),
          this.#options,
        );
      }
    }
  }

  #decide(policy: Policy, evaluator: RegoEvaluator, item: ScannedResource, input: PreparedInput): Decision {
    const doubt = resourceDoubt(policy, item) ?? this.#doubts.get(policy.id);
    if (doubt !== undefined) return doubt;
    try {
      if (policy.hasApplies && evaluator.evaluate(`${policy.path}/applies`, input) !== true) {
        return { verdict: "not-applicable", reasons: [] };
      }
      const answer = resourceRuleResults(evaluator.evaluate(`${policy.path}/deny`, input));
      if ("problem" in answer) return { verdict: "error", reasons: [{ message: answer.problem, path: null }] };
      const reasons = sortedReasons(item, answer.results);
      return { verdict: reasons.length > 0 ? "fail" : "pass", reasons };
    } catch (thrown) {
      return { verdict: "error", reasons: [{ message: messageOf(thrown), path: null }] };
    }
  }

  #verdict(policy: Policy, item: ScannedResource, decision: Decision): Verdict {
    const { id, provider, type, name, account, region } = item.resource;
    const reasons = decision.reasons.map(({ message, path }) => ({ message, path, location: place(item, path) }));
    const print = fingerprint(policy.id, item.resource, reasons[0]?.path ?? null);
    return verdictOf(
      policy,
      { id, provider, type, name, account, region },
      { ...decision, reasons },
      print,
      this.#options,
    );
  }
}

interface Decision {
  readonly verdict: VerdictKind;
  readonly reasons: readonly RuleResult[];
  readonly unknown?: readonly string[];
}
type Doubt = Decision;

function resourceDoubt(policy: Policy, item: ScannedResource): Doubt | undefined {
  const failures = item.failures.filter((failure) => mayRead(policy.reads.input, failure.pointer));
  if (failures.length > 0) {
    return { verdict: "error", reasons: failures.map(({ pointer, message }) => ({ message, path: pointer })) };
  }
  const unknown = item.resource.unknown.filter((pointer) => mayRead(policy.reads.input, pointer));
  if (unknown.length === 0) return undefined;
  return {
    verdict: "unknown",
    unknown,
    reasons: unknown.map((path) => ({ message: `${path} is not known before apply`, path })),
  };
}

function inventoryDoubt(
  policy: Policy,
  resources: readonly ScannedResource[],
  problems: readonly ScanProblem[],
): Doubt | null {
  const reads = policy.reads.inventory;
  if (reads === null) return null;
  const [problem] = problems;
  if (problem !== undefined) {
    return { verdict: "error", reasons: [{ message: `the inventory is incomplete: ${problem.message}`, path: null }] };
  }
  const failed = resources.find((other) => other.failures.some((failure) => mayRead(reads, failure.pointer)));
  if (failed !== undefined) {
    return { verdict: "error", reasons: [{ message: `${failed.resource.id} could not be read in full`, path: null }] };
  }
  const unknown = resources.flatMap(({ resource }) =>
    resource.unknown.filter((pointer) => mayRead(reads, pointer)).map((pointer) => `${resource.id}#${pointer}`),
  );
  if (unknown.length === 0) return null;
  const message = `other resources have values that are not known before apply: ${unknown.slice(0, 3).join(", ")}`;
  return { verdict: "unknown", unknown, reasons: [{ message, path: null }] };
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

function place(item: ScannedResource, path: string | null): Location | null {
  const found = item.locate(path ?? "");
  if (found !== null) return found;
  const { uri, line, column } = item.resource.source;
  if (uri === null || line === null) return null;
  return column === null ? { file: uri, line } : { file: uri, line, column };
}

function verdictOf(
  policy: Policy,
  resource: VerdictResource,
  decision: { verdict: VerdictKind; reasons: readonly Reason[]; unknown?: readonly string[] },
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
  };
}
