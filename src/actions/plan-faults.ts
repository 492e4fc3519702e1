// Whether a plan can be believed: one that contradicts itself, or changes something else than its target, is denied unseen.
import { actionType } from "../engine/policy.js";
import { PortcullisError } from "../errors.js";
import type { Resource } from "../inventory/resource.js";
import { own } from "../json.js";
import type { Change, Plan, PlannedResource, Target } from "./action.js";

export const mostChanges = 100_000;
export const mostSteps = 100_000;
/** Of the canonical JSON of it. */
export const mostBytes = 32 * 1024 * 1024;

const mostFaults = 20;

/** Why it is not even looked at, or null: what is too much is not hashed either. */
export function tooMany({ changes, steps }: Plan): string | null {
  if (changes.length > mostChanges)
    return `the plan has ${changes.length} changes; at most ${mostChanges} are looked at`;
  return steps.length > mostSteps ? `the plan has ${steps.length} steps; at most ${mostSteps} are looked at` : null;
}

/** What is wrong with it, as sentences; at most 20. Empty where nothing is. */
export function planFaults(plan: Plan): string[] {
  const faults: string[] = [];
  for (const fault of everyFault(plan)) {
    faults.push(fault);
    if (faults.length === mostFaults) break;
  }
  return faults;
}

/** What is changed, as it is, or where it is created, as it will be. A plan with an empty change is denied before anybody asks. */
export function subjectOf({ before, after }: Change): Resource {
  const planned = before ?? after;
  if (planned === null) throw new PortcullisError("internal", "a change has neither a before nor an after");
  return planned.resource;
}

/** The id of what is changed. */
export function idOf({ before, after }: Change): string {
  return (before ?? after)?.resource.id ?? "";
}

function* everyFault(plan: Plan): Generator<string> {
  yield* targetFaults(plan.target);
  for (const change of plan.changes) yield* changeFaults(change, plan.target);
  yield* repeated(plan.changes.map(idOf), (id) => `${id} is changed twice in the plan`);
  yield* stepFaults(plan);
  yield* figureFaults(plan);
}

/** Keys are free text but for these two forms, which say where it is once more: what policies read must say it too. */
function* targetFaults({ key, account, region, environment }: Target): Generator<string> {
  if (key.trim() === "") yield "the target has no key";
  const aws = /^aws:(\d{12})(?:\/([a-z0-9-]+))?$/.exec(key);
  if (aws !== null && aws[1] !== account) yield `the target ${key} says account ${account ?? "none"}`;
  if (aws?.[2] !== undefined && region !== null && aws[2] !== region) yield `the target ${key} says region ${region}`;
  const named = /^environment:([^/]+)$/.exec(key)?.[1];
  if (named !== undefined && named !== environment) yield `the target ${key} says environment ${environment ?? "none"}`;
}

function* changeFaults({ before, after }: Change, target: Target): Generator<string> {
  if (before === null && after === null) {
    yield "a change has neither a before nor an after";
    return;
  }
  if (before !== null && after !== null) {
    for (const field of ["id", "provider", "type"] as const) {
      const [was, is] = [before.resource[field], after.resource[field]];
      if (was !== is) yield `a change makes ${field} ${was} into ${is}: another resource is another change`;
    }
    for (const field of ["account", "region"] as const) {
      const [was, is] = [before.resource[field], after.resource[field]];
      if (was !== is && was !== null && is !== null) yield `a change moves ${before.resource.id} from ${was} to ${is}`;
    }
  }
  for (const planned of [before, after]) if (planned !== null) yield* resourceFaults(planned, target);
}

function* resourceFaults({ resource }: PlannedResource, target: Target): Generator<string> {
  const { id, type, tags } = resource;
  if (id === "" || type === "") yield "a change is of a resource without an id or a type";
  if (type === actionType) yield `${id} is an action itself: nothing changes those`;
  for (const field of ["account", "region"] as const) {
    for (const place of [resource[field], fromArn(id)[field]]) {
      const isElsewhere = place !== null && target[field] !== null && place !== target[field];
      if (isElsewhere && !isGlobal(field, place)) yield `${id} is in ${field} ${place}, the target in ${target[field]}`;
    }
  }
  for (const key of ["environment", "Environment"]) {
    const tagged = own(tags, key);
    const { environment } = target;
    if (tagged !== undefined && environment !== null && tagged.toLowerCase() !== environment.toLowerCase())
      yield `${id} is of environment ${tagged}, the target of ${environment}`;
  }
}

/** What is in no region, such as a role, goes with every target. */
function isGlobal(field: "account" | "region", place: string): boolean {
  return field === "region" && (place === "global" || place === "aws-global");
}

function fromArn(id: string): { readonly account: string | null; readonly region: string | null } {
  const [, region = "", account = ""] = /^arn:[^:]*:[^:]*:([^:]*):([^:]*):/.exec(id) ?? [];
  // Some of the provider's own are in the account `aws`.
  return { account: /^\d{12}$/.test(account) ? account : null, region: region === "" ? null : region };
}

function* stepFaults({ steps, changes }: Plan): Generator<string> {
  const changed = new Set(changes.map(idOf));
  const made = new Set<string>();
  yield* repeated(
    steps.map(({ id }) => id),
    (id) => `two steps have the id ${id}`,
  );
  for (const { id, resources, wave } of steps) {
    if (id === "") yield "a step has no id";
    if (!Number.isSafeInteger(wave) || wave < 0) yield `step ${id} is in wave ${wave}; expected a whole number from 0`;
    if (resources.length === 0) yield `step ${id} says of no resource that it changes it`;
    for (const resource of resources) {
      made.add(resource);
      if (!changed.has(resource)) yield `step ${id} changes ${resource}, which is in no change of the plan`;
    }
  }
  for (const id of changed) if (!made.has(id)) yield `no step makes the change of ${id}`;
}

function* figureFaults({ group, cost, changes }: Plan): Generator<string> {
  const existing = changes.filter(({ before }) => before !== null).length;
  if (group !== null && !(Number.isSafeInteger(group.size) && group.size >= existing))
    yield `the group ${group.name} is said to have ${group.size} resources, of which ${existing} are changed`;
  if (cost !== null && !(Number.isFinite(cost.before) && Number.isFinite(cost.after))) yield "the costs are no numbers";
}

function* repeated(ids: readonly string[], say: (id: string) => string): Generator<string> {
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) yield say(id);
    seen.add(id);
  }
}
