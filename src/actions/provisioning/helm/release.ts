// What Helm says of a release, and what an upgrade would change of it. Pure.
import { createHash } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "../../../audit/canonical-json.js";
import { isObject, own, type Json, type JsonObject } from "../../../json.js";
import {
  changesBetween,
  isApplied,
  plannedObject,
  readObjects,
  withoutServerFields,
  type Objects,
} from "../kubernetes/objects.js";
import type { Intent, Stack, StackPlan } from "../stack-tool.js";
import { readRendered, type Rendered } from "./rendered.js";
import type { ReleaseSource } from "./chart-source.js";

/** `helm status --output json`. */
export const releaseStatus = z.looseObject({
  name: z.string(),
  namespace: z.string(),
  version: z.number().int(),
  manifest: z.string().optional(),
  info: z.looseObject({
    status: z.string(),
    last_deployed: z.string().optional(),
    resources: z.record(z.string(), z.array(z.json())).optional(),
  }),
});
export type ReleaseStatus = z.infer<typeof releaseStatus>;

export function isThere(release: ReleaseStatus | null): release is ReleaseStatus {
  return release !== null && release.info.status !== "uninstalled";
}

export function stateOf(release: ReleaseStatus | null): string | null {
  return isThere(release) ? `revision ${release.version}` : null;
}

export function revisionOf(state: string): number | null {
  const [, revision] = /^revision (\d{1,9})$/.exec(state) ?? [];
  return revision === undefined ? null : Number(revision);
}

/** Helm marks a release while it works on it; the mark stays where Helm was killed. */
export function lockOf(release: ReleaseStatus | null): string | null {
  const { status, last_deployed: since = "" } = release?.info ?? { status: "" };
  return status.startsWith("pending-") || status === "uninstalling"
    ? `a Helm operation (${status}) since ${since}`
    : null;
}

export function planOfRelease(
  stack: Stack,
  {
    intent,
    source,
    release,
    rendered,
  }: { intent: Intent; source: ReleaseSource; release: ReleaseStatus | null; rendered: Rendered },
): StackPlan {
  const from = `helm:${source.release}`;
  const live = readObjects(liveOf(release), source.namespace, `${from} (live)`);
  const former = readObjects(
    isThere(release) ? readRendered(release.manifest ?? "", from).values : [],
    source.namespace,
    from,
  );
  const wanted = readObjects(intent === "destroy" ? [] : rendered.values, source.namespace, from);
  // What is not in the release's manifest is not Helm's: pods of a deployment.
  const mine = new Map([...live.objects].filter(([key]) => former.objects.has(key)));
  const same = (key: string): boolean => isSame(mine.get(key), wanted.objects.get(key), former.objects.get(key));
  const differs = [...new Set([...mine.keys(), ...wanted.objects.keys()])].some(
    (key) => mine.get(key) === undefined || wanted.objects.get(key) === undefined || !same(key),
  );
  const hooks = readObjects(differs ? rendered.hooks : [], source.namespace, `${from} (hooks)`);
  const after = new Map([...wanted.objects, ...hooks.objects]);
  return {
    changes: changesBetween(mine, after, { stack, from, same }),
    resources: [...wanted.objects.values()].flatMap((object) => plannedObject(object, stack, from) ?? []),
    ...{ differs, exact: stack.unknown.length === 0, state: stateOf(release), outputs: new Map() },
    digest: digestOf({ intent, source, before: mine, after, rendered: intent === "destroy" ? "" : rendered.sha256 }),
    problems: [...rendered.problems, ...live.problems, ...wanted.problems, ...hooks.problems],
  };
}

function isSame(live: JsonObject | undefined, wanted: JsonObject | undefined, former: JsonObject | undefined): boolean {
  if (live === undefined || wanted === undefined) return false;
  return isApplied(comparable(live), comparable(wanted), former === undefined ? null : comparable(former));
}

/** As the server keeps it: the texts of a Secret in base 64. */
function comparable(object: JsonObject): JsonObject {
  const texts = own(object, "stringData");
  if (own(object, "kind") !== "Secret" || !isObject(texts)) return object;
  const { stringData: _texts, data, ...rest } = object;
  const encoded = Object.entries(texts).map(([key, value]) => [
    key,
    Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64"),
  ]);
  return {
    ...rest,
    data: { ...(isObject(data ?? null) ? (data as JsonObject) : {}), ...(Object.fromEntries(encoded) as JsonObject) },
  };
}

function liveOf(release: ReleaseStatus | null): readonly Json[] {
  return isThere(release) ? Object.values(release.info.resources ?? {}).flat() : [];
}

function digestOf(plan: {
  intent: Intent;
  source: ReleaseSource;
  before: Objects;
  after: Objects;
  rendered: string;
}): string {
  const { intent, source, before, after, rendered } = plan;
  const objects = (of: Objects): Json =>
    Object.fromEntries([...of].map(([key, one]) => [key, withoutServerFields(one)]));
  const { release, namespace, createNamespace } = source;
  const whole = {
    intent,
    release,
    namespace,
    createNamespace,
    rendered,
    before: objects(before),
    after: objects(after),
  };
  return createHash("sha256").update(canonicalJson(whole)).digest("hex");
}
