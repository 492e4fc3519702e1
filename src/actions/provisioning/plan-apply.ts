// The plan that makes an environment what its definition says: stack by stack, level by level, in place or beside what is there.
import { setOwn, type Json } from "../../json.js";
import { PortcullisError } from "../../errors.js";
import { Limiter } from "../../concurrency.js";
import { hashOfText } from "../plan-hash.js";
import { canonicalJson } from "../../audit/canonical-json.js";
import type { Change, Plan, Step } from "../action.js";
import { ageMs, type EnvironmentDefinition, type StackDefinition } from "./environment-settings.js";
import { needsOf, type Environment } from "./environment.js";
import type { EnvironmentBody, EnvironmentRecord, RecordedStack } from "./environments.js";
import {
  canaryFirst,
  currentOutputs,
  environmentResource,
  gateOf,
  idOf,
  planStack,
  problemsOf,
  recordStepOf,
  stackStepOf,
  targetOf,
  undoOfApply,
  type PlannedStack,
  type Planning,
} from "./planning.js";
import type { StackOutputs } from "./stack-tool.js";

export interface ApplyPlan extends Planning {
  readonly wanted: Environment;
  /** SHA-256 of the template. */
  readonly content: string;
  /** What counts now; null where it was never there, or was destroyed. */
  readonly former: EnvironmentRecord | null;
  /** The last version, also of what was destroyed. */
  readonly previous: number | null;
}

const otherColour = (colour: string | null): string => (colour === "blue" ? "green" : "blue");

export async function planApply(task: ApplyPlan): Promise<Plan> {
  const { wanted, former, environment } = task;
  const { definition } = wanted;
  const isBeside = (definition.strategy ?? "in-place") !== "in-place" && !isSame(task);
  const colour =
    (definition.strategy ?? "in-place") === "in-place"
      ? null
      : isBeside
        ? otherColour(former?.colour ?? null)
        : (former?.colour ?? "blue");
  if (isBeside && former !== null && former.retired.length > 0) refuseOccupied(former);
  const stacks = definition.stacks.map((stack) => recordedStack(stack, task, colour));
  const run = new ApplyRun(task, stacks);
  await run.planLevels();
  await run.planPointers(isBeside);
  const gone = (former?.stacks ?? []).filter(
    (one) => !stacks.some((stack) => stack.name === one.name && stack.colour === one.colour),
  );
  const retired = isBeside ? gone.filter(({ pointer }) => !pointer) : (former?.retired ?? []);
  await run.planRemovals(gone.filter((one) => !retired.includes(one)));
  const body: EnvironmentBody = { definition, colour, stacks, retired, outputs: {} };
  return run.finish(environment, body);
}

/** The same code and the same wishes: what drifted is mended where it is, and nothing new is built beside it. */
function isSame({ wanted, former, content }: ApplyPlan): boolean {
  if (former === null) return false;
  const text = (definition: EnvironmentDefinition): string => canonicalJson(definition as unknown as Json);
  return (
    former.stacks.every((stack) => stack.content === content) && text(former.definition) === text(wanted.definition)
  );
}

function refuseOccupied({ name, retired, retiredUntil }: EnvironmentRecord): never {
  throw new PortcullisError(
    "usage",
    `environment ${name} still has its former colour ${retired[0]?.colour ?? ""} until ${retiredUntil ?? "it is destroyed"}; see: portcullis environments expire ${name}`,
  );
}

function recordedStack(stack: StackDefinition, { wanted, content }: ApplyPlan, used: string | null): RecordedStack {
  const { definition } = wanted;
  const { name, tool, folder = ".", workspace = null, pointer = false, inputs = {} } = stack;
  const variables: { [name: string]: Json } = {};
  for (const [key, value] of Object.entries({ ...definition.variables, ...stack.variables }))
    setOwn(variables, key, value as Json);
  if (used !== null) setOwn(variables, "colour", used);
  if (pointer) setOwn(variables, "share", 100);
  return {
    ...{ name, colour: pointer ? null : used, tool, content, folder, workspace, pointer, inputs },
    variables: variables as RecordedStack["variables"],
    needs: [...needsOf(stack)],
  };
}

class ApplyRun {
  readonly #task: ApplyPlan;
  readonly #stacks: readonly RecordedStack[];
  readonly #outputs = new Map<string, StackOutputs>();
  readonly #steps: Step[] = [];
  readonly #changes = new Map<string, Change>();
  readonly #problems: string[] = [];
  #wave = 0;

  constructor(task: ApplyPlan, stacks: readonly RecordedStack[]) {
    this.#task = task;
    this.#stacks = stacks;
  }

