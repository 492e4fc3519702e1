// Verdicts on the world before and after a plan, and on the action itself. Belongs to one decision at a time.
import { Breather } from "../concurrency.js";
import type { Excuses } from "../compliance/excuses.js";
import { withoutSecrets } from "../compliance/verdict-secrets.js";
import type { PackJudge } from "../engine/crossguard/pack-evaluation.js";
import type { Evaluation } from "../engine/evaluation.js";
import { actionType, type RegoPolicy } from "../engine/policy.js";
import type { Verdict } from "../engine/verdict.js";
import type { ScannedResource } from "../inventory/scan-item.js";
import type { Change } from "./action.js";
import { isSeenByOthers, type World } from "./after-state.js";
import type { Judgement } from "./verdict-changes.js";

export interface Judges {
  /** Nobody else may use it: see `Evaluation.begin`. */
  readonly evaluation: Evaluation;
  readonly packs: PackJudge | null;
  readonly policies: readonly RegoPolicy[];
}

/** What a decision has to look at besides what is changed. */
export interface Concern {
  /** The rest of the accounts, since a policy about what is changed looks at it. */
  readonly inventory: boolean;
  /** Resources that are not changed, since their verdicts could. */
  readonly others: boolean;
}

export function concernOf(changes: readonly Change[], { evaluation, packs, policies }: Judges): Concern {
  const looking = policies.filter(({ reads }) => reads.inventory !== null);
  const types = new Set([actionType, ...changes.map(({ before, after }) => (before ?? after)?.resource.type ?? "")]);
  const isAsked = looking.some((policy) => policy.types.some((type) => types.has(type)));
  const isSeen = looking.length > 0 && isSeenByOthers(changes, (at) => evaluation.inventoryPolicyReads(at));
  const others = isSeen || packs?.needsInventory === true;
  return { inventory: isAsked || others, others };
}

export interface Judging {
  readonly world: World;
  readonly concern: Concern;
  readonly excuses: Excuses;
}

/** Begins the evaluation: what is judged right after it is judged in this world. */
export async function judgeWorld(
  { evaluation, packs }: Judges,
  { world, concern, excuses }: Judging,
): Promise<Judgement> {
  const { changed, others, problems } = world;
  const all = [...changed, ...others];
  if (concern.inventory) evaluation.begin(all, problems);
  else evaluation.begin(evaluation.needsInventory ? changed : [], []);
  const items = new Map(all.map((item) => [item.resource.id, item]));
  const breather = new Breather();
  const judged: Verdict[] = [];
  for (const item of changed) {
    judged.push(...evaluation.judge(item));
    await breather.pause();
  }
  for (const item of concern.others && evaluation.needsInventory ? others : []) {
    judged.push(...evaluation.judge(item, "inventory"));
    await breather.pause();
  }
  if (packs !== null) {
    judged.push(...(await packs.judge(changed)));
    if (packs.needsInventory) judged.push(...(await packs.judgeInventory(all, problems)));
  }
  const verdicts: Verdict[] = [];
  for (const verdict of judged) {
    const item = items.get(verdict.resource.id);
    const about = item === undefined ? [] : [item];
    verdicts.push(excuses.apply(withoutSecrets(verdict, about), about));
  }
  return { verdicts, items };
}

/** In the world that was judged last. Waivers are for resources: none lets an action pass that its policies refuse. */
export function judgeAction({ evaluation }: Judges, item: ScannedResource): Verdict[] {
  return [...evaluation.judge(item)].map((verdict) => withoutSecrets(verdict, [item]));
}
