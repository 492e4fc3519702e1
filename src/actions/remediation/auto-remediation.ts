// One look at what may be put right without being asked: for policies that a user listed, never faster than the cool-down, and not
// at all where another system undoes it again and again. Every change goes through the gate, as anybody's.
import { createHash } from "node:crypto";
import type { Caller } from "../../audit/trail.js";
import { messageOf, PortcullisError } from "../../errors.js";
import type { Logger } from "../../observability/log.js";
import { touchKey, type DueFinding, type RemediationClaim, type UndoneFinding } from "../../store/auto-remediations.js";
import type { Store } from "../../store/store.js";
import type { Actions } from "../actions.js";
import type { Remediation } from "./remediation.js";
import { remediationKind } from "./remediation-kind.js";
import type { AutoSettings } from "./remediation-settings.js";
import { remediationFor } from "./remediation-targets.js";

export interface AutoRemediationOptions {
  readonly actions: Pick<Actions, "request" | "reject" | "stopped">;
  readonly store: Pick<Store, "autoRemediations">;
  readonly settings: AutoSettings;
  readonly remediations: readonly Remediation[];
  /** That one action may change; default 25, as the gate has it. */
  readonly mostResources?: number;
  readonly log: Logger;
  readonly origin: string;
}

const atOnce = 1_000;
/** The kind takes at most so many. */
const mostOfKind = 1_000;

/** May be called by several processes at once, and again after one died in it. */
export async function remediateDue(options: AutoRemediationOptions, signal: AbortSignal): Promise<void> {
  const { actions, store, settings } = options;
  const { policies, coolDownMs, windowMs, maxFlaps } = settings;
  const rows = store.autoRemediations;
  await rows.settle();
  await rows.prune({ coolDownMs, windowMs });
  for (const undone of await rows.undone({ policies, windowMs, fixes: maxFlaps })) await stop(undone, options);
  if ((await actions.stopped()) !== null) return;
  const due = await rows.due({ policies, coolDownMs, limit: atOnce });
  const attempts = new Map(due.map((one) => [touchKey(one.finding.resource.id, one.finding.policy), one.attempts]));
  for (const claim of claimsOf(due, options)) await rows.claim(claim, attempts);
  for (const claim of await rows.unasked(atOnce)) {
    if (signal.aborted) return;
    await ask(claim, options);
  }
}

type Touch = RemediationClaim["touches"][number];
interface Group {
  readonly remediation: string;
  readonly account: string;
  readonly region: string | null;
  readonly touches: Map<string, Touch>;
  readonly resources: Set<string>;
  /** What the name of the action is made of. */
  readonly facts: string[];
}

/** One action at a time in an account: the worst findings come first, the others when it is over. */
function claimsOf(
  due: readonly DueFinding[],
  { remediations, mostResources = 25 }: AutoRemediationOptions,
): RemediationClaim[] {
  const groups = new Map<string, Group>();
  const most = Math.min(mostResources, mostOfKind);
  for (const { finding, attempts } of due) {
    const { policy, resource, fingerprint, lastScan } = finding;
    const { id, type, account, region } = resource;
    const remediation = remediationFor(policy, type, remediations);
    if (remediation === null || account === null) continue;
    const group: Group = groups.get(account) ?? {
      ...{ remediation: remediation.id, account, region, touches: new Map(), resources: new Set(), facts: [] },
    };
    groups.set(account, group);
    if (group.remediation !== remediation.id || group.region !== region) continue;
    if (!group.resources.has(id) && group.resources.size >= most) continue;
    group.resources.add(id);
    group.touches.set(touchKey(id, policy), { resource: id, type, policy });
    group.facts.push(JSON.stringify([fingerprint, lastScan, attempts]));
  }
  return [...groups.values()].map((group) => ({
    ...placeOf(group),
    action: nameOf(group),
    touches: [...group.touches.values()],
  }));
}

function placeOf({
  remediation,
  account,
  region,
}: Group): Pick<RemediationClaim, "remediation" | "account" | "region"> {
  return { remediation, account, region };
}

/** The same findings of the same scans, tried as often, are the same action. */
function nameOf({ remediation, account, region, facts }: Group): string {
  const text = JSON.stringify([remediation, account, region, facts.toSorted()]);
  return `auto-${createHash("sha256").update(text).digest("hex").slice(0, 40)}`;
}

function callerOf({ origin }: AutoRemediationOptions): Caller {
  return { actor: { name: "auto-remediation", source: "schedule" }, origin };
}

/** What the gate does not allow is left for people until the cool-down is over. */
async function ask(claim: RemediationClaim, options: AutoRemediationOptions): Promise<void> {
  const { actions, store, log } = options;
  const { action: id } = claim;
  const caller = callerOf(options);
  try {
    const asked = await actions.request(requestOf(claim), { ...caller.actor, roles: [] }, caller, id);
    if (asked.state !== "ready") {
      log.info({ action: id, state: asked.state }, `auto-remediation: action ${id} is ${asked.state}`);
      return;
    }
    if (asked.plan.steps.length === 0) await actions.reject(id, "there is nothing to put right any more", caller);
    else await store.autoRemediations.ask(id, caller);
  } catch (error) {
    if (isRefusal(error)) await store.autoRemediations.refuse(id);
    log.warn(
      { err: error, action: id },
      `auto-remediation: ${claim.remediation} could not be asked for: ${messageOf(error)}`,
    );
  }
}

/** What another try would not change. */
function isRefusal(error: unknown): boolean {
  return error instanceof PortcullisError && (error.code === "usage" || error.code === "input-unreadable");
}

function requestOf({ remediation, account, region, touches }: RemediationClaim) {
  const types = new Map(touches.map(({ resource, type }) => [resource, type]));
  const resources = [...types].map(([id, type]) => ({ id, type })).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const policies = [...new Set(touches.map(({ policy }) => policy))].toSorted();
  const reason = `actions.remediate: ${policies.join(", ")}`.slice(0, 2_000);
  return { kind: remediationKind, reason, parameters: { remediation, account, region, resources } };
}

async function stop(undone: UndoneFinding, options: AutoRemediationOptions): Promise<void> {
  const { finding, fixes } = undone;
  const release = `portcullis remediate --release ${finding.fingerprint.slice(0, 12)}`;
  const message =
    `auto-remediation stopped: ${finding.policy} was put right ${fixes} times and undone each time by somebody else; ` +
    `find out by whom, then: ${release}. ${finding.message}`;
  if (await options.store.autoRemediations.stopFlapping(undone, message.slice(0, 2_000), callerOf(options)))
    options.log.warn({ finding: finding.fingerprint, resource: finding.resource.id }, message.slice(0, 500));
}
