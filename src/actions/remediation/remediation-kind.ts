// `remediation.apply`: one live remediation of resources of one account and region, resource by resource.
import { canonicalJson } from "../../audit/canonical-json.js";
import { PortcullisError } from "../../errors.js";
import type { ScannedResource } from "../../inventory/scan-item.js";
import type { Json, JsonObject } from "../../json.js";
import type { ActionContext, ActionKind, Plan, PlannedResource, Step, StepState, Verification } from "../action.js";
import { redactJson } from "../../redact.js";
import { inWaves } from "../limits.js";
import type { JudgePolicies } from "./judge-policies.js";
import { keptResource } from "./kept-resource.js";
import { remediationParameters, type RemediationParameters } from "./parameters.js";
import { planResource, type Planned, type StepData } from "./plan-resource.js";
import type { LiveCloud, Remediation } from "./remediation.js";
import { unreadOf } from "./unread.js";
import { untilIs, type Waiting } from "./until-is.js";

export const remediationKind = "remediation.apply";

export interface RemediationKindOptions {
  readonly remediations: readonly Remediation[];
  /** Opened when it is first used. */
  readonly cloud: () => Promise<LiveCloud>;
  readonly judge: JudgePolicies;
  /** Resources of the first wave. */
  readonly canary: number;
  /** How many resources of the type are known of there; null where nothing is. */
  readonly countOf: (type: string, account: string, region: string | null) => Promise<number | null>;
  readonly waiting?: Waiting;
}

export function createRemediationKind(options: RemediationKindOptions): ActionKind {
  return new LiveRemediationKind(options);
}

class LiveRemediationKind implements ActionKind {
  readonly kind = remediationKind;
  readonly module = "remediation" as const;
  readonly title = "Put resources right that a policy finds fault with";
  readonly parameters = remediationParameters;
  readonly onFailure = "pause" as const;
  readonly permissions: readonly string[];
  readonly #options: RemediationKindOptions;

  constructor(options: RemediationKindOptions) {
    this.#options = options;
    const all = options.remediations.flatMap(({ permissions }) => [...permissions.read, ...permissions.write]);
    this.permissions = [...new Set(all)].toSorted();
  }

  async plan(given: JsonObject, { say, signal }: ActionContext): Promise<Plan> {
    const parameters = given as unknown as RemediationParameters;
    const remediation = this.#remediation(parameters.remediation);
    const resources = checked(parameters, remediation);
    const { account, region } = parameters;
    const planning = { remediation, judge: this.#options.judge, cloud: await this.#options.cloud() };
    const planned: Planned[] = [];
    for (const { id, type } of resources) {
      signal.throwIfAborted();
      const place = { id, type, name: null, account, region };
      planned.push(await planResource(place, planning).catch(problemOf(id)));
    }
    for (const one of planned) if (one.kind === "nothing") say(one.message);
    return this.#planOf(planned, parameters);
  }

  async #planOf(planned: readonly Planned[], { account, region }: RemediationParameters): Promise<Plan> {
    const changed = planned.filter((one) => one.kind === "change");
    const type = changed[0]?.change.before?.resource.type;
    const known = type === undefined ? null : await this.#options.countOf(type, account, region);
    const place = region ?? "global";
    return {
      target: { key: `aws:${account}/${place}`, environment: null, account, region },
      changes: changed.map(({ change }) => change),
      steps: inWaves(changed, this.#options.canary).map(([{ step }, wave]) => ({ ...step, wave })),
      problems: planned.flatMap((one) => (one.kind === "problem" ? [one.message] : [])),
      group:
        known === null || type === undefined
          ? null
          : { name: `${type} of ${account} in ${place}`, size: Math.max(known, changed.length) },
      cost: null,
    };
  }

  async inspect(step: Step): Promise<StepState> {
    const data = step.apply as StepData;
    return this.#stateOf(data, await this.#read(data));
  }

  #stateOf(data: StepData, scanned: ScannedResource | null): StepState {
    if (scanned === null) return "other";
    const remediation = this.#remediation(data.remediation);
    const now = remediation.property(scanned.resource, data.by);
    if (isSame(now, data.becomes)) return "after";
    if (isSame(now, data.was)) return "before";
    return remediation.isBetween?.(now, data.was, data.becomes) === true ? "between" : "other";
  }

  async apply(step: Step, context: ActionContext): Promise<JsonObject | null> {
    await this.#write(step, step.apply as StepData, "after", context);
    return null;
  }

