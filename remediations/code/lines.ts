// Places in a text by offset: where lines start and end, and how they end there.

export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

/** After the line's end; the end of the text where it has none. */
export function nextLine(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end < 0 ? text.length : end + 1;
}

export function indentAt(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(lineStart(text, offset)))?.[0] ?? "";
}

/** As the line before the offset ends; where there is none, as the first one does. */
export function lineEndAt(text: string, offset: number): string {
  const before = text.lastIndexOf("\n", offset - 1);
  const end = before < 0 ? text.indexOf("\n") : before;
  return end > 0 && text[end - 1] === "\r" ? "\r\n" : "\n";
}

export interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

export function splice(text: string, { from, to, text: inserted }: Splice): string {
  return text.slice(0, from) + inserted + text.slice(to);
}

/** Puts whole lines after the line in which the offset is. */
export function insertLinesAfter(text: string, offset: number, lines: readonly string[]): string {
  const at = nextLine(text, offset);
  const end = lineEndAt(text, at);
  const isLast = at === text.length && text[at - 1] !== "\n";
  const inserted = isLast ? end + lines.join(end) : lines.join(end) + end;
  return splice(text, { from: at, to: at, text: inserted });
}
