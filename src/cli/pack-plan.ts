// What policy packs propose for live resources, beside what a live remediation does: the same value of the same property may become an
// action; for everything else it is said that nothing can apply it.
import { isDeepStrictEqual } from "node:util";
import { opposedProposals } from "../../remediations/code/opposed.js";
import { argumentOf, configPlace, leavesOf, NotWritten } from "../../scanners/pulumi/written.js";
import type { LiveCloud, Remediation } from "../actions/remediation/remediation.js";
import { Unfixable } from "../actions/remediation/remediation.js";
import type { Wanted } from "../actions/remediation/remediation-targets.js";
import type { PackEvaluation } from "../engine/crossguard/pack-evaluation.js";
import type { Proposal, ProposedChange, Verdict } from "../engine/verdict.js";
import { PortcullisError } from "../errors.js";
import { parsePointer, pointer, valueAt } from "../inventory/pointer.js";
import type { Resource } from "../inventory/resource.js";
import type { ScannedResource } from "../inventory/scan-item.js";
import type { Json } from "../json.js";

/** What nothing here can apply, and why. */
export interface Unapplied {
  readonly policy: string;
  readonly resource: string;
  readonly why: string;
  /** By Pulumi's names; empty where the resource could not be read or the pack proposes nothing. */
  readonly changes: readonly ProposedChange[];
  /** Whether something could not be read: nobody knows what is to be done. */
  readonly isUnread: boolean;
}

export interface PackPlan {
  readonly wanted: readonly Wanted[];
  readonly unapplied: readonly Unapplied[];
}

export interface PackSources {
  readonly packs: Pick<PackEvaluation, "judge">;
  readonly cloud: Pick<LiveCloud, "read">;
  readonly remediations: readonly Remediation[];
}

/** Packs are asked about so many resources at once. */
const batch = 200;

/** `findings`: what of packs is open. The resources are read and judged again first: only what still fails is looked at. */
export async function packPlan(findings: readonly Wanted[], sources: PackSources): Promise<PackPlan> {
  const wanted: Wanted[] = [];
  const unapplied: Unapplied[] = [];
  const { items, unread } = await readAll(findings, sources.cloud);
  unapplied.push(...unread);
  const open = new Set(findings.map(keyOf));
  for (let at = 0; at < items.length; at += batch) {
    const some = items.slice(at, at + batch);
    const verdicts = (await sources.packs.judge(some)).filter((one) => open.has(keyOf(one)));
    const judged = verdicts.flatMap((verdict) => {
      const item = some.find(({ resource }) => placeOf(resource) === placeOf(verdict.resource));
      return item === undefined ? [] : [{ item, verdict }];
    });
    const opposed = opposedProposals(judged.filter(({ verdict }) => verdict.verdict === "fail"));
    for (const one of judged) {
      const found = planOf(one, opposed.get(one), sources.remediations);
      wanted.push(...found.wanted);
      unapplied.push(...found.unapplied);
    }
  }
  return { wanted, unapplied };
}

function keyOf({ policy, resource }: Wanted): string {
  return JSON.stringify([policy, placeOf(resource)]);
}

/** An id may be there in several accounts. */
function placeOf({ id, account, region }: Omit<Wanted["resource"], "type">): string {
  return JSON.stringify([id, account, region]);
}

interface ReadResources {
  readonly items: readonly ScannedResource[];
  readonly unread: readonly Unapplied[];
}

async function readAll(findings: readonly Wanted[], cloud: PackSources["cloud"]): Promise<ReadResources> {
  const items: ScannedResource[] = [];
  const unread: Unapplied[] = [];
  const seen = new Set<string>();
  for (const { policy, resource } of findings) {
    const { id, type, account, region } = resource;
    if (seen.has(placeOf(resource))) continue;
    seen.add(placeOf(resource));
    const failed = (why: string): void => {
      unread.push({ policy, resource: id, why, changes: [], isUnread: true });
    };
    if (account === null) failed("it is not known in which account it is");
    else
      try {
        const scanned = await cloud.read({ id, type, name: null, account, region });
        if (scanned !== null) items.push(scanned);
      } catch (error) {
        if (!(error instanceof PortcullisError)) throw error;
        failed(error.message);
      }
  }
  return { items, unread };
}

