// Where the comments of a YAML file belong: to which document, and to which entry of a map or list in it. They are the parser's
// own comment tokens, so that text in scalars is never taken for one.
import { isMap, isNode, isScalar, isSeq, type CST, type Document, type LineCounter, type Node } from "yaml";
import { parsePointer, pointer as pointerOf } from "../../src/inventory/pointer.js";
import type { Suppression } from "../../src/inventory/scan-item.js";
import { suppressionMark, type CodeComment } from "./suppression.js";

export interface YamlComment {
  readonly offset: number;
  readonly text: string;
  readonly line: number;
  readonly column: number;
  /** Nothing stands before it on its line. */
  readonly alone: boolean;
}

/** For each document, its comments in their order. */
export function commentsOf(tokens: readonly CST.Token[], text: string, lines: LineCounter): YamlComment[][] {
  const documents: YamlComment[][] = [];
  let waiting: YamlComment[] = []; // between documents: they belong to the next one
  for (const token of tokens) {
    const comments = sourceComments(token).map((comment) => placed(comment, text, lines));
    if (token.type === "document") {
      const above = takeAbove(documents.at(-1) ?? [], token, lines);
      documents.push([...above, ...waiting, ...comments]);
      waiting = [];
    } else if (token.type === "comment") waiting.push(...comments);
  }
  return documents;
}

interface SourceComment {
  readonly offset: number;
  readonly source: string;
}

/** Every comment in a token, however deep: comments stand among the tokens around values. */
function sourceComments(token: CST.Token): SourceComment[] {
  const found: SourceComment[] = [];
  const pending: unknown[] = [token];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (Array.isArray(next)) for (const one of next as readonly unknown[]) pending.push(one);
    else if (isComment(next)) found.push(next);
    else if (typeof next === "object" && next !== null) {
      for (const key of tokenParts) if (Object.hasOwn(next, key)) pending.push((next as Record<string, unknown>)[key]);
    }
  }
  return found.sort((a, b) => a.offset - b.offset);
}

const tokenParts = ["start", "props", "items", "key", "sep", "value", "end"] as const;

function isComment(token: unknown): token is SourceComment {
  return typeof token === "object" && token !== null && (token as { type?: unknown }).type === "comment";
}

function placed({ offset, source }: SourceComment, text: string, lines: LineCounter): YamlComment {
  const { line, col } = lines.linePos(offset);
  const alone = text.slice(offset - col + 1, offset).trim() === "";
  return { offset, text: source, line, column: col, alone };
}

/** A comment at the margin on the lines directly above `---` speaks of the document below; the one before gives it away. */
function takeAbove(before: YamlComment[], { offset }: CST.Token, lines: LineCounter): YamlComment[] {
  const taken: YamlComment[] = [];
  let below = lines.linePos(offset).line;
  for (let last = before.at(-1); last !== undefined; last = before.at(-1)) {
    if (!last.alone || last.column !== 1 || last.line !== below - 1) break;
    taken.unshift(last);
    before.pop();
    below = last.line;
  }
  return taken;
}

interface Commented {
  readonly document: Document;
  readonly text: string;
  readonly lines: LineCounter;
  readonly uri: string;
  readonly comments: readonly YamlComment[];
}

type Read = (comment: CodeComment) => readonly Suppression[];

/** Answers for pointers into one document. Each map or list that is asked about is looked through once. */
export function suppressionsOf(commented: Commented, read: Read): (pointer: string) => readonly Suppression[] {
  const marked = commented.comments.filter(({ text }) => text.includes(suppressionMark));
  if (marked.length === 0) return () => [];
  const said = new Map(marked.map((comment) => [comment, read(located(comment, commented.uri))]));
  const all = [...said.values()].flat();
  const byParent = new Map<string, ReadonlyMap<string, readonly Suppression[]>>();
  return (pointer) => {
    const path = parsePointer(pointer);
    const segment = path.pop();
    if (segment === undefined) return all;
    const parent = pointerOf(path);
    const known = byParent.get(parent) ?? byEntry(entriesAt(commented, path), commented, said);
    byParent.set(parent, known);
    return known.get(segment) ?? [];
  };
}

function located({ text, line, column }: YamlComment, file: string): CodeComment {
  return { text, location: { file, line, column } };
}

interface Entries {
  /** In flow style (`{...}`) columns say nothing. */
  readonly flow: boolean;
  readonly list: readonly Entry[];
}

interface Entry {
  readonly segment: string;
  readonly start: number;
  /** After the last thing that is said in it. */
  readonly end: number;
  readonly line: number;
  /** What stands at this column or further right, below its end, is still inside. */
  readonly inner: number;
}

