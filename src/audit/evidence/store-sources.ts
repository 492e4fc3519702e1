// What an export reads, from a store and the policies that are there now.
import { policySource, policyVersions } from "../../compliance/policy-versions.js";
import type { Policy } from "../../engine/policy.js";
import type { AppliedWaiver } from "../../engine/verdict.js";
import type { ScheduleRun } from "../../schedules/runs.js";
import type { Period } from "../../store/history.js";
import type { Store } from "../../store/store.js";
import type { SummaryRenderer } from "../../summary.js";
import type { EvidencePolicy, EvidenceSources, EvidenceWaiver } from "./sources.js";

export interface StoreSourcesOptions {
  readonly store: Pick<Store, "history" | "schedules" | "audit" | "listFindings">;
  readonly policies: readonly Policy[];
  readonly renderer: SummaryRenderer;
}

export function storeSources({ store, policies, renderer }: StoreSourcesOptions): EvidenceSources {
  const hashes = new Map(policyVersions(policies, []).map(({ id, hash }) => [id, hash]));
  const byId = new Map(policies.map((policy) => [policy.id, policy]));
  return {
    history: store.history,
    waivers: () => appliedWaivers(store),
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

/** Those that excuse findings: waivers of files and comments in code are known by them alone. */
async function appliedWaivers(store: Pick<Store, "listFindings">): Promise<EvidenceWaiver[]> {
  const found = new Map<string, EvidenceWaiver>();
  let after: string | null = null;
  do {
    const page = await store.listFindings({
      ...{ status: "waived", limit: pageSize },
      ...(after === null ? {} : { after }),
    });
    for (const { waiver, policy, resource } of page.findings) {
      if (waiver !== null && !found.has(waiver.id))
        found.set(waiver.id, applied(waiver, `${policy} on ${resource.id}`));
    }
    after = page.next;
  } while (after !== null);
  return [...found.values()];
}

function applied(
  { kind, id, reason, ticket, requester, approver, expires }: AppliedWaiver,
  scope: string,
): EvidenceWaiver {
  return {
    ...{ id, reason, ticket, requester, approver, expires },
    scope: `${scope}, and others perhaps`,
    ...{ requestedAt: null, approvedAt: null, starts: null, revokedAt: null, revokedBy: null },
    ...{ state: "in-force", origin: kind === "suppression" ? "a comment in the code" : "a waiver file" },
  };
}
