// An action as a resource of its own, so that ordinary policies judge it: `input` of everything in policies/actions.
import { actionType } from "../engine/policy.js";
import { pointer } from "../inventory/pointer.js";
import type { Resource } from "../inventory/resource.js";
import type { PropertyFailure, ScannedResource } from "../inventory/scan-item.js";
import type { JsonObject } from "../json.js";
import type { Change, PlannedResource, Plan } from "./action.js";
import { changedPaths } from "./changed-paths.js";
import type { Proposal } from "./decision.js";
import { idOf, subjectOf } from "./plan-faults.js";

/** What the gate is told besides the plan. */
export interface Circumstances {
  readonly now: Date;
  /** Of this kind, in the time that `limits.breakerMinutes` says. */
  readonly recentFailures: number;
  /** What other actions are running now. */
  readonly running: readonly { readonly kind: string; readonly module: string; readonly region: string | null }[];
  /** What is left of the target's error budget, as a share; null where it is not known. */
  readonly errorBudget: number | null;
  readonly protectedTags: readonly string[];
}

const places = ["before", "after"] as const;

export function actionResource(proposal: Proposal, circumstances: Circumstances): ScannedResource {
  const { action, kind, plan } = proposal;
  const unknown = [...unknownFacts(plan, circumstances), ...plan.changes.flatMap(unknownOf)];
  const resource = {
    id: `action:${action}`,
    ...{ provider: "portcullis", type: actionType, name: kind },
    ...{ account: plan.target.account, region: plan.target.region, tags: {} },
    config: configOf(proposal, circumstances),
    ...{ unknown, raw: null },
    source: { scanner: "gate", uri: null, line: null, column: null, capturedAt: null },
  };
  const failures = [...plan.changes.flatMap(failuresOf), ...unreadTags(plan)];
  return { kind: "resource", resource, locate: () => null, references: [], failures };
}

function configOf(proposal: Proposal, circumstances: Circumstances): JsonObject {
  const { kind, module, parameters, reason, requester, plan, purpose = "run" } = proposal;
  const { name, source, roles } = requester;
  return {
    ...{ kind, module, purpose, reason, requester: { name, source, roles }, target: { ...plan.target } },
    parameters: parameters as JsonObject,
    changes: plan.changes.map(changeOf),
    counts: countsOf(plan),
    ...spreadOf(plan),
    protected: plan.changes.filter((change) => isProtected(change, circumstances.protectedTags)).map(idOf),
    irreversible: plan.steps.filter(({ rollback }) => rollback === null).map(({ id, title }) => ({ step: id, title })),
    ...figuresOf(plan, circumstances),
    recentFailures: circumstances.recentFailures,
    running: circumstances.running.map((one) => ({ ...one })),
    at: timeOf(circumstances.now),
  };
}

function changeOf(change: Change): JsonObject {
  const { before, after } = change;
  const { id, provider, type, account, region } = subjectOf(change);
  return {
    ...{ resource: id, provider, type, account, region },
    change: before === null ? "create" : after === null ? "delete" : "update",
    paths: before === null || after === null ? [] : pathsOf(before, after),
    ...{ before: sideOf(before), after: sideOf(after) },
  };
}

/** What is only known after apply counts as changed. */
function pathsOf(before: PlannedResource, after: PlannedResource): string[] {
  return [...new Set([...changedPaths(before.resource, after.resource), ...after.resource.unknown])];
}

function sideOf(planned: PlannedResource | null): JsonObject | null {
  if (planned === null) return null;
  const { name, tags, config } = planned.resource;
  return { name, tags, config };
}

function countsOf({ changes, steps }: Plan): JsonObject {
  const creates = changes.filter(({ before }) => before === null).length;
  const deletes = changes.filter(({ after }) => after === null).length;
  const irreversible = steps.filter(({ rollback }) => rollback === null).length;
  const updates = changes.length - creates - deletes;
  return {
    changes: changes.length,
    creates,
    updates,
    deletes,
    existing: updates + deletes,
    steps: steps.length,
    irreversible,
  };
}