function byEntry(
  entries: Entries,
  commented: Commented,
  said: ReadonlyMap<YamlComment, readonly Suppression[]>,
): Map<string, readonly Suppression[]> {
  const alone = new Set(commented.comments.filter((comment) => comment.alone).map(({ line }) => line));
  const found = new Map<string, readonly Suppression[]>();
  const last = entries.list.at(-1);
  const limit = last === undefined ? 0 : contentAfter(commented.text, last.end);
  for (const [comment, suppressions] of said) {
    if (last !== undefined && comment.offset > limit) continue;
    const entry = entryOf(comment, entries, { ...commented, alone });
    if (entry !== null) found.set(entry.segment, [...(found.get(entry.segment) ?? []), ...suppressions]);
  }
  return found;
}

interface Around {
  readonly lines: LineCounter;
  /** The lines on which there is nothing but a comment. */
  readonly alone: ReadonlySet<number>;
}

/** The entry that a comment is inside of, or else the one that it is directly above. */
function entryOf(comment: YamlComment, { flow, list }: Entries, around: Around): Entry | null {
  const at = lastStarting(list, comment.offset);
  const before = list[at];
  if (before !== undefined) {
    if (comment.offset < before.end) return before;
    const sameLine = !comment.alone && around.lines.linePos(before.end - 1).line === comment.line;
    if (!flow && (sameLine || (comment.alone && comment.column >= before.inner))) return before;
  }
  const next = list[at + 1];
  return next !== undefined && comment.alone && isDirectlyAbove(comment.line, next.line, around.alone) ? next : null;
}

function isDirectlyAbove(line: number, below: number, alone: ReadonlySet<number>): boolean {
  let next = line;
  while (next < below && alone.has(next)) next++;
  return next === below && line < below;
}

/** Which of the entries, which are in their order, is the last that starts at or before the offset; -1 for none. */
function lastStarting(list: readonly Entry[], offset: number): number {
  let low = -1;
  let high = list.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((list[middle]?.start ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Where something other than blanks and comments comes next. */
function contentAfter(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === "#") at = lineEnd(text, at);
    else if (character.trim() !== "") return at;
  }
  return text.length;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}

function entriesAt({ document, lines }: Commented, path: readonly string[]): Entries {
  let node: unknown = document.contents;
  for (const segment of path) {
    node = isMap(node)
      ? node.items.find(({ key }) => isScalar(key) && keyOf(key) === segment)?.value
      : isSeq(node)
        ? node.items[Number(segment)]
        : undefined;
  }
  const flow = isMap(node) || isSeq(node) ? node.flow === true : false;
  return { flow, list: pairsOf(node).flatMap((pair) => entry(pair, lines) ?? []) };
}

interface Named {
  readonly segment: string;
  readonly first: unknown;
  readonly value: unknown;
  /** Columns right of the first thing at which its inside begins. */
  readonly inset: number;
}

function pairsOf(node: unknown): Named[] {
  if (isSeq(node)) return node.items.map((item, at) => ({ segment: String(at), first: item, value: item, inset: 0 }));
  if (!isMap(node)) return [];
  return node.items.flatMap(({ key, value }) =>
    isScalar(key) ? [{ segment: keyOf(key), first: key, value, inset: 1 }] : [],
  );
}

function keyOf(key: { readonly source?: string | undefined; readonly value: unknown }): string {
  return key.source ?? String(key.value);
}

function entry({ segment, first, value, inset }: Named, lines: LineCounter): Entry | null {
  const range = isNode(first) ? first.range : null;
  if (!range) return null;
  const { line, col } = lines.linePos(range[0]);
  return { segment, start: range[0], end: Math.max(range[1], endOf(value)), line, inner: col + inset };
}

/** After the last thing in a node; what the parser counts to it below that is only comments. */
function endOf(value: unknown): number {
  let node = value;
  let end = 0;
  while (isNode(node) && node.range) {
    const last = lastOf(node);
    end = Math.max(end, last === null ? node.range[1] : rangeEnd(last.key));
    node = last?.value;
  }
  return end;
}

/** The last pair or item of a block; null for what ends where its range says. */
function lastOf(node: Node): { readonly key: unknown; readonly value: unknown } | null {
  if (isMap(node) && node.flow !== true) return node.items.at(-1) ?? null;
  if (isSeq(node) && node.flow !== true && node.items.length > 0) return { key: null, value: node.items.at(-1) };
  return null;
}

function rangeEnd(node: unknown): number {
  return isNode(node) ? (node.range?.[1] ?? 0) : 0;
}