function planOf(
  { item, verdict }: { readonly item: ScannedResource; readonly verdict: Verdict },
  opposed: string | undefined,
  remediations: readonly Remediation[],
): PackPlan {
  const { policy, proposal } = verdict;
  const about = { policy, resource: item.resource.id };
  const isUnread = verdict.verdict === "error" || verdict.verdict === "unknown";
  if (verdict.verdict !== "fail" && !isUnread) return { wanted: [], unapplied: [] };
  if (isUnread || proposal === undefined || opposed !== undefined) {
    const why = isUnread ? (verdict.reasons[0]?.message ?? verdict.verdict) : opposed;
    const changes = proposal?.changes ?? [];
    return { wanted: [], unapplied: [{ ...about, why: why ?? "the pack proposes nothing for it", changes, isUnread }] };
  }
  const parts = proposal.changes.map((change) => partOf(change, { proposal, item, remediations }));
  return {
    wanted: parts.flatMap(({ wanted }) => wanted),
    unapplied: parts.flatMap(({ why, change }) =>
      why === null ? [] : [{ ...about, why, changes: [change], isUnread: false }],
    ),
  };
}

interface Proposed {
  readonly proposal: Proposal;
  readonly item: ScannedResource;
  readonly remediations: readonly Remediation[];
}

interface Part {
  readonly change: ProposedChange;
  readonly wanted: readonly Wanted[];
  readonly why: string | null;
}

function partOf(change: ProposedChange, proposed: Proposed): Part {
  const { op, path, value, redacted } = change;
  const refused = (why: string): Part => ({ change, wanted: [], why });
  if (op === "remove") return refused(`${path} would be taken out, which no live remediation does`);
  if (redacted === true) return refused(`${path} would be a secret`);
  try {
    const { resource } = proposed.item;
    const found = leavesOf(parsePointer(path), value).map((leaf) => remediationOf(leaf, proposed));
    const { id, type, account, region } = resource;
    const wanted = found.map(({ policies: [policy = ""] }) => ({ policy, resource: { id, type, account, region } }));
    return { change, wanted, why: null };
  } catch (error) {
    if (error instanceof NotWritten || error instanceof Unfixable) return refused(error.message);
    throw error;
  }
}

interface Leaf {
  readonly path: readonly string[];
  readonly value: Json;
}

/** Throws NotWritten or Unfixable, with the reason, where there is none that would set exactly this. */
function remediationOf({ path, value }: Leaf, { proposal, item, remediations }: Proposed): Remediation {
  const { resource } = item;
  const place = configPlace(resource.type, argumentOf({ ...proposal, path }, undefined), value);
  const at = pointer(["config", ...place.path]);
  const touching = remediations.filter(
    ({ types, touches }) => types.includes(resource.type) && touches.some((one) => `${at}/`.startsWith(`${one}/`)),
  );
  const [first] = touching;
  if (first === undefined) throw new NotWritten(`there is no live remediation that sets ${at}`);
  const same = touching.find((one) => isDeepStrictEqual(valueAfter(one, resource, at), place.value));
  if (same !== undefined) return same;
  const ours = JSON.stringify(valueAfter(first, resource, at) ?? null).slice(0, 100);
  throw new NotWritten(
    `${first.id} would set ${at} to ${ours}, and not to ${JSON.stringify(place.value).slice(0, 100)}`,
  );
}

function valueAfter(remediation: Remediation, resource: Resource, at: string): Json | undefined {
  const after = remediation.plan(resource, [])?.after ?? resource;
  return valueAt(after as unknown as Json, at);
}
