// One instance of the Go module: memory in and out, and nothing else. It has no file system, network, clock of ours,
// environment or arguments; what it prints is kept for the message when it dies.
import type { WASI } from "node:wasi";
import { messageOf } from "../errors.js";

/** What the module may read from disk. The caller decides which roots are allowed; a refusal is thrown with its reason. */
export interface FileHost {
  readFile(path: string): string;
  readDir(path: string): readonly { readonly name: string; readonly dir: boolean }[];
}

interface Exports {
  readonly memory: WebAssembly.Memory;
  allocate(size: number): bigint;
  release(address: number): void;
  handle(address: number): bigint;
}

interface Question {
  readonly kind: string;
  readonly path: string;
}

const noFiles: FileHost = {
  readFile: () => {
    throw new Error("files are not readable in this operation");
  },
  readDir: () => {
    throw new Error("folders are not readable in this operation");
  },
};

const printedLimit = 4_000;

export class CompilerInstance {
  readonly #exports: Exports;
  #files: FileHost = noFiles;
  #printed = "";

  constructor(module: WebAssembly.Module) {
    const wasi = new (wasiClass())({ version: "preview1", args: [], env: {}, preopens: {} });
    const instance = new WebAssembly.Instance(module, {
      wasi_snapshot_preview1: {
        ...wasi.wasiImport,
        fd_write: (_fd: number, vectors: number, count: number, written: number) =>
          this.#print(vectors, count, written),
        proc_exit: (code: number) => {
          throw new Error(`the module ended with exit code ${code}`);
        },
      },
      portcullis: { ask: (address: number, length: number) => this.#ask(address, length) },
    });
    this.#exports = instance.exports as unknown as Exports;
    wasi.initialize(instance);
  }

  /** What the module printed last: the reason, when it stopped. */
  get printed(): string {
    return this.#printed;
  }

  /** Runs to its end before it returns, so calls can never overlap. Throws when the module traps: it is then unusable. */
  call(request: string, files: FileHost | undefined): string {
    this.#files = files ?? noFiles;
    try {
      const answer = this.#exports.handle(this.#write(request));
      const address = Number(answer >> 32n);
      const text = this.#read(address, Number(answer & 0xffff_ffffn));
      this.#exports.release(address);
      return text;
    } finally {
      this.#files = noFiles;
    }
  }

  #ask(address: number, length: number): number {
    return this.#write(JSON.stringify(this.#answer(JSON.parse(this.#read(address, length)) as Question)));
  }

  #answer(question: Question): unknown {
    try {
      if (question.kind === "dir") return { entries: this.#files.readDir(question.path) };
      return { text: this.#files.readFile(question.path) };
    } catch (thrown) {
      return { error: messageOf(thrown) || "not readable" };
    }
  }

  #write(text: string): number {
    const bytes = Buffer.from(text, "utf8");
    // Addresses are unsigned: past 2 GiB an i32 would be negative.
    const address = Number(this.#exports.allocate(bytes.length) >> 32n) >>> 0;
    new Uint8Array(this.#exports.memory.buffer).set(bytes, address);
    return address;
  }

  #read(address: number, length: number): string {
    return Buffer.from(this.#exports.memory.buffer, address >>> 0, length >>> 0).toString("utf8");
  }

  #print(vectors: number, count: number, written: number): number {
    const view = new DataView(this.#exports.memory.buffer);
    let total = 0;
    for (let at = vectors; at < vectors + count * 8; at += 8) {
      const length = view.getUint32(at + 4, true);
      this.#printed = (this.#printed + this.#read(view.getUint32(at, true), length)).slice(0, printedLimit);
      total += length;
    }
    view.setUint32(written, total, true);
    return 0;
  }
}

/** Node warns that WASI is experimental when the module is first loaded: of no use to who runs Portcullis. */
function wasiClass(): typeof WASI {
  const emitWarning = Reflect.get(process, "emitWarning");
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule("node:wasi").WASI;
  } finally {
    process.emitWarning = emitWarning;
  }
}
