// What planning an environment works with, and how one stack becomes a step.
import type { ActionContext, Change, Plan, PlannedResource, Step } from "../action.js";
import { hashOfText } from "../plan-hash.js";
import { canonicalJson } from "../../audit/canonical-json.js";
import type { Json, JsonObject } from "../../json.js";
import { expectedOf } from "./decided.js";
import type { HealthCheck } from "./environment-settings.js";
import { inputOf } from "./environment.js";
import type { EnvironmentBody, EnvironmentRecord, RecordedStack } from "./environments.js";
import type { Intent, StackOutputs, StackPlan } from "./stack-tool.js";
import { outputsOf, readyStack, stackContext, toolOf, type OutputsByStack, type StackPlaces } from "./stacks.js";
import { asJson, type RecordStep, type StackStep, type Undo } from "./steps.js";

export interface Planning {
  readonly environment: string;
  readonly places: StackPlaces;
  readonly context: ActionContext;
}

export interface PlannedStack {
  readonly recorded: RecordedStack;
  readonly intent: Intent;
  readonly plan: StackPlan;
  /** Of what is there afterwards, for the stacks that need it. */
  readonly outputs: StackOutputs | undefined;
}

export async function planStack(
  recorded: RecordedStack,
  intent: Intent,
  outputs: OutputsByStack,
  { environment, places, context }: Planning,
): Promise<PlannedStack> {
  const stack = readyStack(recorded, places, { environment, outputs });
  const at = stackContext(environment, recorded, places, context);
  const tool = toolOf(recorded, places);
  context.say(`planning ${label(recorded)}`);
  const plan = await tool.plan(stack, intent, at);
  if (intent === "destroy") return { recorded, intent, plan, outputs: undefined };
  // What does not change is as it is; not every tool says so in a plan.
  const now = plan.differs ? plan.outputs : await tool.outputs(stack, at);
  return { recorded, intent, plan, outputs: plan.exact ? now : undefined };
}

export function label({ name, colour }: Pick<RecordedStack, "name" | "colour">): string {
  return colour === null ? name : `${name}@${colour}`;
}

export interface StackStepOptions {
  readonly planning: Planning;
  readonly wave: number;
  readonly sources: readonly RecordedStack[];
  readonly rollback: Undo | null;
  readonly gate?: StackStep["gate"];
  /** Where there is more than one of a stack. */
  readonly suffix?: string;
}

export function stackStepOf({ recorded, intent, plan }: PlannedStack, options: StackStepOptions): Step {
  const { planning, wave, rollback, gate = null, suffix = "" } = options;
  const resources = plan.changes.map(idOf);
  const work: StackStep = {
    ...{ do: "stack", environment: planning.environment, intent, stack: recorded },
    sources: sourcesOf(recorded, options.sources),
    ...{ digest: plan.digest, state: plan.state, exact: plan.exact && suffix === "" },
    ...{ expected: expectedOf(plan.changes) as StackStep["expected"], gate },
  };
  return {
    id: `${intent}-${label(recorded)}${suffix}`,
    title: `${titleOf(intent, plan)} stack ${label(recorded)}${suffix} of ${planning.environment} with ${recorded.tool}`,
    resources: resources.length === 0 ? [environmentId(planning.environment)] : resources,
    ...{ wave, apply: asJson(work), rollback: rollback === null ? null : asJson(rollback) },
  };
}

function titleOf(intent: Intent, { changes }: StackPlan): string {
  if (intent === "destroy") return "destroy";
  return changes.length > 0 && changes.every(({ before }) => before === null) ? "create" : "update";
}

export function idOf({ before, after }: Change): string {
  return (after ?? before)?.resource.id ?? "";
}

export function sourcesOf({ inputs }: RecordedStack, all: readonly RecordedStack[]): RecordedStack[] {
  const names = new Set(Object.values(inputs).map((input) => inputOf(input).stack));
  return all.filter(({ name }) => names.has(name));
}