  async rollback(step: Step, context: ActionContext): Promise<void> {
    if (step.rollback === null) throw new PortcullisError("usage", `${step.title}: the provider has no way back`);
    await this.#write(step, step.rollback as StepData, "before", context);
  }

  /** What is there is looked at once more right before: the less time between, the less can happen in it. */
  async #write(step: Step, data: StepData, wanted: "before" | "after", context: ActionContext): Promise<void> {
    const state = await this.inspect(step);
    if (state === wanted) return;
    if (state === "other")
      throw new PortcullisError("usage", `${step.title}: somebody else changed it; it is left as it is`);
    context.signal.throwIfAborted();
    await (await this.#options.cloud()).write(data.remediation, data.place, data.value);
    const look = async () => {
      const scanned = await this.#read(data);
      if (scanned === null) throw new PortcullisError("usage", `${step.title}: it is not there any more`);
      return this.#stateOf(data, scanned) === wanted;
    };
    const { say, signal } = context;
    await untilIs(look, { say, signal, title: step.title, ...this.#options.waiting });
  }

  async verify(plan: Plan, steps: readonly Step[]): Promise<Verification> {
    const reasons: string[] = [];
    const observed: PlannedResource[] = [];
    let verified = true;
    for (const step of steps) {
      const data = step.apply as StepData;
      const scanned = await this.#read(data);
      if (scanned !== null) observed.push(keptResource(scanned));
      const fault = await this.#faultOf(data, scanned);
      if (fault !== null) verified = false;
      const note = fault ?? otherChange(plan, scanned);
      if (note !== null) reasons.push(`${data.place.id}: ${note}`);
    }
    return { verified, reasons, observed };
  }

  async #faultOf(data: StepData, scanned: ScannedResource | null): Promise<string | null> {
    if (scanned === null) return "it is not there any more";
    if (this.#stateOf(data, scanned) !== "after") return "it is not as planned";
    const verdicts = await this.#options.judge(this.#remediation(data.remediation).policies, scanned);
    const bad = verdicts.find(({ verdict }) => verdict !== "pass" && verdict !== "not-applicable");
    return bad === undefined ? null : `${bad.policy} is ${bad.verdict}: ${bad.reasons[0]?.message ?? "no reason"}`;
  }

  /** Whether all that the fix touches could be read: what was refused is in no state. */
  async #read({ remediation, place }: StepData): Promise<ScannedResource | null> {
    const scanned = await (await this.#options.cloud()).read(place);
    const unread = unreadOf(this.#remediation(remediation).touches, scanned?.failures);
    if (unread !== null) throw new PortcullisError("provider-unavailable", `${place.id}: ${unread.message}`);
    return scanned;
  }

  #remediation(id: string): Remediation {
    const found = this.#options.remediations.find((one) => one.id === id);
    if (found !== undefined) return found;
    throw new PortcullisError("usage", `there is no remediation ${id.slice(0, 200)}; see docs/remediations.md`);
  }
}

/** Each once, in one order, so that the same world gives the same plan. */
function checked({ resources }: RemediationParameters, { id, types }: Remediation): RemediationParameters["resources"] {
  const odd = resources.find(({ type }) => !types.includes(type));
  if (odd !== undefined)
    throw new PortcullisError("usage", `${id} is for ${types.join(", ")}, and ${odd.id} is a ${odd.type}`);
  if (new Set(resources.map((one) => one.id)).size < resources.length)
    throw new PortcullisError("usage", "a resource is named twice");
  return resources.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function problemOf(id: string): (error: unknown) => Planned {
  return (error) => {
    if (!(error instanceof PortcullisError) || error.code !== "provider-unavailable") throw error;
    return { kind: "problem", message: `${id}: ${error.message}` };
  };
}

function otherChange({ changes }: Plan, scanned: ScannedResource | null): string | null {
  const planned = changes.find(({ after }) => after?.resource.id === scanned?.resource.id)?.after;
  if (planned === null || planned === undefined || scanned === null) return null;
  // The journal keeps plans without secrets.
  const [was, is] = [planned, keptResource(scanned)].map(({ resource }) => redactJson(resource.config).value);
  return isSame(was ?? null, is ?? null) ? null : "other properties are not as they were when it was planned";
}

function isSame(one: Json, other: Json): boolean {
  return canonicalJson(one) === canonicalJson(other);
}
