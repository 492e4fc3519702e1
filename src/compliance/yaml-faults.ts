// Faults of a YAML file, each with its line: all of them at once, so that a person puts them right in one go.
import { isNode, type Document, type LineCounter } from "yaml";
import { PortcullisError, type ErrorCode } from "../errors.js";

type Path = readonly PropertyKey[];

export interface FaultyFile {
  readonly file: string;
  /** What the file is, such as `baseline`. */
  readonly what: string;
  readonly code: ErrorCode;
}

export class Faults {
  readonly #of: FaultyFile;
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  readonly #found: { readonly line: number; readonly message: string }[] = [];

  constructor(of: FaultyFile, document: Document.Parsed, lines: LineCounter) {
    this.#of = of;
    this.#document = document;
    this.#lines = lines;
  }

  /** At the value at the path, or at the nearest thing that holds it. */
  add(path: Path, message: string): void {
    const { offset, depth } = this.#nearest(path);
    const key = path.slice(depth).map(String).join(".");
    this.addAt(offset, key === "" ? message : `${key}: ${message}`);
  }

  addAt(offset: number, message: string): void {
    this.#found.push({ line: this.#lineAt(offset), message });
  }

  lineOf(path: Path): number {
    return this.#lineAt(this.#nearest(path).offset);
  }

  throwIfAny(): void {
    if (this.#found.length > 0) throw this.error();
  }

  error(): PortcullisError {
    const { file, what, code } = this.#of;
    const shown = this.#found.slice(0, 20).map(({ line, message }) => `  ${file}:${line}: ${message}`);
    const more = this.#found.length > shown.length ? [`  and ${this.#found.length - shown.length} more`] : [];
    const message = [`the ${what} ${file} is not valid:`, ...shown, ...more].join("\n");
    const places = this.#found.map(({ line }) => ({ file, line }));
    return new PortcullisError(code, message, { places });
  }

  #nearest(path: Path): { offset: number; depth: number } {
    for (let depth = path.length; depth >= 0; depth--) {
      const node = depth === 0 ? this.#document.contents : this.#document.getIn(path.slice(0, depth), true);
      if (isNode(node) && node.range) return { offset: node.range[0], depth };
    }
    return { offset: 0, depth: path.length };
  }

  #lineAt(offset: number): number {
    return Math.max(1, this.#lines.linePos(offset).line);
  }
}
