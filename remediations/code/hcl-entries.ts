// The entries of a map that is written out in HCL. The parser tells where the map stands, not what is in it.
import { NoPatch } from "./no-patch.js";

export interface HclEntry {
  /** As it is written: a name, a text in quotes, an expression in brackets. */
  readonly key: string;
  /** Offsets of the value in the map's text. */
  readonly from: number;
  readonly to: number;
}

const closing: Readonly<Record<string, string>> = { "{": "}", "[": "]", "(": ")" };

/** `written` begins and ends with the map's braces. Throws NoPatch for what cannot be told apart. */
export function hclEntries(written: string): HclEntry[] {
  if (written.includes("<<")) throw new NoPatch("there is a text over several lines in the map");
  const scan = new Scan(written);
  for (let at = 1; at < written.length - 1;) at = scan.step(at);
  return scan.end();
}

class Scan {
  readonly #text: string;
  readonly #entries: HclEntry[] = [];
  /** What ends what is open: brackets, and `"` for a text. */
  readonly #open: string[] = [];
  #key = { from: -1, to: -1 };
  #equals = -1;
  /** After the last character that is no space and no comment. */
  #end = 1;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next place to look at. */
  step(at: number): number {
    const one = this.#text[at] ?? "";
    if (this.#open.at(-1) === '"') return this.#inText(at, one);
    const comment = /^(?:#|\/\/)[^\n]*|^\/\*[^]*?\*\//.exec(this.#text.slice(at))?.[0];
    if (comment !== undefined) return at + comment.length;
    if (this.#open.length === 0 && (one === "," || one === "\n")) return this.#close(at);
    if (/\s/.test(one)) return at + 1;
    if (this.#key.from < 0) this.#key = { from: at, to: at };
    if (this.#open.length === 0 && this.#equals < 0 && (one === "=" || one === ":")) {
      this.#key = { ...this.#key, to: this.#end };
      this.#equals = at;
    }
    if (one === '"' || closing[one] !== undefined) this.#open.push(closing[one] ?? '"');
    else if (/[}\])]/.test(one) && this.#open.pop() !== one) throw new NoPatch("the map's brackets do not match");
    this.#end = at + 1;
    return at + 1;
  }

  #inText(at: number, one: string): number {
    this.#end = at + 1;
    const pair = this.#text.slice(at, at + 2);
    if (one === "\\" || pair === "$$" || pair === "%%") return at + 2;
    if (pair === "${" || pair === "%{") {
      this.#open.push("}");
      return at + 2;
    }
    if (one === '"') this.#open.pop();
    return at + 1;
  }

  #close(at: number): number {
    if (this.#equals >= 0 && this.#end > this.#equals + 1) this.#add();
    else if (this.#equals >= 0) return at + 1; // the value is on the next line
    this.#end = at + 1;
    return at + 1;
  }

  #add(): void {
    const from = this.#equals + 1 + (/^\s*/.exec(this.#text.slice(this.#equals + 1))?.[0].length ?? 0);
    const key = this.#text.slice(this.#key.from, this.#key.to);
    this.#entries.push({ key, from, to: this.#end });
    this.#equals = -1;
    this.#key = { from: -1, to: -1 };
  }

  end(): HclEntry[] {
    if (this.#open.length > 0) throw new NoPatch("the map's brackets do not match");
    if (this.#equals >= 0) this.#add();
    return this.#entries;
  }
}