  async planLevels(): Promise<void> {
    const limiter = new Limiter(this.#task.places.parallel);
    for (const level of this.#task.wanted.levels) {
      const names = new Set(level.map(({ name }) => name));
      const stacks = this.#stacks.filter(({ name, pointer }) => names.has(name) && !pointer);
      const planned = await Promise.all(
        stacks.map((stack) => limiter.run(() => planStack(stack, "apply", this.#outputs, this.#task))),
      );
      for (const one of planned) this.#add(one);
      if (planned.some(({ plan }) => plan.differs)) this.#wave++;
    }
  }

  /** A pointer is moved when the new colour is healthy: at once, or share by share. */
  async planPointers(isBeside: boolean): Promise<void> {
    const { definition } = this.#task.wanted;
    const isCanary = definition.strategy === "canary" && isBeside && this.#task.former !== null;
    const shares = isCanary ? (definition.shares ?? [10, 50, 100]) : [100];
    for (const stack of this.#stacks.filter(({ pointer }) => pointer)) {
      let before: RecordedStack | null = null;
      for (const share of shares) {
        const variables = { ...stack.variables, share } as RecordedStack["variables"];
        const pointed: RecordedStack = { ...stack, variables };
        const planned = await planStack(pointed, "apply", this.#outputs, this.#task);
        const suffix = shares.length === 1 ? "" : `-${share}`;
        this.#add(planned, { suffix, before, gate: true });
        if (planned.plan.differs) this.#wave++;
        before = pointed;
      }
    }
  }

  async planRemovals(gone: readonly RecordedStack[]): Promise<void> {
    const { former } = this.#task;
    if (former === null || gone.length === 0) return;
    const outputs = await currentOutputs(former, this.#task);
    for (const stack of [...gone].reverse()) {
      const planned = await planStack(stack, "destroy", outputs, this.#task);
      this.#problems.push(...problemsOf(planned));
      if (!planned.plan.differs) continue;
      this.#note(planned);
      this.#steps.push(
        stackStepOf(planned, { planning: this.#task, wave: this.#wave++, sources: former.stacks, rollback: null }),
      );
    }
  }

  #add(
    planned: PlannedStack,
    pointer?: { readonly suffix: string; readonly before: RecordedStack | null; readonly gate: boolean },
  ): void {
    const { recorded, plan, outputs } = planned;
    this.#problems.push(...problemsOf(planned));
    if (outputs !== undefined) this.#outputs.set(recorded.name, outputs);
    if (!plan.differs) return;
    this.#note(planned);
    const before = pointer?.before ?? null;
    const undo = undoOfApply(planned, this.#task.former, this.#task);
    this.#steps.push(
      stackStepOf(planned, {
        ...{ planning: this.#task, wave: this.#wave, sources: this.#stacks, suffix: pointer?.suffix ?? "" },
        rollback: before === null ? undo : { to: "former", stack: before, pinned: {} },
        gate:
          pointer === undefined
            ? null
            : gateOf(
                this.#task.wanted.definition.health,
                this.#stacks.filter((stack) => !stack.pointer),
              ),
      }),
    );
  }

  /** What several steps change one after the other is one change: from what it is to what it is at the end. */
  #note({ plan }: PlannedStack): void {
    for (const change of plan.changes) {
      const first = this.#changes.get(idOf(change));
      this.#changes.set(idOf(change), {
        before: first === undefined ? change.before : first.before,
        after: change.after,
      });
    }
  }

  finish(environment: string, body: EnvironmentBody): Plan {
    const { former, previous, wanted } = this.#task;
    const { timeToLive, keepFormer = "1h", health } = wanted.definition;
    const isNew = former === null || bodyHash(former) !== bodyHash(body);
    if (this.#steps.length > 0 || isNew) {
      const after = environmentResource(environment, body);
      const before = former === null ? null : environmentResource(environment, former);
      this.#changes.set(after.resource.id, { before, after });
      const work = {
        ...{ previous, state: "ready" as const, timeToLive: timeToLive === undefined ? null : ageMs(timeToLive), body },
        keepFormer: body.retired.length === 0 ? null : ageMs(keepFormer),
        gate: gateOf(health, body.stacks),
      };
      this.#steps.push(
        recordStepOf(work, { environment, wave: this.#wave, title: `record environment ${environment} as ready` }),
      );
    }
    const changes = [...this.#changes.values()].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
    return {
      target: targetOf(environment),
      changes,
      steps: canaryFirst(this.#steps),
      problems: this.#problems,
      group: null,
      cost: null,
    };
  }
}

function bodyHash({ definition, colour, stacks, retired }: EnvironmentBody): string {
  return hashOfText(canonicalJson({ definition, colour, stacks, retired } as unknown as Json));
}