export function problemsOf({ recorded, plan }: PlannedStack): readonly string[] {
  return plan.problems.map((problem) => `stack ${label(recorded)}: ${problem}`);
}

/** The environment itself is a resource: policies can judge what it is made of. */
export function environmentId(name: string): string {
  return `environment/${name}`;
}

export function environmentResource(name: string, { definition, colour, stacks }: EnvironmentBody): PlannedResource {
  const { strategy = "in-place", timeToLive = null, health = [], protected: isProtected = false } = definition;
  const config = {
    ...{ strategy, colour, timeToLive, protected: isProtected, healthChecks: health.length },
    stacks: stacks.map((stack) => ({
      name: stack.name,
      tool: stack.tool,
      colour: stack.colour,
      content: stack.content,
    })),
  };
  return {
    resource: {
      ...{ id: environmentId(name), provider: "portcullis", type: "Portcullis::Environment", name },
      ...{ account: null, region: null, tags: {}, config, unknown: [], raw: null },
      source: { scanner: "provisioning", uri: null, line: null, column: null, capturedAt: null },
    },
    references: [],
    failures: [],
  };
}

export function targetOf(environment: string): Plan["target"] {
  return { key: `environment:${environment}`, environment, account: null, region: null };
}

/** The step that makes it so for everybody else: which version counts, and where its services are. */
export function recordStepOf(
  work: Omit<RecordStep, "do" | "digest" | "environment">,
  { environment, wave, title }: { readonly environment: string; readonly wave: number; readonly title: string },
): Step {
  const digest = hashOfText(
    canonicalJson({ previous: work.previous, state: work.state, body: work.body } as unknown as Json),
  );
  const rollback: Undo = { to: "version", version: work.previous };
  return {
    ...{ id: "record", title, resources: [environmentId(environment)], wave },
    apply: asJson({ do: "record", environment, digest, ...work }),
    rollback: work.state === "destroyed" ? null : asJson(rollback),
  };
}

/**
 * How to get back to what a stack was: as the tool remembers it, or as it was recorded, with what its inputs were. Null where nobody
 * knows: what was there was never recorded, or only drifted from what it should be.
 */
export function undoOfApply(
  { recorded, plan }: PlannedStack,
  former: EnvironmentRecord | null,
  { places }: Planning,
): Undo | null {
  const existed = plan.changes.some((change) => change.before !== null);
  if (plan.state !== null && existed && toolOf(recorded, places).restore !== undefined)
    return { to: "state", state: plan.state };
  const before = former?.stacks.find(({ name, colour }) => name === recorded.name && colour === recorded.colour);
  if (former === null || before === undefined) return existed ? null : { to: "nothing" };
  if (plan.exact && canonicalJson(before) === canonicalJson(recorded)) return null;
  const pinned: { [name: string]: Json } = {};
  for (const [variable, input] of Object.entries(before.inputs)) {
    const { stack, output } = inputOf(input);
    const value = former.outputs[stack]?.[output];
    if (value !== undefined) pinned[variable] = value;
  }
  return { to: "former", stack: before, pinned: pinned as JsonObject & { [key: string]: never } };
}

export function currentOutputs(
  record: EnvironmentRecord,
  { environment, places, context }: Planning,
): Promise<OutputsByStack> {
  return outputsOf(environment, record.stacks, places, context);
}

export function gateOf(
  checks: readonly HealthCheck[] | undefined,
  stacks: readonly RecordedStack[],
): StackStep["gate"] {
  if (checks === undefined || checks.length === 0) return null;
  return { checks: [...checks], stacks: [...stacks] };
}

/** One stack alone first: what it became is verified before the others are changed. */
export function canaryFirst(steps: readonly Step[]): readonly Step[] {
  const first = Math.min(...steps.map(({ wave }) => wave));
  if (steps.filter(({ wave }) => wave === first).length < 2) return steps;
  return steps.map((step, at) => (at === 0 ? step : { ...step, wave: step.wave + 1 }));
}
