// Texts within the bounds that Security Hub sets; a text that is too long would cost the whole finding.
import { printable } from "../../printable.js";

/** Nothing to see in it. */
export function wordless(text: string): boolean {
  return !/\S/.test(printable(text));
}

/** At most so many bytes of UTF-8, which is never more characters; what is cut ends in dots. Never empty. */
export function limited(text: string, longest: number): string {
  const whole = printable(text.slice(0, longest + 1).toWellFormed());
  if (wordless(whole)) return "-";
  if (text.length <= longest && Buffer.byteLength(whole) <= longest) return whole;
  const kept = Buffer.from(whole).subarray(0, longest - 3);
  // A character that is cut in the middle goes.
  return `${new TextDecoder().decode(kept).replace(/\ufffd$/, "")}...`;
}
