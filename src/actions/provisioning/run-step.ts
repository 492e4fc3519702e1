// What the steps of provisioning do: look, apply exactly what was decided, go back.
import { createHash } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inOrder } from "../../concurrency.js";
import { PortcullisError } from "../../errors.js";
import type { Clock } from "../../clock.js";
import type { Json, JsonObject } from "../../json.js";
import type { ActionContext, PlannedResource, Step, StepState, Verification } from "../action.js";
import { otherThanDecided } from "./decided.js";
import type { Environments, RecordedStack } from "./environments.js";
import { waitUntilHealthy } from "./health.js";
import { environmentId, environmentResource, label } from "./planning.js";
import { servicesIn } from "./services.js";
import type { Stack, StackContext, StackPlan, StackTool } from "./stack-tool.js";
import { outputsOf, readyStack, shownOutputs, stackContext, toolOf, type Pinned, type StackPlaces } from "./stacks.js";
import { undoOf, workOf, type RecordStep, type StackStep } from "./steps.js";

export interface StepRunner {
  readonly places: StackPlaces;
  readonly environments: Environments;
  readonly clock: Clock;
}

/** A stack of a step, as it can be run now. */
interface Ready {
  readonly tool: StackTool;
  readonly stack: Stack;
  readonly at: StackContext;
}

async function ready(
  { environment, sources }: Pick<StackStep, "environment" | "sources">,
  recorded: RecordedStack,
  { places }: StepRunner,
  context: ActionContext,
  pinned: Pinned = {},
): Promise<Ready> {
  const outputs = await outputsOf(environment, sources, places, context);
  const stack = readyStack(recorded, places, { environment, outputs, pinned });
  return { tool: toolOf(recorded, places), stack, at: stackContext(environment, recorded, places, context) };
}

export async function inspectStep(step: Step, runner: StepRunner, context: ActionContext): Promise<StepState> {
  const work = workOf(step);
  if (work.do === "record") return inspectRecord(work, runner);
  const now = await ready(work, work.stack, runner, context);
  if (work.intent === "destroy") return inspectDestroy(work, now);
  if (now.stack.unknown.length > 0)
    return (await now.tool.facts(now.stack, now.at)).state === work.state ? "before" : "other";
  const plan = await planned(now, work);
  if (!plan.differs) return "after";
  if (plan.digest === work.digest && !began(now, work)) return "before";
  if (await isFormer(step, work, runner, context)) return "before";
  if (otherThanDecided(plan, work) !== null) return "other";
  if (began(now, work)) return "between";
  return work.exact ? "other" : "before";
}

async function inspectDestroy(work: StackStep, { tool, stack, at }: Ready): Promise<StepState> {
  const facts = await tool.facts(stack, at);
  if (!facts.exists) return "after";
  if (facts.state === work.state) return "before";
  return began({ tool, stack, at }, work) ? "between" : "other";
}

async function inspectRecord(
  { environment, previous, digest }: RecordStep,
  { environments }: StepRunner,
): Promise<StepState> {
  const there = await environments.get(environment);
  if (there !== null && there.digest === digest && there.previous === previous) return "after";
  return (there?.version ?? null) === previous ? "before" : "other";
}

/** It is what the step found: nothing is there where nothing was, or the former code has nothing to do. */
async function isFormer(step: Step, work: StackStep, runner: StepRunner, context: ActionContext): Promise<boolean> {
  const undo = undoOf(step);
  if (undo === null || undo.to === "version") return false;
  if (undo.to === "former") {
    const former = await ready(work, undo.stack, runner, context, undo.pinned);
    return former.stack.unknown.length === 0 && !(await planned(former, work)).differs;
  }
  const { tool, stack, at } = await ready(work, work.stack, runner, context);
  const facts = await tool.facts(stack, at);
  return undo.to === "nothing" ? !facts.exists : facts.state === undo.state;
}

/** Throws where it cannot be planned. */
async function planned({ tool, stack, at }: Ready, { intent }: Pick<StackStep, "intent">): Promise<StackPlan> {
  const plan = await tool.plan(stack, intent, at);
  if (plan.problems.length === 0) return plan;
  throw new PortcullisError(
    "provider-unavailable",
    `stack ${label(stack)} cannot be planned: ${plan.problems.join("; ")}`,
  );
}

export async function applyStep(step: Step, runner: StepRunner, context: ActionContext): Promise<JsonObject | null> {
  const work = workOf(step);
  const checks = work.gate === null ? [] : await passGate(work, runner, context);
  if (work.do === "record") return recordEnvironment(work, checks, runner, context);
  const now = await ready(work, work.stack, runner, context);
  const plan = await planned(now, work);
  if (plan.differs) await applyDecided(work, plan, now);
  if (work.intent === "destroy") return { destroyed: true };
  return { outputs: shownOutputs(await now.tool.outputs(now.stack, now.at)) };
}

async function passGate(
  { gate, environment }: Pick<StackStep, "gate" | "environment">,
  { places }: StepRunner,
  context: ActionContext,
): Promise<readonly string[]> {
  if (gate === null) return [];
  return waitUntilHealthy(gate.checks, await outputsOf(environment, gate.stacks, places, context), context);
}

