import { UnreadableAnswer } from "./refusal.js";

const maxPages = 20_000;
const tokens = [
  "NextToken",
  "nextToken",
  "NextMarker",
  "Marker",
  "ContinuationToken",
  "LastEvaluatedTableName",
] as const;

/**
 * The items of all pages. A page without the list is not an empty list: it is an answer that we do not know, and is thrown, as is a
 * page that leads to itself.
 */
export async function* itemsOf<P extends object, T>(
  pages: AsyncIterable<P>,
  items: (page: P) => readonly T[] | undefined,
): AsyncGenerator<T> {
  let previous: unknown;
  let count = 0;
  for await (const page of pages) {
    yield* listOf(items(page));
    const token = nextToken(page);
    if (token !== undefined && token === previous) throw new UnreadableAnswer("a page that leads to itself");
    previous = token;
    if (++count >= maxPages) throw new UnreadableAnswer(`more than ${maxPages} pages`);
  }
}

export function listOf<T>(items: readonly T[] | undefined): readonly T[] {
  if (!Array.isArray(items)) throw new UnreadableAnswer("the answer has no list in it");
  return items as readonly T[];
}

function nextToken(page: object): unknown {
  for (const name of tokens) {
    const token = (page as { readonly [key: string]: unknown })[name];
    if (typeof token === "string" && token !== "") return token;
  }
  return undefined;
}

/** The items in groups of `size`, for calls that take several ids. */
export async function* inGroups<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let group: T[] = [];
  for await (const item of items) {
    group.push(item);
    if (group.length === size) {
      yield group;
      group = [];
    }
  }
  if (group.length > 0) yield group;
}
