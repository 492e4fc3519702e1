// Bundles as they travel: gzipped tar archives. Read within bounds, whatever is in them; written the same bytes for the same files.
import { promisify } from "node:util";
import { gunzip, gzipSync } from "node:zlib";
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

const unzip = promisify(gunzip);

/** Throws PortcullisError("policy-invalid") for what is no archive, leaves its folder, is a link, or is too much. */
export async function readArchive(name: string, archive: Uint8Array, limits: ArchiveLimits): Promise<ArchiveFile[]> {
  try {
    // A file takes a header and is filled up: two blocks of 512 bytes.
    const unpacked = await unzip(archive, { maxOutputLength: limits.bytes + limits.files * 2 * 512 + 10_240 });
    const files = await filesIn(unpacked, limits);
    return files.sort((a, b) => (a.path < b.path ? -1 : 1));
  } catch (cause) {
    throw new PortcullisError("policy-invalid", `the bundle ${name} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

async function filesIn(unpacked: Buffer, limits: ArchiveLimits): Promise<ArchiveFile[]> {
  const reader = extract();
  reader.on("error", () => undefined); // the loop throws it
  reader.end(unpacked);
  const files = new Map<string, ArchiveFile>();
  let left = limits.bytes;
  for await (const entry of reader) {
    const path = safePath(entry.header);
    const bytes = await bytesOf(entry);
    if (entry.header.type === "directory" || path === "") continue;
    if (files.has(path)) throw new Error(`${path} is in it twice`);
    if (files.size >= limits.files) throw new Error(`it holds more than ${limits.files} files`);
    if ((left -= bytes.length) < 0) throw new Error(`it holds more than ${limits.bytes} bytes`);
    files.set(path, { path, bytes });
  }
  return [...files.values()];
}

async function bytesOf(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function safePath({ name, type }: Header): string {
  const shown = JSON.stringify(name.slice(0, 100));
  if (type !== "file" && type !== "directory") throw new Error(`${shown} is a ${type}, not a file`);
  if (name.length > longestPath) throw new Error(`${shown}... has a path of more than ${longestPath} characters`);
  const parts = name.split("/").filter((part: string) => part !== "" && part !== ".");
  if (parts.some((part) => part === ".." || /[\\\0]/.test(part))) throw new Error(`${shown} leaves its folder`);
  return parts.join("/");
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
