import { shown } from "./markup.js";

// What all four fonts have: Latin, Greek, Cyrillic and punctuation. A test compares this with the fonts themselves.
const missing =
  /[^\n\x20-\x7e\u00a0-\u017f\u0192\u01a0\u01a1\u01af\u01b0\u0384-\u038a\u038c\u038e-\u03a1\u03a3-\u03ce\u0400-\u0482\u048a-\u0513\u1ea0-\u1ef9\u2013-\u2015\u2018-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2116\u2122\u25a0\u25cf]/gu;

/** The text with each character that the fonts of the PDF lack as its escape, such as `\u{4e2d}`: never an empty box. */
export function inFont(text: string): string {
  return shown(text).replace(missing, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
