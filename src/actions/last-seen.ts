// Whether a plan found the world as the last scan did. A kind's word is taken for what is there; where the inventory says otherwise,
// whoever decides is told, and what only the plan would let through is for people.
import type { Resource } from "../inventory/resource.js";
import type { Json } from "../json.js";
import { redactJson } from "../redact.js";
import type { Change, PlannedResource } from "./action.js";
import { areProtecting } from "./action-resource.js";
import { changedPaths } from "./changed-paths.js";
import { idOf } from "./plan-faults.js";
import type { InventorySource, SeenResource } from "./store-inventory.js";

export interface Contradictions {
  /** Never an allow by themselves. */
  readonly doubts: readonly string[];
  /** Worth a word. */
  readonly notes: readonly string[];
}

const mostNamed = 10;
const mostPaths = 5;

export async function contradictions(
  changes: readonly Change[],
  { seen }: Pick<InventorySource, "seen">,
  protectedTags: readonly string[],
): Promise<Contradictions> {
  const known = new Map((await seen(changes.map(idOf))).map((one) => [one.id, one]));
  const doubts: string[] = [];
  const notes: string[] = [];
  for (const change of changes) {
    const last = known.get(idOf(change));
    if (last === undefined) continue;
    const doubt = doubtOf(change, last, protectedTags);
    if (doubt !== null) doubts.push(doubt);
    const note = change.before === null ? null : differenceOf(change.before, last);
    if (note !== null) notes.push(note);
  }
  return { doubts: named(doubts), notes: named(notes) };
}

function doubtOf({ before }: Change, { id, lastSeen, tags }: SeenResource, protectedTags: readonly string[]) {
  if (before === null) return `${id} is to be created, and was there when it was scanned at ${lastSeen}`;
  if (tags === null || !areProtecting(tags, protectedTags) || areProtecting(before.resource.tags, protectedTags))
    return null;
  return `${id} was protected by a tag when it was scanned at ${lastSeen}, and is not in the plan`;
}

/** Scans keep no secrets, and what was not read is no difference. */
function differenceOf(
  { resource, failures }: PlannedResource,
  { id, lastSeen, config, tags }: SeenResource,
): string | null {
  const last: Resource = { ...resource, config: config ?? resource.config, tags: tags ?? resource.tags };
  const unread = [...resource.unknown, ...failures.map(({ pointer }) => pointer)];
  const paths = changedPaths(clean(last), clean(resource)).filter((path) => !unread.some((at) => isWithin(path, at)));
  if (paths.length === 0) return null;
  const more = paths.length > mostPaths ? ` and ${paths.length - mostPaths} more` : "";
  return `${id} is not as it was scanned at ${lastSeen}: ${paths.slice(0, mostPaths).join(", ")}${more}`;
}

function clean(resource: Resource): Resource {
  const of = <T>(value: T): T => redactJson(value as Json).value as T;
  return { ...resource, config: of(resource.config), tags: of(resource.tags) };
}

function isWithin(path: string, at: string): boolean {
  return at === "" || path === at || path.startsWith(`${at}/`) || at.startsWith(`${path}/`);
}

function named(sentences: readonly string[]): readonly string[] {
  const more = sentences.length - mostNamed;
  return more > 0 ? [...sentences.slice(0, mostNamed), `and ${more} more such resources`] : sentences;
}
