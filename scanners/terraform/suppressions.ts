// The comments that the compiler module found in HCL, as suppressions of resources.
import type { Suppression } from "../../src/inventory/scan-item.js";
import { suppressionReader, type CodeComment } from "../code/suppression.js";
import type { EvaluatedResource } from "./evaluated.js";

interface Scope {
  /** The number of the scope around it, always a lower one; -1 for none. */
  readonly parent: number;
  /** Numbers of comments. */
  readonly comments: readonly number[];
}

interface FoundComment {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

/** All scopes of one folder together: modules that call modules multiply what stands in a few files. */
const mostInScopes = 2_000_000;
const mostOfResource = 1_000;

/** The suppressions of each scope, its own first; instances of a resource share them. */
export function suppressionScopes(
  scopes: readonly Scope[],
  comments: readonly FoundComment[],
  show: (file: string) => string,
): readonly (readonly Suppression[])[] {
  const readers = new Map<string, (comment: CodeComment) => readonly Suppression[]>();
  const said = comments.map(({ file, line, column, text }) => {
    const read = readers.get(file) ?? suppressionReader();
    readers.set(file, read);
    return read({ text, location: { file: show(file), line, column } });
  });
  const found: (readonly Suppression[])[] = [];
  let left = mostInScopes;
  for (const { parent, comments: own } of scopes) {
    const all = [...own.flatMap((at) => said[at] ?? []), ...(found[parent] ?? [])];
    left -= all.length;
    found.push(left < 0 ? all.slice(0, 1).map(tooMany) : all);
  }
  return found;
}

function tooMany(first: Suppression): Suppression {
  const problem = "too many suppressions come together in the modules of this folder; none counts here";
  return { ...first, reason: "", problem };
}

/** What excuses a resource: its own comments, those of what was folded into it, those of the policy documents that it is given. */
export type Excusing = (resources: readonly EvaluatedResource[]) => { suppressions?: readonly Suppression[] };

/** `aws_iam_policy_document` is judged only where it is used, so that is where its comments count. */
export function excusing(all: readonly EvaluatedResource[]): Excusing {
  const documents = new Map(
    all
      .filter(({ mode, type, suppressions }) => mode === "data" && type === documentType && suppressions !== undefined)
      .map((each) => [each.address, each]),
  );
  if (documents.size === 0) return suppressionsOf;
  return (resources) => {
    const referred = resources.flatMap(({ references }) => [...references.values()].flat());
    return suppressionsOf([...resources, ...referred.flatMap((address) => documents.get(address) ?? [])]);
  };
}

const documentType = "aws_iam_policy_document";

function suppressionsOf(resources: readonly EvaluatedResource[]): { suppressions?: readonly Suppression[] } {
  const lists = new Set(resources.flatMap(({ suppressions }) => (suppressions === undefined ? [] : [suppressions])));
  const [only] = lists;
  if (only === undefined) return {};
  if (lists.size === 1) return { suppressions: only };
  return { suppressions: [...new Set([...lists].flat())].slice(0, mostOfResource) };
}
