// Text and names as OSCAL's data types want them. Whatever comes from outside is hostile: nothing of it may act as Markdown,
// HTML or an OSCAL insertion, and no text may make a document invalid.
import { printable } from "../../printable.js";

/** Longer texts are cut: the files of a package have them whole. */
const maxText = 2_000;

/** OSCAL's `string`: one line that neither begins nor ends with a space, and is not empty. */
export function plain(text: string): string {
  const wellFormed = text.replace(/[\ud800-\udfff]/gu, "\ufffd");
  const shown = printable(wellFormed.length > maxText ? `${cut(wellFormed)}…` : wellFormed).trim();
  return shown === "" ? "-" : shown;
}

function cut(text: string): string {
  return text.slice(0, maxText).replace(/[\ud800-\udbff]$/, "");
}

/** OSCAL's `markup-line`, showing the text as it is. It may stand in `markup-multiline` too. */
export function markup(text: string): string {
  return plain(text)
    .replace(/[\\`*_{}[\]<>#|~^&!"'$@]/g, "\\$&")
    .replace(/:\/\//g, "\\://")
    .replace(/www\./gi, (match) => `${match.slice(0, -1)}\\.`)
    .replace(/\.\.\.|--/g, (match) => match.replace(/./g, "\\$&"))
    .replace(/^[-+=:]/, "\\$&")
    .replace(/^(\d+)([.)])/, "$1\\$2");
}

/** Paragraphs of `markup-multiline`; what is empty is left out. */
export function paragraphs(...texts: readonly (string | null)[]): string {
  return texts.filter((text) => text !== null && text !== "").join("\n\n");
}

/** The control's name as an OSCAL token, `soc2_CC6.1`: both parts can be read back with `parseControlToken`. */
export function controlToken(baseline: string, control: string): string {
  const token = `${escapeToken(baseline)}_${escapeToken(control)}`;
  return /^[A-Za-z_]/.test(token) ? token : `__${token.charCodeAt(0).toString(16)}_${token.slice(1)}`;
}

/** Everything but letters, digits, dots and dashes becomes `__HEX_`. */
function escapeToken(text: string): string {
  return text.replace(/[^A-Za-z0-9.-]/gu, (character) => `__${(character.codePointAt(0) ?? 0).toString(16)}_`);
}

export function parseControlToken(token: string): { readonly baseline: string; readonly control: string } | null {
  const parts = [""];
  for (const [piece, hex] of token.matchAll(/__([0-9a-f]{1,6})_|_|[^_]+/g)) {
    if (hex !== undefined)
      parts.push((parts.pop() ?? "") + String.fromCodePoint(Math.min(parseInt(hex, 16), 0x10ffff)));
    else if (piece === "_") parts.push("");
    else parts.push((parts.pop() ?? "") + piece);
  }
  const [baseline, control, more] = parts;
  return baseline === undefined || control === undefined || more !== undefined ? null : { baseline, control };
}

/** RFC 3339 in UTC, or null for what is no time that OSCAL can hold. */
export function instant(text: string | null): string | null {
  const time = text === null ? NaN : Date.parse(text);
  if (!Number.isFinite(time)) return null;
  const written = new Date(time).toISOString();
  return /^(19|2\d)\d\d-/.test(written) ? written : null;
}

/** A path inside of the package as a relative reference. */
export function relativeHref(path: string): string {
  const segments = path.replace(/[\ud800-\udfff]/gu, "\ufffd").split("/");
  return segments.map((segment) => encodeURIComponent(segment).replace(/[!'()*]/g, percent)).join("/");
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** An address on the web, or null for anything else: `javascript:`, files, what is no address. */
export function webHref(text: string | null): string | null {
  if (text === null || !URL.canParse(text)) return null;
  const { protocol, href } = new URL(text);
  return /^https?:$/.test(protocol) && /^[\w.~:/?#@!$&'()*+,;=%-]+$/.test(href) ? href : null;
}
