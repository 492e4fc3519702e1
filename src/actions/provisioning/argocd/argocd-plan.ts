// What a sync would do: the objects of a commit as Argo CD renders them, against those that run. Pure.
import { createHash } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "../../../audit/canonical-json.js";
import { isObject, own, type Json, type JsonObject } from "../../../json.js";
import {
  appliedBefore,
  changesBetween,
  isApplied,
  plannedObject,
  readObjects,
  withoutServerFields,
} from "../kubernetes/objects.js";
import type { Objects } from "../kubernetes/objects.js";
import type { Intent, Stack, StackPlan } from "../stack-tool.js";
import type { Application, ApplicationSource } from "./argocd-shapes.js";

/** What a stack of Argo CD says, as its variables. */
export const syncVariables = z.strictObject({
  /** Of a chart the version, else a commit: branches and tags move. */
  revision: z.string().min(1).max(100),
  /** Removes what is not in the commit any more; default: false. */
  prune: z.boolean().optional(),
});
export type SyncVariables = z.infer<typeof syncVariables>;

export interface Seen {
  readonly application: Application;
  readonly manifests: readonly string[];
  /** The live objects that Argo CD manages, as JSON texts. */
  readonly live: readonly string[];
}

export function planOfSync(
  stack: Stack,
  { intent, wanted }: { readonly intent: Intent; readonly wanted: SyncVariables },
  seen: Seen,
): StackPlan {
  const { application } = seen;
  const namespace = application.spec.destination?.namespace ?? "default";
  const from = `argocd:${application.metadata.name}`;
  const live = readObjects(parsed(seen.live), namespace, `${from} (live)`);
  const rendered = readObjects(parsed(seen.manifests), namespace, from);
  const after = afterSync(live.objects, rendered.objects, { intent, prune: wanted.prune === true });
  const same = (key: string): boolean => {
    const [is, will] = [live.objects.get(key), rendered.objects.get(key)];
    return is !== undefined && (will === undefined || isSame(is, will));
  };
  const changes = changesBetween(live.objects, after, { stack, from, same });
  const resources = [...after.values()].flatMap((object) => plannedObject(object, stack, from) ?? []);
  const isElsewhere = intent === "apply" && syncedRevision(application) !== wanted.revision;
  return {
    changes,
    resources,
    differs: changes.length > 0 || isElsewhere,
    exact: true,
    digest: digestOf({ intent, wanted, source: sourceOf(application), before: live.objects, after }),
    state: stateOf(application),
    outputs: new Map(),
    problems: [...problemsOf(application, wanted, intent), ...live.problems, ...rendered.problems],
  };
}

function afterSync(live: Objects, rendered: Objects, { intent, prune }: { intent: Intent; prune: boolean }): Objects {
  if (intent === "destroy") return new Map();
  return prune ? rendered : new Map([...live, ...rendered]);
}

/** Argo CD hides the data of Secrets: of them only the keys can be compared. */
function isSame(live: JsonObject, wanted: JsonObject): boolean {
  if (own(wanted, "kind") !== "Secret") return isApplied(live, wanted, appliedBefore(live));
  return isApplied(keysOnly(live), keysOnly(wanted), null);
}

function keysOnly(secret: JsonObject): JsonObject {
  const data = [own(secret, "data"), own(secret, "stringData")].flatMap((one) =>
    isObject(one) ? Object.keys(one) : [],
  );
  const { data: _data, stringData: _stringData, ...rest } = secret;
  return { ...rest, data: [...new Set(data)].sort() };
}

/** Texts that are no JSON stay texts, and so become problems. */
function parsed(texts: readonly string[]): Json[] {
  return texts.map((text) => {
    try {
      return JSON.parse(text) as Json;
    } catch {
      return "what is no JSON";
    }
  });
}

function digestOf(sync: {
  intent: Intent;
  wanted: SyncVariables;
  source: ApplicationSource | null;
  before: Objects;
  after: Objects;
}): string {
  const objects = (of: Objects): Json =>
    Object.fromEntries([...of].map(([key, object]) => [key, withoutServerFields(object)]));
  const { before, after, ...rest } = sync;
  const whole = { ...(JSON.parse(JSON.stringify(rest)) as JsonObject), before: objects(before), after: objects(after) };
  return createHash("sha256").update(canonicalJson(whole)).digest("hex");
}

export function sourceOf({ spec }: Application): ApplicationSource | null {
  return spec.source ?? null;
}

/** The last deployment that Argo CD finished. */
function lastDeployment({ status }: Application): { readonly id: number; readonly revision: string } | null {
  const all = (status?.history ?? []).map(({ id = 0, revision = "" }) => ({ id, revision }));
  return all.reduce<(typeof all)[number] | null>((last, one) => (last === null || one.id > last.id ? one : last), null);
}

export function syncedRevision(application: Application): string | null {
  return lastDeployment(application)?.revision ?? null;
}

/** What a rollback goes back to. */
export function stateOf(application: Application): string | null {
  const last = lastDeployment(application);
  return last === null ? null : `deployment ${last.id} of ${last.revision}`;
}

export function deploymentOf(state: string): { readonly id: number; readonly revision: string } | null {
  const [, id, revision = ""] = /^deployment (\d{1,15}) of (.*)$/.exec(state) ?? [];
  return id === undefined ? null : { id: Number(id), revision };
}

/** Who is at work on it; null where nobody is. */
export function operationOf({ operation, status }: Application): string | null {
  const running = status?.operationState;
  if (running?.phase === "Running" || running?.phase === "Terminating")
    return `a sync to ${running.operation?.sync?.revision ?? "another revision"} since ${running.startedAt ?? "now"}`;
  return operation === undefined
    ? null
    : `a sync to ${operation.sync?.revision ?? "another revision"} that is about to start`;
}

function problemsOf(application: Application, { revision }: SyncVariables, intent: Intent): string[] {
  const { spec, metadata, status } = application;
  const name = `application ${metadata.name}`;
  const automated = spec.syncPolicy?.automated;
  const problems: string[] = [];
  if (automated !== undefined && automated !== null && automated.enabled !== false) {
    problems.push(`${name} is synced by Argo CD by itself, past the gate: take syncPolicy.automated away`);
  }
  if (spec.sources !== undefined && spec.sources.length > 0) problems.push(`${name} has several sources: expected one`);
  if (spec.sourceHydrator !== undefined) problems.push(`${name} has a source hydrator: expected a source`);
  if (metadata.deletionTimestamp !== undefined && intent === "apply") problems.push(`${name} is being deleted`);
  const isChart = spec.source?.chart !== undefined && spec.source.chart !== "";
  const exact = isChart ? /^v?\d+\.\d+\.\d+[\w.+-]*$/ : /^[0-9a-f]{40}([0-9a-f]{24})?$/;
  if (intent === "apply" && !exact.test(revision)) {
    problems.push(
      `revision ${revision}: expected ${isChart ? "the version of the chart" : "the id of a commit"}, which never moves`,
    );
  }
  for (const { type = "", message = "" } of status?.conditions ?? []) {
    if (type.endsWith("Error")) problems.push(`${name}: ${type}: ${message.slice(0, 500)}`);
  }
  return problems;
}
