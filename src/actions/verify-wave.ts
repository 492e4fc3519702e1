// Whether a wave did what it was to do: its own code reads again what it changed, and the policies judge what was read.
import type { Verdict } from "../engine/verdict.js";
import type { ActionContext, ActionKind, Change, PlannedResource, Step } from "./action.js";
import type { StoredAction } from "./actions.js";
import type { Gate } from "./decision.js";

export interface WaveVerification {
  readonly action: StoredAction;
  /** Of this wave and of those before it. */
  readonly done: readonly Step[];
  readonly kind: ActionKind;
  readonly gate: Gate;
  readonly context: ActionContext;
}

/** Why it is not verified; null when it is. */
export async function verifyWave({ action, done, kind, gate, context }: WaveVerification): Promise<string | null> {
  const { verified, reasons, observed } = await kind.verify(action.plan, done, context);
  if (!verified) return `what was changed is not as planned: ${reasons.join("; ") || "no reason was given"}`;
  const unseen = unseenOf(action, done, observed);
  if (unseen !== null) return unseen;
  const verdicts = await gate.judge(observed.map((after) => changeTo(after, action.plan.changes)));
  return verdictFault(verdicts, action, done);
}

/** What was done for a policy is judged by it again, or it is not known to be done. */
function unseenOf({ plan, decision }: StoredAction, done: readonly Step[], observed: readonly PlannedResource[]) {
  const changed = new Set(done.flatMap(({ resources }) => resources));
  const stays = new Set(plan.changes.flatMap(({ after }) => (after === null ? [] : [after.resource.id])));
  const seen = new Set(observed.map(({ resource }) => resource.id));
  const unseen = decision.resolved.find(({ resource: { id } }) => changed.has(id) && stays.has(id) && !seen.has(id));
  return unseen === undefined
    ? null
    : `${unseen.resource.id} was not read again, and so not judged by ${unseen.policy}`;
}

function changeTo(after: PlannedResource, changes: readonly Change[]): Change {
  const planned = changes.find(({ before }) => before?.resource.id === after.resource.id);
  return { before: planned?.before ?? null, after };
}

const named = ({ policy, resource }: Verdict): string => `${policy} ${resource.id}`;

function verdictFault(verdicts: readonly Verdict[], { decision }: StoredAction, done: readonly Step[]): string | null {
  const bad = verdicts.filter(({ verdict }) => verdict === "fail" || verdict === "error" || verdict === "unknown");
  const changed = new Set(done.flatMap(({ resources }) => resources));
  const resolved = new Set(decision.resolved.filter(({ resource }) => changed.has(resource.id)).map(named));
  const stays = bad.find((verdict) => resolved.has(named(verdict)));
  if (stays !== undefined) return `${stays.resource.id} is ${stays.verdict} of ${stays.policy} as before`;
  const failures = new Set([...decision.existing, ...decision.violations].map(named));
  const doubts = new Set(decision.undecided.map(named));
  // Who approved a doubt did not approve the failure that it turned out to be.
  const isForeseen = (verdict: Verdict): boolean =>
    failures.has(named(verdict)) || (verdict.verdict !== "fail" && doubts.has(named(verdict)));
  const unexpected = bad.find((verdict) => !isForeseen(verdict));
  if (unexpected === undefined) return null;
  return `${unexpected.resource.id} is now ${unexpected.verdict} of ${unexpected.policy}, which the decision did not foresee`;
}
