import { existsSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf, PortcullisError } from "../errors.js";
import { makeFolder } from "../folders.js";

export interface OutputOptions {
  readonly color: boolean;
  readonly progress: boolean;
  readonly quiet: boolean;
}

/** Where commands write: results to standard output, everything else to standard error. */
export interface Output {
  readonly color: boolean;
  readonly width: number;
  /** The result itself; goes to the file when there is one, in one piece, so that a reader never sees half of it. */
  readonly result: (content: string | Uint8Array, file: string | null) => Promise<void>;
  /** A line for people, never on standard output. */
  readonly note: (message: string) => void;
  /** Overwrites the last line; only on a terminal. */
  readonly progress: (message: string) => void;
}

const progressEveryMs = 100;

export function createOutput(options: OutputOptions): Output {
  const terminal = process.stderr.isTTY && options.progress && !options.quiet;
  let lastProgress = 0;
  const clearProgress = (): void => {
    if (lastProgress > 0) process.stderr.write("\r\u001b[K");
    lastProgress = 0;
  };
  return {
    color: options.color && process.stdout.isTTY && process.env["NO_COLOR"] === undefined,
    width: process.stdout.isTTY ? process.stdout.columns : 120,
    async result(content, file) {
      clearProgress();
      const whole = typeof content === "string" ? withLineEnd(content) : content;
      if (file === null) await writeStandardOutput(whole);
      else writeWhole(file, whole);
    },
    note(message) {
      clearProgress();
      if (!options.quiet) process.stderr.write(`${message}\n`);
    },
    progress(message) {
      if (!terminal || Date.now() - lastProgress < progressEveryMs) return;
      lastProgress = Date.now();
      process.stderr.write(`\r\u001b[K${message.slice(0, process.stderr.columns - 1)}`);
    },
  };
}

function withLineEnd(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

/** Resolves when the pipe took it all: process.exit would lose what is still buffered. A closed pipe (`| head`) is no fault. */
function writeStandardOutput(content: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(content, (error) => {
      if (error === null || error === undefined || (error as NodeJS.ErrnoException).code === "EPIPE") resolve();
      else reject(error);
    });
  });
}

/** A device or a pipe (/dev/null, /dev/stdout) is written to; to move a file over it would put an end to it. */
function writeWhole(file: string, content: string | Uint8Array): void {
  try {
    if (existsSync(file) && !statSync(file).isFile()) {
      writeFileSync(file, content);
      return;
    }
    makeFolder(dirname(file));
    const temporary = `${file}.${process.pid}.tmp`;
    writeFileSync(temporary, content);
    renameSync(temporary, file);
  } catch (error) {
    throw new PortcullisError("usage", `cannot write ${file}: ${messageOf(error)}`, { cause: error });
  }
}
