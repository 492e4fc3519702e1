// Whether two files ask for the same thing: then only one of them may, and one that goes does not take it away from the other.
import { canonicalJson } from "../../audit/canonical-json.js";
import { own } from "../../json.js";
import type { Gitops, GitopsPath } from "../../store/gitops.js";
import type { Asked } from "./desired-file.js";
import type { GitFile } from "./git.js";
import { mainOf, type RepositorySettings } from "./gitops-settings.js";

/** What a commit's files ask for, and others. */
export interface Wanted {
  readonly files: ReadonlyMap<string, GitFile>;
  /** What is kept of each path, brought up to date. */
  readonly known: ReadonlyMap<string, GitopsPath>;
  /** What the main branches of other repositories ask for: which file of which one. */
  readonly elsewhere: ReadonlyMap<string, string>;
}

/** The other file that asks for it, as far as it is known what that is now. */
export function wantedBy(wish: Asked, { files, known, elsewhere }: Wanted, path: string): string | null {
  const key = wishKey(wish);
  const isThere = (one: GitopsPath): boolean => one.path !== path && files.get(one.path)?.blob === one.blob;
  const found = [...known.values()].find(
    (one) =>
      isThere(one) &&
      one.kind !== null &&
      one.parameters !== null &&
      wishKey({ kind: one.kind, parameters: one.parameters }) === key,
  );
  return found?.path ?? elsewhere.get(key) ?? null;
}

/** What is undone, or was refused, has no content there and counts for nothing. */
export async function wantedElsewhere(
  store: Pick<Gitops, "paths">,
  others: readonly RepositorySettings[],
): Promise<Wanted["elsewhere"]> {
  const found = new Map<string, string>();
  for (const other of others) {
    const paths = await store.paths(other.name, mainOf(other));
    for (const path of paths.filter(({ blob }) => blob !== ""))
      for (const wish of wishesOf(path)) found.set(wishKey(wish), `${path.path} of ${other.name}`);
  }
  return found;
}

/** Environments are told apart by their names, whatever is done with them; everything else by all that is asked for. */
function wishKey(asked: Asked): string {
  const environment = environmentOf(asked);
  return environment === null ? canonicalJson([asked.kind, asked.parameters]) : `environment ${environment}`;
}

function environmentOf({ kind, parameters }: Asked): string | null {
  const name = own(parameters, "environment");
  return kind.startsWith("provisioning.") && typeof name === "string" ? name : null;
}

/** What is known of what a path asked for, and of how it is undone. */
export function wishesOf({ kind, parameters, removal }: GitopsPath): readonly Asked[] {
  const wish = kind === null || parameters === null ? [] : [{ kind, parameters }];
  return removal === null ? wish : [...wish, removal];
}
