// Untrusted text in Markdown, for whoever writes some.
import { printable } from "./printable.js";

/** Untrusted text as plain words: no markup, no link, no mention, no cell border. */
export function text(value: string): string {
  return printable(value)
    .slice(0, 500)
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/([\\`*_{}[\]()#+!|~])/g, "\\$1")
    .replace(/@/g, "@\u200b")
    .replace(/(https?|ftp):\/\//gi, "$1:&#47;&#47;")
    .replace(/www\./gi, "www&#46;");
}

/** Untrusted text as code: backticks cannot end it, and a pipe cannot end the cell. */
export function code(value: string): string {
  return `\`${printable(value).slice(0, 300).replaceAll("`", "'").replaceAll("|", "\\|")}\``;
}

/** Text that may hold code between backticks, as the fix of a policy does. */
export function prose(value: string): string {
  const parts = value.split("`");
  if (parts.length % 2 === 0) return text(value);
  return parts.map((part, at) => (at % 2 === 0 ? text(part) : code(part))).join("");
}
