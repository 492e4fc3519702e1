import { printable } from "../../src/printable.js";

/** Markup that is safe: only `markup`, and `trusted` for what is written here, make it. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Part = string | number | Markup | readonly Markup[];

export const nothing = new Markup("");

/** Every value that is put in is escaped, unless it is markup already. Fit for HTML and for SVG. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(
    strings.map((string, at) => string + (at < parts.length ? partText(parts[at] ?? "") : "")).join(""),
  );
}

function partText(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (typeof part === "string" || typeof part === "number") return escape(String(part));
  return part.map(({ text }) => text).join("");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escape(text: string): string {
  return shown(text).replace(/[&<>"']/g, (character) => entities[character] ?? "");
}

/** Control characters, and halves of characters that no encoding can carry, as their escapes. */
export function shown(text: string): string {
  return printable(text).replace(
    /[\p{Surrogate}\ufffe\uffff]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
