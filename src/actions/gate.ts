// The gate: judges what a plan would make of the world, and the action itself, and answers. It keeps nothing and changes nothing.
import { createHash } from "node:crypto";
import { canonicalJson } from "../audit/canonical-json.js";
import type { Clock } from "../clock.js";
import { createExcuses, type Excuses } from "../compliance/excuses.js";
import { policyVersions } from "../compliance/policy-versions.js";
import type { Waiver } from "../compliance/waiver.js";
import { Limiter } from "../concurrency.js";
import type { PackJudge } from "../engine/crossguard/pack-evaluation.js";
import { Evaluation, type PolicySet } from "../engine/evaluation.js";
import { isActionPolicy, type Policy } from "../engine/policy.js";
import type { ControlReference, Verdict } from "../engine/verdict.js";
import { messageOf } from "../errors.js";
import type { Json, JsonObject } from "../json.js";
import type { Change, Target } from "./action.js";
import { actionResource, type Circumstances } from "./action-resource.js";
import type { ActionSettings } from "./action-settings.js";
import { worlds } from "./after-state.js";
import { answerOf, denied, type Answered } from "./answer.js";
import type { Decision, Gate, Proposal } from "./decision.js";
import { gateLimits, type GateLimits } from "./gate-parameters.js";
import { concernOf, judgeAction, judgeWorld, type Judges } from "./judging.js";
import { KnownInventories } from "./known-inventories.js";
import { contradictions } from "./last-seen.js";
import { mostBytes, planFaults, tooMany } from "./plan-faults.js";
import { hashOfText, planText } from "./plan-hash.js";
import type { InventorySource } from "./store-inventory.js";
import { verdictChanges } from "./verdict-changes.js";

/** An action that runs now. */
export interface RunningAction {
  readonly action: string;
  readonly kind: string;
  readonly module: string;
  readonly region: string | null;
}

/** What is asked about an action besides its plan. */
export interface ActionFacts {
  /** How many actions of the kind failed since then. */
  recentFailures(kind: string, since: Date): Promise<number>;
  running(): Promise<readonly RunningAction[]>;
  /** The share of the target's error budget that is left, below 0 where more was used; null where it is not known. */
  errorBudget(target: Target): Promise<number | null>;
}

export interface GateOptions {
  /** Those about actions among them. Their evaluators are the gate's own: nobody else may use them. */
  readonly sets: readonly PolicySet[];
  readonly controls: ReadonlyMap<string, readonly ControlReference[]>;
  readonly packs: PackJudge | null;
  /** Of the sets and of the packs. */
  readonly policies: readonly Policy[];
  readonly inventory: InventorySource;
  readonly facts: ActionFacts;
  /** Of files and of the store, in whatever state: those in force are applied. */
  readonly waivers: () => Promise<readonly Waiver[]>;
  readonly settings: ActionSettings;
  /** `parameters` of portcullis.yaml. */
  readonly parameters: JsonObject;
  readonly clock: Clock;
  readonly version: string;
}

/** Throws PortcullisError `config-invalid` for parameters that no policy about actions would understand. */
export function createGate(options: GateOptions): Gate {
  return new PolicyGate(options);
}

const unhashed = "0".repeat(64);
const unlimited =
  "no policy about actions is loaded, and so nothing limits what an action does: leave defaultPolicies on, or bring policies about Portcullis::Action";

class PolicyGate implements Gate {
  readonly #options: GateOptions;
  readonly #limits: GateLimits;
  readonly #judges: Judges;
  readonly #policies: ReadonlyMap<string, Policy>;
  readonly #digest: string;
  readonly #known: KnownInventories;
  /** What no action gets past, whatever it is. */
  readonly #faults: readonly string[];
  /** An evaluator has one `data`. */
  readonly #turn = new Limiter(1);

