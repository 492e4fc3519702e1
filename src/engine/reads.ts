import { parsePointer } from "../inventory/pointer.js";

/** True when something at, above or below the pointer can be read by one of the patterns; `*` in a pattern is any key. */
export function mayRead(patterns: readonly (readonly string[])[], pointer: string): boolean {
  const segments = parsePointer(pointer);
  return patterns.some((pattern) => overlaps(pattern, segments));
}

function overlaps(pattern: readonly string[], segments: readonly string[]): boolean {
  const shared = Math.min(pattern.length, segments.length);
  for (let at = 0; at < shared; at++) {
    if (pattern[at] !== "*" && pattern[at] !== segments[at]) return false;
  }
  return true;
}