/** Where the changes are; what is in no account or no region is left out. */
function spreadOf({ changes }: Plan): JsonObject {
  const all = changes.map(subjectOf);
  const distinct = (values: readonly (string | null)[]): string[] =>
    [...new Set(values.filter((value) => value !== null && value !== "global"))].sort() as string[];
  return { accounts: distinct(all.map(({ account }) => account)), regions: distinct(all.map(({ region }) => region)) };
}

/** What is not known is not there, and listed as unknown. */
function figuresOf({ group, cost, changes }: Plan, { errorBudget }: Circumstances): JsonObject {
  const existing = changes.filter(({ before }) => before !== null).length;
  return {
    ...(group === null
      ? {}
      : { group: { name: group.name, size: group.size, share: group.size === 0 ? 0 : existing / group.size } }),
    ...(cost === null ? {} : { cost: { ...cost, delta: cost.after - cost.before } }),
    ...(errorBudget === null ? {} : { errorBudget: { remaining: errorBudget } }),
  };
}

function unknownFacts({ group, cost }: Plan, { errorBudget }: Circumstances): string[] {
  return [
    ...(group === null ? ["/config/group"] : []),
    ...(cost === null ? ["/config/cost"] : []),
    ...(errorBudget === null ? ["/config/errorBudget"] : []),
  ];
}

/** Pointers into the resources, as pointers into the action. */
function unknownOf(change: Change, at: number): string[] {
  const below = places.flatMap((place) =>
    (change[place]?.resource.unknown ?? []).map((inner) => sidePointer(at, place, inner)),
  );
  return below.filter((found) => found !== null);
}

function failuresOf(change: Change, at: number): PropertyFailure[] {
  return places.flatMap((place) =>
    (change[place]?.failures ?? []).flatMap(({ pointer: inner, message }) => {
      const found = sidePointer(at, place, inner);
      return found === null ? [] : [{ pointer: found, message }];
    }),
  );
}

/** Null for what an action does not show of a resource: what it was read as. */
function sidePointer(at: number, place: "before" | "after", inner: string): string | null {
  if (inner === "") return pointer(["config", "changes", at, place]);
  return /^\/(name|tags|config)(\/|$)/.test(inner) ? `${pointer(["config", "changes", at, place])}${inner}` : null;
}

/** Who cannot read tags cannot know what is protected. */
function unreadTags({ changes }: Plan): PropertyFailure[] {
  const isTag = (inner: string): boolean => inner === "" || inner === "/tags" || inner.startsWith("/tags/");
  return changes
    .filter(({ before }) => before !== null)
    .filter(({ before }) =>
      [...(before?.failures ?? []).map((failure) => failure.pointer), ...(before?.resource.unknown ?? [])].some(isTag),
    )
    .map((change) => ({
      pointer: "/config/protected",
      message: `the tags of ${idOf(change)} are not known, and so not whether it is protected`,
    }));
}

function isProtected({ before, after }: Change, tags: readonly string[]): boolean {
  return [before, after].some((planned) => planned !== null && areProtecting(planned.resource.tags, tags));
}

/** Whether one of `protectedTags` is among the tags of a resource. */
export function areProtecting(tags: Resource["tags"], protectedTags: readonly string[]): boolean {
  return protectedTags.some((tag) => hasTag(tags, tag));
}

/** `key=value`, or `key` with any value. However it is written: who meant to protect something did. */
function hasTag(tags: Resource["tags"], tag: string): boolean {
  const at = tag.indexOf("=");
  const [key, value] = at < 0 ? [tag, null] : [tag.slice(0, at), tag.slice(at + 1)];
  return Object.entries(tags).some(
    ([its, is]) => folded(its) === folded(key) && (value === null || folded(is) === folded(value)),
  );
}

function folded(text: string): string {
  return text
    .normalize("NFKC")
    .replace(/\p{Default_Ignorable_Code_Point}/gu, "")
    .trim()
    .toLowerCase();
}

const weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;

function timeOf(now: Date): JsonObject {
  const weekday = weekdays[now.getUTCDay()] ?? "";
  return { time: now.toISOString(), weekday, hour: now.getUTCHours(), minute: now.getUTCMinutes() };
}
