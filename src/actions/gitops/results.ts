// What became of every file of a repository, as far as it was looked at: for people and programs that ask.
import type { CommitStatus, Gitops } from "../../store/gitops.js";
import { contextOf } from "./shown-result.js";

export interface FileResult {
  readonly branch: string;
  /** Of the file; of the folder where all of it is meant. */
  readonly path: string;
  readonly commit: string;
  readonly state: CommitStatus["state"];
  readonly description: string;
  readonly action: string | null;
}

export async function resultsOf(store: Gitops, repository: string): Promise<readonly FileResult[]> {
  const results: FileResult[] = [];
  for (const branch of await store.branches(repository)) {
    const paths = await store.paths(repository, branch);
    const head = await store.head(repository, branch);
    const commits = [...new Set([...paths.map(({ commit }) => commit), ...(head === null ? [] : [head])])];
    const statuses = await store.statuses(repository, commits);
    const known = new Set(paths.map(({ path }) => contextOf(path)));
    for (const { path, commit, blob, state } of paths) {
      const isGone = blob === "" && commit !== head && state !== "waiting";
      const of = statuses.filter(({ context }) => context === contextOf(path));
      const found = of.find((one) => one.commit === head) ?? of.find((one) => one.commit === commit);
      if (found !== undefined && !isGone) results.push(resultOf(branch, path, found));
    }
    for (const one of statuses)
      if (one.commit === head && !known.has(one.context))
        results.push(resultOf(branch, one.context.slice("portcullis/".length), one));
  }
  return results;
}

function resultOf(branch: string, path: string, { commit, state, description, action }: CommitStatus): FileResult {
  return { branch, path, commit, state, description, action };
}
