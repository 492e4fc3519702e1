import type { ScannedResource, ScanProblem } from "../../inventory/scan-item.js";
import type { Policy } from "../policy.js";
import type { Verdict, VerdictResource } from "../verdict.js";
import type { StackResource } from "./analyzer-client.js";
import { packVerdict, policiesOf, policyId, type PackVerdictOptions } from "./pack-verdicts.js";
import type { PackAnswer, PolicyAnswer, PolicyPack } from "./policy-pack.js";
import type { PulumiResource, PulumiView } from "./pulumi-resource.js";

/** What a run asks packs for. */
export type PackJudge = Pick<PackEvaluation, "needsInventory" | "judge" | "judgeInventory" | "judgeProblem">;

/** Judges resources by policy packs. Give it batches: the packs answer many questions faster than one after the other. */
export class PackEvaluation {
  readonly policies: readonly Policy[];
  readonly #packs: readonly PolicyPack[];
  readonly #view: PulumiView;
  readonly #options: PackVerdictOptions;

  constructor(packs: readonly PolicyPack[], view: PulumiView, options: PackVerdictOptions) {
    this.policies = packs.flatMap(policiesOf);
    this.#packs = packs;
    this.#view = view;
    this.#options = options;
  }

  /** True when some policy is about the stack: then `judgeInventory` wants all resources. */
  get needsInventory(): boolean {
    return this.#packs.some((pack) => pack.enabled("stack").length > 0);
  }

