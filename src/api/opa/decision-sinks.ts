// Where records of decisions can go besides the store: a file of JSON lines, and standard output.
import { open, type FileHandle } from "node:fs/promises";
import type { DecisionRow } from "../../store/decision-log.js";
import type { Sink } from "./decision-recorder.js";

export interface ClosableSink {
  readonly write: Sink;
  close(): Promise<void>;
}

/** Appends, and is done when the disk has it. Only the owner may read it. */
export function fileSink(path: string): ClosableSink {
  let file: FileHandle | null = null;
  return {
    async write(rows) {
      file ??= await open(path, "a", 0o600);
      await file.appendFile(lines(rows));
      await file.datasync();
    },
    async close() {
      await file?.close();
    },
  };
}

export function streamSink(stream: NodeJS.WritableStream): ClosableSink {
  return {
    write: (rows) =>
      new Promise((resolve, reject) => {
        stream.write(lines(rows), (error) => {
          if (error === null || error === undefined) resolve();
          else reject(error);
        });
      }),
    close: () => Promise.resolve(),
  };
}

function lines(rows: readonly DecisionRow[]): string {
  return rows.map(({ event }) => `${event}\n`).join("");
}