  constructor(options: GateOptions) {
    const { sets, controls, packs, policies, settings, parameters, inventory } = options;
    this.#options = options;
    this.#limits = gateLimits(settings, parameters);
    const evaluation = new Evaluation(sets, { parameters: this.#limits.parameters, controls });
    this.#judges = { evaluation, packs, policies: sets.flatMap((set) => set.policies) };
    this.#policies = new Map(policies.map((policy) => [policy.id, policy]));
    this.#digest = digestOf(options, this.#limits);
    this.#known = new KnownInventories(inventory);
    this.#faults = this.#judges.policies.some(isActionPolicy) ? [] : [unlimited];
  }

  decide(proposal: Proposal): Promise<Decision> {
    return this.#turn.run(() => this.#decide(proposal));
  }

  judge(resources: readonly Change[]): Promise<readonly Verdict[]> {
    return this.#turn.run(async () => {
      const concern = concernOf(resources, this.#judges);
      const { after } = worlds(resources, await this.#known.of(resources, concern));
      const mine = { ...concern, others: false };
      const { verdicts } = await judgeWorld(this.#judges, {
        world: after,
        concern: mine,
        excuses: await this.#excuses(),
      });
      return verdicts.filter(({ verdict }) => verdict !== "pass" && verdict !== "not-applicable");
    });
  }

  async #decide(proposal: Proposal): Promise<Decision> {
    const now = this.#options.clock.now();
    const { planHash, faults: found } = examined(proposal);
    const faults = [...this.#faults, ...found];
    const answered = faults.length > 0 ? denied(faults) : await this.#answer(proposal, now);
    const expires = new Date(now.getTime() + this.#limits.decisionMinutes * 60_000);
    return {
      ...{ id: this.#options.clock.newId(), planHash, ...answered, policies: this.#digest },
      ...{ decidedAt: now.toISOString(), expiresAt: expires.toISOString() },
    };
  }

  async #answer(proposal: Proposal, now: Date): Promise<Answered> {
    const { changes } = proposal.plan;
    const judges = this.#judges;
    const concern = concernOf(changes, judges);
    const { before, after } = worlds(changes, await this.#known.of(changes, concern));
    const circumstances = await this.#circumstances(proposal, now);
    // The same for both: what a waiver that ends with a change was bound to before is what it is compared with after.
    const excuses = await this.#excuses();
    const was = await judgeWorld(judges, { world: before, concern, excuses });
    const is = await judgeWorld(judges, { world: after, concern, excuses });
    const onAction = judgeAction(judges, actionResource(proposal, circumstances));
    const changed = new Set([...before.changed, ...after.changed].map(({ resource }) => resource.id));
    // What is brought back was there, or was not, before the last scan too.
    const found =
      proposal.purpose === "rollback"
        ? { doubts: [], notes: [] }
        : await contradictions(changes, this.#options.inventory, circumstances.protectedTags);
    const judged = { changes: verdictChanges(was, is, changed), onAction, contradictions: found };
    return answerOf(judged, this.#policies);
  }

  async #circumstances({ action, kind, plan }: Proposal, now: Date): Promise<Circumstances> {
    const { facts } = this.#options;
    const { protectedTags, breakerMinutes } = this.#limits;
    const [recentFailures, running, budget] = await Promise.all([
      facts.recentFailures(kind, new Date(now.getTime() - breakerMinutes * 60_000)),
      facts.running(),
      facts.errorBudget(plan.target),
    ]);
    // What is no number is not known: it is neither above zero nor below.
    const errorBudget = budget !== null && Number.isFinite(budget) ? budget : null;
    return { now, recentFailures, running: running.filter((one) => one.action !== action), errorBudget, protectedTags };
  }

  async #excuses(): Promise<Excuses> {
    const { waivers, policies, clock } = this.#options;
    return createExcuses({ waivers: await waivers(), suppressions: "allow", policies, clock, isComplete: false });
  }
}

/** What keeps a plan from being judged at all; its hash where there is one. */
function examined({ kind, parameters, plan }: Proposal): { planHash: string; faults: readonly string[] } {
  const problems = plan.problems.map((problem) => `what could not be read is never acted on: ${problem}`);
  const excess = tooMany(plan);
  if (excess !== null) return { planHash: unhashed, faults: [excess, ...problems] };
  try {
    const text = planText({ kind, parameters: parameters as Json, plan });
    const isTooLarge = text.length > mostBytes || Buffer.byteLength(text) > mostBytes;
    const faults = isTooLarge ? [`the plan is larger than ${mostBytes} bytes`] : planFaults(plan);
    return { planHash: hashOfText(text), faults: [...faults, ...problems] };
  } catch (thrown) {
    return { planHash: unhashed, faults: [`the plan cannot be kept as JSON: ${messageOf(thrown)}`, ...problems] };
  }
}

function digestOf({ policies, sets, version }: GateOptions, { parameters, protectedTags }: GateLimits): string {
  const documents = sets.flatMap((set) => set.documentPolicies);
  const versions = policyVersions(policies, documents)
    .map(({ id, hash }) => [id, hash] as const)
    .toSorted((a, b) => (a[0] < b[0] ? -1 : 1));
  return createHash("sha256")
    .update(canonicalJson({ version, policies: versions, parameters, protectedTags }))
    .digest("hex");
}