  /** The verdicts of the policies about single resources, one for each policy and resource. */
  async judge(items: readonly ScannedResource[]): Promise<Verdict[]> {
    const shown = items.map((item) => this.#view.translate(item));
    const all = await Promise.all(this.#packs.map((pack) => this.#judgeBy(pack, items, shown)));
    return all.flat();
  }

  async #judgeBy(
    pack: PolicyPack,
    items: readonly ScannedResource[],
    shown: readonly (readonly PulumiResource[])[],
  ): Promise<Verdict[]> {
    const names = pack.enabled("resource");
    if (names.length === 0) return [];
    const resources = shown.flat();
    const answers = await pack.analyze(resources);
    const remedied = pack.remediating.length > 0 ? await pack.remediate(resources) : [];
    const policies = new Map(policiesOf(pack).map((policy) => [policy.id, policy]));
    let next = 0;
    return items.flatMap((item, at) => {
      const own = (shown[at] ?? []).map((resource) => ({ resource, at: next++ }));
      return names.map((name) => {
        const policy = policies.get(policyId(pack, name)) as Policy;
        const answered = own.map((one) => ({
          resource: one.resource,
          answer: together(answers[one.at]?.get(name), remedied[one.at]?.get(name)),
        }));
        return packVerdict(pack, policy, item, subjectOf(item), answered, this.#options);
      });
    });
  }

  /** The verdicts of the policies about the whole inventory. `problems` are those that hid some of it. */
  async judgeInventory(items: readonly ScannedResource[], problems: readonly ScanProblem[]): Promise<Verdict[]> {
    const packs = this.#packs.filter((pack) => pack.enabled("stack").length > 0);
    if (packs.length === 0) return [];
    const [problem] = problems;
    if (problem !== undefined) {
      const why = `the inventory is incomplete: ${problem.message}`;
      return packs.flatMap((pack) => this.#errors(pack, pack.enabled("stack"), stackSubject(pack), why));
    }
    const { stack, owners } = stackOf(items, this.#view);
    const all = await Promise.all(
      packs.map(async (pack) => this.#stackVerdicts(pack, await pack.analyzeStack(stack), owners)),
    );
    return all.flat();
  }

  #stackVerdicts(pack: PolicyPack, answers: PackAnswer, owners: ReadonlyMap<string, Owned>): Verdict[] {
    const policies = new Map(policiesOf(pack).map((policy) => [policy.id, policy]));
    return [...answers].flatMap(([name, answer]) => {
      const policy = policies.get(policyId(pack, name)) as Policy;
      return byOwner(answer, owners).map(({ owned, answer: part }) => {
        const subject = owned === null ? stackSubject(pack) : subjectOf(owned.item);
        const answered = [{ resource: owned?.resource ?? null, answer: part }];
        return packVerdict(pack, policy, owned?.item ?? null, subject, answered, this.#options);
      });
    });
  }

  /** An `error` of each policy for the resources of a type that could not be listed: which of them it concerns is not known. */
  judgeProblem(problem: ScanProblem): Verdict[] {
    const { account, region, message } = problem;
    return problem.hides.flatMap((type) => {
      const id = ["unseen", account ?? "", region ?? "", type].join(":");
      const subject = { id, provider: "pulumi", type, name: null, account, region };
      return this.#packs.flatMap((pack) =>
        this.#errors(pack, pack.enabled("resource"), subject, `not looked at: ${message}`),
      );
    });
  }

  #errors(pack: PolicyPack, names: readonly string[], subject: VerdictResource, error: string): Verdict[] {
    const answer = { violations: [], undecided: [], remediation: null, notApplicable: null, error };
    const policies = policiesOf(pack);
    return names.flatMap((name) => {
      const policy = policies.find(({ id }) => id === policyId(pack, name));
      return policy === undefined
        ? []
        : [packVerdict(pack, policy, null, subject, [{ resource: null, answer }], this.#options)];
    });
  }

  /** Ends the packs' processes. */
  async close(): Promise<void> {
    await Promise.all(this.#packs.map((pack) => pack.close()));
  }
}

const unanswered: PolicyAnswer = {
  violations: [],
  undecided: [],
  remediation: null,
  notApplicable: null,
  error: "the pack gave no answer",
};

/** What a policy says of a resource, and what it would change. */
function together(analyzed: PolicyAnswer = unanswered, remedied: PolicyAnswer | undefined): PolicyAnswer {
  if (remedied === undefined) return analyzed;
  return { ...analyzed, remediation: remedied.remediation, error: analyzed.error ?? remedied.error };
}

interface Owned {
  readonly item: ScannedResource;
  readonly resource: PulumiResource;
}

function stackOf(
  items: readonly ScannedResource[],
  view: PulumiView,
): { stack: StackResource[]; owners: Map<string, Owned> } {
  const owners = new Map<string, Owned>();
  const urns = new Map<string, string>();
  for (const item of items) {
    for (const resource of view.translate(item).filter(({ isAlias }) => isAlias !== true)) {
      owners.set(resource.urn, { item, resource });
      if (!urns.has(item.resource.id)) urns.set(item.resource.id, resource.urn);
    }
  }
  const named = (ids: readonly string[], self: string): string[] => {
    const found = ids.flatMap((id) => urns.get(id) ?? (owners.has(id) ? id : []));
    return [...new Set(found)].filter((urn) => urn !== self);
  };
  const stack = [...owners.values()].map(({ resource }) => ({
    resource: resource.outputs === undefined ? resource : { ...resource, properties: resource.outputs },
    dependencies: named(resource.dependencies, resource.urn),
    propertyDependencies: new Map(
      [...resource.propertyDependencies].map(([name, ids]) => [name, named(ids, resource.urn)] as const),
    ),
  }));
  return { stack, owners };
}

/** Violations that name a resource are that resource's; everything else is the stack's. */
function byOwner(
  answer: PolicyAnswer,
  owners: ReadonlyMap<string, Owned>,
): { owned: Owned | null; answer: PolicyAnswer }[] {
  const parts = new Map<string, { owned: Owned | null; violations: PolicyAnswer["violations"][number][] }>();
  for (const violation of answer.violations) {
    const owned = owners.get(violation.urn) ?? null;
    const key = owned?.item.resource.id ?? "";
    const part = parts.get(key) ?? { owned, violations: [] };
    part.violations.push(violation);
    parts.set(key, part);
  }
  if (parts.size === 0) return [{ owned: null, answer }];
  const found = [...parts.values()].map(({ owned, violations }) => ({ owned, answer: { ...answer, violations } }));
  return found;
}

function subjectOf({ resource: { id, provider, type, name, account, region } }: ScannedResource): VerdictResource {
  return { id, provider, type, name, account, region };
}

function stackSubject(pack: PolicyPack): VerdictResource {
  const id = `stack:${pack.info.name}`;
  return { id, provider: "pulumi", type: "Stack", name: "inventory", account: null, region: null };
}
