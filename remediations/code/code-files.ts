// The files of a remediation as they are and as they would be. What is not below the named folders is never touched.
import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import { decodeText } from "../../scanners/code/document.js";
import { messageOf } from "../../src/errors.js";
import { NoPatch } from "./no-patch.js";

const largestFile = 10 * 1024 * 1024;
const byteOrderMark = "\ufeff";

export interface CodeFile {
  /** Absolute; a symbolic link is its target. */
  readonly path: string;
  readonly bytes: Buffer;
  readonly hasMark: boolean;
  /** Without the byte order mark. */
  readonly before: string;
}

export class CodeFiles {
  readonly #roots: readonly string[];
  readonly #files = new Map<string, CodeFile>();
  /** What was accepted so far, by path. */
  #texts: ReadonlyMap<string, string> = new Map();

  constructor(paths: readonly string[]) {
    this.#roots = paths.map((path) => {
      const real = realpathSync(path);
      return statSync(real).isDirectory() ? real : dirname(real);
    });
  }

  /** Throws NoPatch for what may not be changed or cannot be read. */
  open(named: string): CodeFile {
    try {
      const path = realpathSync(resolve(named));
      const known = this.#files.get(path);
      if (known !== undefined) return known;
      this.#refuseOutside(named, path);
      const file = read(path);
      this.#files.set(path, file);
      return file;
    } catch (error) {
      if (error instanceof NoPatch) throw error;
      throw new NoPatch(`${named} cannot be read: ${messageOf(error)}`);
    }
  }

  textOf(file: CodeFile, trial: ReadonlyMap<string, string>): string {
    return trial.get(file.path) ?? this.#texts.get(file.path) ?? file.before;
  }

  /** What was accepted, with the trial over it. */
  with(trial: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
    return new Map([...this.#texts, ...trial]);
  }

  accept(trial: ReadonlyMap<string, string>): void {
    this.#texts = this.with(trial);
  }

  changed(): readonly { readonly file: CodeFile; readonly after: string }[] {
    return [...this.#files.values()]
      .map((file) => ({ file, after: this.#texts.get(file.path) ?? file.before }))
      .filter(({ file, after }) => after !== file.before)
      .sort((a, b) => (a.file.path < b.file.path ? -1 : 1));
  }

  #refuseOutside(named: string, path: string): void {
    const isInside = this.#roots.some((root) => {
      const steps = relative(root, path).split(sep);
      return !steps.some((step) => step.startsWith(".") || step === "node_modules");
    });
    if (!isInside)
      throw new NoPatch(`${named} is not below the folders that were named (or in a hidden one): name its own folder`);
  }
}

function read(path: string): CodeFile {
  const stat = statSync(path);
  if (!stat.isFile() || stat.size > largestFile) throw new NoPatch(`${path} is not a file of at most 10 MiB`);
  const bytes = readFileSync(path);
  const text = decodeText(bytes);
  const hasMark = bytes.subarray(0, 3).equals(Buffer.from(byteOrderMark));
  return { path, bytes, hasMark, before: text.startsWith(byteOrderMark) ? text.slice(1) : text };
}

export function bytesOf({ hasMark }: CodeFile, text: string): string {
  return hasMark ? byteOrderMark + text : text;
}
