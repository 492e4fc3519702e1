// Bundles as they travel: gzipped tar archives. Read within bounds, whatever is in them; written the same bytes for the same files.
import { createGunzip, gzipSync } from "node:zlib";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract, pack, type Header } from "tar-stream";
import { messageOf, PortcullisError } from "../../../errors.js";

export interface ArchiveFile {
  /** With a slash between names and none before the first. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface ArchiveLimits {
  /** Of all files together, unpacked. */
  readonly bytes: number;
  readonly files: number;
}

const longestPath = 1_024;

/** Throws PortcullisError("policy-invalid") for what is no archive, leaves its folder, is a link, or is too much. */
export async function readArchive(name: string, archive: Uint8Array, limits: ArchiveLimits): Promise<ArchiveFile[]> {
  const files = new Map<string, ArchiveFile>();
  const reader = extract();
  let left = limits.bytes;
  reader.on("entry", (header, stream, next) => {
    const chunks: Buffer[] = [];
    const path = problemFree(header, next);
    if (path === null) return;
    stream.on("data", (data) => {
      const chunk = data as Buffer;
      chunks.push(chunk);
      if ((left -= chunk.length) < 0) reader.destroy(new Error(`it holds more than ${limits.bytes} bytes`));
    });
    stream.on("end", () => {
      if (header.type === "directory" || path === "") next();
      else if (files.has(path)) next(new Error(`${path} is in it twice`));
      else if (files.size >= limits.files) next(new Error(`it holds more than ${limits.files} files`));
      else {
        files.set(path, { path, bytes: Buffer.concat(chunks) });
        next();
      }
    });
  });
  try {
    // A file takes a header and is filled up: two blocks of 512 bytes.
    const unpacked = limits.bytes + limits.files * 2 * 512 + 1_024;
    await pipeline(Readable.from([archive]), createGunzip(), atMost(unpacked), reader);
  } catch (cause) {
    throw new PortcullisError("policy-invalid", `the bundle ${name} cannot be read: ${messageOf(cause)}`, { cause });
  }
  return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Headers of tar count too: a bomb may be made of them alone. */
function atMost(bytes: number) {
  return async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let left = bytes;
    for await (const chunk of source) {
      if ((left -= chunk.length) < 0) throw new Error(`it unpacks to more than ${bytes} bytes`);
      yield chunk;
    }
  };
}

function problemFree(header: Header, next: (error?: Error) => void): string | null {
  const refuse = (reason: string): null => {
    next(new Error(reason));
    return null;
  };
  const shown = JSON.stringify(header.name.slice(0, 100));
  if (header.type !== "file" && header.type !== "directory") return refuse(`${shown} is a ${header.type}, not a file`);
  if (header.name.length > longestPath) return refuse(`${shown}... has a path of more than ${longestPath} characters`);
  const parts = header.name.split("/").filter((part) => part !== "" && part !== ".");
  const isHostile = parts.some((part) => part === ".." || part.includes("\\") || part.includes("\u0000"));
  return isHostile ? refuse(`${shown} leaves its folder`) : parts.join("/");
}

/** The same bytes for the same files, whenever and wherever. */
export async function writeArchive(files: readonly ArchiveFile[]): Promise<Buffer> {
  const writer = pack();
  for (const { path, bytes } of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    writer.entry({ name: `/${path}`, mode: 0o600, mtime: new Date(0), size: bytes.length }, Buffer.from(bytes));
  }
  writer.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of writer) chunks.push(chunk as Buffer);
  const zipped = gzipSync(Buffer.concat(chunks), { level: 9 });
  zipped[9] = 255; // the operating system
  return zipped;
}
