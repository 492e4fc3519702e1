// Who is responsible for a resource: what its tags say, or else the first rule of the configuration that fits it.
import type { Resource } from "../inventory/resource.js";
import { matches } from "./glob.js";
import { hasTag } from "./waiver.js";

export interface OwnerSettings {
  /** Keys of tags, the first that is there wins; in whatever case they are written. */
  readonly tags: readonly string[];
  readonly rules: readonly OwnerRule[];
}

/** Everything that it names must fit; `*` stands for any text. */
export interface OwnerRule {
  readonly owner: string;
  readonly account?: string | undefined;
  readonly type?: string | undefined;
  readonly resource?: string | undefined;
  /** `key=value`. */
  readonly tag?: string | undefined;
}

export const defaultOwners: OwnerSettings = { tags: ["owner", "team"], rules: [] };

export type OwnedResource = Pick<Resource, "id" | "type" | "account" | "tags">;
export type OwnerOf = (resource: OwnedResource) => string | null;

const longestOwner = 256;

export function ownerOf(resource: OwnedResource, settings: OwnerSettings = defaultOwners): string | null {
  return ownersBy(settings)(resource);
}

export function ownersBy({ tags, rules }: OwnerSettings): OwnerOf {
  const keys = tags.map((key) => key.toLowerCase());
  return (resource) => ownerTag(resource.tags, keys) ?? rules.find((rule) => fits(rule, resource))?.owner ?? null;
}

function ownerTag(tags: Resource["tags"], keys: readonly string[]): string | null {
  let best = keys.length;
  let owner: string | null = null;
  for (const key of Object.keys(tags)) {
    const rank = keys.indexOf(key.toLowerCase());
    const value = tags[key];
    if (rank < 0 || rank >= best || typeof value !== "string" || value.trim() === "") continue;
    best = rank;
    owner = value.trim().slice(0, longestOwner).toWellFormed();
  }
  return owner;
}

function fits(
  { account, type, resource, tag }: OwnerRule,
  { id, type: ofType, account: of, tags }: OwnedResource,
): boolean {
  return (
    (account === undefined || (of !== null && matches(account, of))) &&
    (type === undefined || matches(type, ofType)) &&
    (resource === undefined || matches(resource, id)) &&
    (tag === undefined || hasTag(tags, tag))
  );
}
