// Patterns in which `*` stands for any text, and nothing else is special. Time in proportion to the text: never a regular expression.

/** Longer ones, and ones with more stars, are refused where patterns are read. */
export const maximumPattern = 2_048;
export const maximumStars = 16;

export function isPattern(text: string): boolean {
  return text.includes("*");
}

/** True for `*`, and for `**` all the same. */
export function matchesAll(pattern: string): boolean {
  return /^\*+$/.test(pattern);
}

export function matches(pattern: string, text: string): boolean {
  if (pattern === text) return true;
  const [start = "", ...parts] = pattern.split("*");
  const end = parts.pop();
  if (end === undefined || parts.length >= maximumStars) return false;
  if (text.length < start.length + end.length || !text.startsWith(start) || !text.endsWith(end)) return false;
  // The first place where a part fits leaves the most for those after it.
  let at = start.length;
  const last = text.length - end.length;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > last) return false;
    at = found + part.length;
  }
  return true;
}
