// What an export reads, from a store and the policies that are there now.
import { policySource, policyVersions } from "../../compliance/policy-versions.js";
import type { Policy } from "../../engine/policy.js";
import type { AppliedWaiver } from "../../engine/verdict.js";
import type { ScheduleRun } from "../../schedules/runs.js";
import { PortcullisError } from "../../errors.js";
import type { Period } from "../../store/history.js";
import type { Store } from "../../store/store.js";
import type { StoredWaiver } from "../../store/waivers.js";
import type { SummaryRenderer } from "../../summary.js";
import type { EvidencePolicy, EvidenceSources, EvidenceWaiver } from "./sources.js";

export interface StoreSourcesOptions {
  readonly store: Pick<Store, "history" | "schedules" | "audit" | "listFindings" | "waivers">;
  readonly policies: readonly Policy[];
  readonly renderer: SummaryRenderer;
}

export function storeSources({ store, policies, renderer }: StoreSourcesOptions): EvidenceSources {
  const hashes = new Map(policyVersions(policies, []).map(({ id, hash }) => [id, hash]));
  const byId = new Map(policies.map((policy) => [policy.id, policy]));
  return {
    history: store.history,
    waivers: (period) => waivers(store, period),
    scheduleRuns: (period) => scheduleRuns(store, period),
    policy(id) {
      const policy = byId.get(id);
      return Promise.resolve(policy === undefined ? null : evidencePolicy(policy, hashes.get(id) ?? null));
    },
    audit: store.audit,
    renderer,
  };
}

function evidencePolicy(policy: Policy, hash: string | null): EvidencePolicy {
  const { title, description, severity, engine, provider, fix, source } = policy;
  const text = engine === "rego" ? policySource(source.file) : null;
  return { title, description, severity, engine, provider, fix, hash, source: text };
}

const pageSize = 1_000;

/** The latest due first. */
async function* scheduleRuns(
  { schedules }: Pick<Store, "schedules">,
  { from, to }: Period,
): AsyncGenerator<ScheduleRun> {
  let after: string | null = null;
  do {
    const page = await schedules.list({
      ...{ statuses: [], from, to, limit: pageSize },
      ...(after === null ? {} : { after }),
    });
    yield* page.runs;
    after = page.next;
  } while (after !== null);
}

const mostWaivers = 100_000;

/** Of the store, those that were in force; and whatever else excuses findings, which findings alone know of. */
async function waivers(
  store: Pick<Store, "listFindings" | "waivers">,
  period: Period,
): Promise<readonly EvidenceWaiver[]> {
  const stored = await store.waivers.list({ state: "all", limit: mostWaivers });
  if (stored.length === mostWaivers)
    throw new PortcullisError("internal", `there are more than ${mostWaivers} waivers: evidence would leave some out`);
  const known = new Set(stored.map(({ id }) => id));
  const others = await appliedWaivers(store, known);
  return [...stored.filter((waiver) => wasInForce(waiver, period)).map((one) => fromStore(one, period)), ...others];
}

function wasInForce({ approvedAt, start, expires, endedAt }: StoredWaiver, { from, to }: Period): boolean {
  if (approvedAt === null) return false;
  const begins = approvedAt > start ? approvedAt : start;
  const ends = endedAt !== null && endedAt < expires ? endedAt : expires;
  return begins < to && ends > from;
}

function fromStore(waiver: StoredWaiver, { to }: Period): EvidenceWaiver {
  const { id, scope, reason, ticket, requester, requestedAt, approver, approvedAt, selfApproved } = waiver;
  return {
    ...{ id, scope: scopeText(scope), reason, ticket, requester, requestedAt, approver, approvedAt, selfApproved },
    ...{ starts: waiver.start, expires: waiver.expires, revokedAt: waiver.endedAt, revokedBy: waiver.endedBy },
    state: stateAt(waiver, to),
    origin: "store",
  };
}

function stateAt({ expires, endedAt, start }: StoredWaiver, time: string): string {
  if (endedAt !== null && endedAt <= time) return "revoked";
  if (expires <= time) return "expired";
  return start > time ? "waiting" : "in-force";
}

function scopeText(scope: StoredWaiver["scope"]): string {
  const lists = Object.entries(scope) as [string, readonly string[]][];
  return lists
    .filter(([, names]) => names.length > 0)
    .map(([kind, names]) => `${kind}: ${names.join(", ")}`)
    .join("; ");
}

/** Waivers of files and comments in code, by what they excuse now. */
async function appliedWaivers(
  store: Pick<Store, "listFindings">,
  stored: ReadonlySet<string>,
): Promise<EvidenceWaiver[]> {
  const found = new Map<string, EvidenceWaiver>();
  let after: string | null = null;
  do {
    const page = await store.listFindings({
      ...{ status: "waived", limit: pageSize },
      ...(after === null ? {} : { after }),
    });
    for (const { waiver, policy, resource } of page.findings) {
      if (waiver === null || stored.has(waiver.id) || found.has(waiver.id)) continue;
      found.set(waiver.id, applied(waiver, `${policy} on ${resource.id}`));
    }
    after = page.next;
  } while (after !== null);
  return [...found.values()];
}

function applied(waiver: AppliedWaiver, scope: string): EvidenceWaiver {
  const { kind, id, reason, ticket, requester, approver, expires } = waiver;
  return {
    ...{ id, reason, ticket, requester, approver, expires },
    scope: `${scope}, and others perhaps`,
    ...{ requestedAt: null, approvedAt: null, starts: null, revokedAt: null, revokedBy: null },
    selfApproved: requester !== null && requester === approver,
    ...{ state: "in-force", origin: kind === "suppression" ? "a comment in the code" : "a waiver file" },
  };
}