async function applyDecided(work: StackStep, plan: StackPlan, now: Ready): Promise<void> {
  const isCut = began(now, work);
  const isSame = work.exact ? plan.digest === work.digest && plan.state === work.state : false;
  const other = isSame ? null : otherThanDecided(plan, work);
  if (other !== null || (work.exact && !isSame && !isCut))
    throw new PortcullisError(
      "usage",
      `stack ${label(work.stack)}: the plan is not what was decided on: ${other ?? "its state is another one by now"}`,
    );
  writeFileSync(mark(now, work), "");
  await backUpAndApply(now, plan);
}

async function backUpAndApply({ tool, stack, at }: Ready, plan: StackPlan): Promise<void> {
  const backup = await tool.backupState(stack, at);
  if (backup !== null) at.say(`stack ${label(stack)}: its state is kept with SHA-256 ${backup.sha256}`);
  await tool.apply(stack, plan, at);
}

/** That this step began is known before anything changes. */
function mark({ at }: Ready, work: StackStep): string {
  const name = createHash("sha256")
    .update(JSON.stringify([work.digest, work.state, work.intent]))
    .digest("hex");
  return join(at.data, `began-${name}`);
}

function began(now: Ready, work: StackStep): boolean {
  return existsSync(mark(now, work));
}

async function recordEnvironment(
  work: RecordStep,
  checks: readonly string[],
  { places, environments, clock }: StepRunner,
  context: ActionContext,
): Promise<JsonObject> {
  const { environment, previous, digest, state, keepFormer, body } = work;
  const found = await outputsOf(environment, body.stacks, places, context);
  const outputs = Object.fromEntries([...found].map(([name, all]) => [name, shownOutputs(all)]));
  const services = servicesIn(outputs);
  const after = (ms: number | null): string | null =>
    ms === null ? null : new Date(clock.now().getTime() + ms).toISOString();
  const expiresAt = work.expiresAt === undefined ? after(work.timeToLive) : work.expiresAt;
  await environments.record({
    ...{ name: environment, previous, digest, state, action: context.action, services },
    ...{
      expiresAt,
      retiredUntil: after(keepFormer),
      body: { ...body, outputs: outputs as typeof body.outputs },
    },
  });
  return {
    ...{ checks: checks.slice(0, 100), expiresAt, colour: body.colour },
    services: services
      .slice(0, 200)
      .map(({ name, endpoint, port, protocol }) => ({ name, endpoint, port, protocol })) as Json,
  };
}

export async function rollBackStep(step: Step, runner: StepRunner, context: ActionContext): Promise<void> {
  const work = workOf(step);
  const undo = undoOf(step);
  if (undo === null) throw new PortcullisError("usage", `${step.title}: nothing can undo it`);
  if (work.do === "record") {
    if (undo.to === "version") await runner.environments.restore(work.environment, undo.version, work.digest);
    return;
  }
  if (undo.to === "former") {
    const former = await ready(work, undo.stack, runner, context, undo.pinned);
    const plan = await planned(former, { intent: "apply" });
    if (plan.differs) await backUpAndApply(former, plan);
    return;
  }
  const now = await ready(work, work.stack, runner, context);
  if (undo.to === "state") await now.tool.restore?.(now.stack, undo.state, now.at);
  else await backUpAndApply(now, await planned(now, { intent: "destroy" }));
}

/** Each stack as its last step wants it. */
export async function verifySteps(
  steps: readonly Step[],
  runner: StepRunner,
  context: ActionContext,
): Promise<Verification> {
  const last = new Map(steps.map((step) => [lastKey(step), step]));
  const reasons: string[] = [];
  const observed: PlannedResource[] = [];
  const found = inOrder(last.values(), runner.places.parallel, (step) => verifyStep(step, runner, context));
  for await (const one of found) {
    if (one.reason !== null) reasons.push(one.reason);
    observed.push(...one.observed);
  }
  return { verified: reasons.length === 0, reasons, observed };
}

interface Verified {
  /** Why not; null where it is. */
  readonly reason: string | null;
  readonly observed: readonly PlannedResource[];
}

async function verifyStep(step: Step, runner: StepRunner, context: ActionContext): Promise<Verified> {
  const work = workOf(step);
  if (work.do === "record") return verifyRecord(work, runner);
  const now = await ready(work, work.stack, runner, context);
  if (work.intent === "destroy") {
    const { exists } = await now.tool.facts(now.stack, now.at);
    return { reason: exists ? `stack ${label(work.stack)} is still there` : null, observed: [] };
  }
  const { differs, changes, resources } = await planned(now, work);
  const others = changes.slice(0, 5).map((one) => (one.after ?? one.before)?.resource.id);
  const reason = differs ? `stack ${label(work.stack)} differs from its code: ${others.join(", ")}` : null;
  const wanted = new Set(step.resources);
  return { reason, observed: resources.filter(({ resource }) => wanted.has(resource.id)) };
}

async function verifyRecord(work: RecordStep, runner: StepRunner): Promise<Verified> {
  if ((await inspectRecord(work, runner)) !== "after")
    return { reason: `environment ${work.environment} is not recorded`, observed: [] };
  return {
    reason: null,
    observed: work.state === "ready" ? [environmentResource(work.environment, work.body)] : [],
  };
}

function lastKey(step: Step): string {
  const work = workOf(step);
  return work.do === "record" ? environmentId(work.environment) : label(work.stack);
}
