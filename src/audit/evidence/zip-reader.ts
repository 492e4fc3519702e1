// Reads a package that is a zip file, without unpacking it to disk. Whatever differs from the one form in which a package
// with these files is written is damage.
import { constants, open, type FileHandle } from "node:fs/promises";
import { crc32, createInflateRaw } from "node:zlib";
import { messageOf, PortcullisError } from "../../errors.js";
import { Damage, isProperName, limits, type PackageReader, type ReadFile } from "./package.js";
import { endBytes, localHeader, localHeaderBytes, parseDirectory, parseEnd, type ZipEntry } from "./zip-format.js";

const chunkBytes = 64 * 1024;
const directoryLimit = 32 * 1024 ** 2;

/** Throws PortcullisError `input-unreadable` for what is no zip file at all, and Damage for a zip file that is no package. */
export async function openZip(path: string): Promise<PackageReader> {
  const file = await open(path, constants.O_RDONLY);
  try {
    return await readZip(path, file);
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readZip(path: string, file: FileHandle): Promise<PackageReader> {
  const { size } = await file.stat();
  const magic = await readExactly(file, 0, Math.min(4, size));
  // One wrong byte is damage; a file that has nothing of a zip file is something else.
  if (size < endBytes || magic.filter((byte, at) => byte === "PK\u0003\u0004".charCodeAt(at)).length < 3)
    throw new PortcullisError(
      "input-unreadable",
      `${path} is not an evidence package: expected a zip file or a folder`,
    );
  if (size > limits.fileBytes + directoryLimit) throw new Damage("the zip file is larger than 4 GiB");
  const end = parseEnd(await readExactly(file, size - endBytes, endBytes));
  if (end.directoryOffset + end.directoryBytes + endBytes !== size || end.directoryBytes > directoryLimit)
    throw new Damage("the directory of the zip file is not where it should be: bytes were added or cut off");
  const entries = parseDirectory(await readExactly(file, end.directoryOffset, end.directoryBytes), end.entries);
  checkSizes(entries);
  await checkLayout(file, entries, end.directoryOffset);
  return {
    form: "zip",
    files: new Map(entries.map((entry) => [entry.name, readFile(file, entry)])),
    close: () => file.close(),
  };
}

function checkSizes(entries: readonly ZipEntry[]): void {
  const names = new Set<string>();
  let total = 0;
  for (const { name, bytes, storedBytes } of entries) {
    if (!isProperName(name)) throw new Damage(`${JSON.stringify(name)} is no name for a file of a package`);
    if (names.has(name.toLowerCase())) throw new Damage(`${name} is in the zip file twice`);
    names.add(name.toLowerCase());
    if (bytes > limits.ratioFrom && bytes > storedBytes * limits.ratio)
      throw new Damage(`${name} claims to unpack to ${bytes} bytes from ${storedBytes}: no package holds such a file`);
    total += bytes;
  }
  if (total > limits.totalBytes) throw new Damage(`the files claim to unpack to ${total} bytes together`);
}

/** The files follow each other from the first byte to the directory, each under the header that its entry makes. */
async function checkLayout(file: FileHandle, entries: readonly ZipEntry[], directoryOffset: number): Promise<void> {
  let position = 0;
  for (const entry of entries) {
    const expected = localHeader(entry);
    const inPlace = entry.offset === position && position + expected.length + entry.storedBytes <= directoryOffset;
    if (!inPlace) throw new Damage(`${entry.name} is not where the directory of the zip file should have it`);
    if (!(await readExactly(file, position, expected.length)).equals(expected))
      throw new Damage(`the header of ${entry.name} does not agree with the directory of the zip file`);
    position += expected.length + entry.storedBytes;
  }
  if (position !== directoryOffset) throw new Damage("there is something between the files and the directory");
}

function readFile(file: FileHandle, entry: ZipEntry): ReadFile {
  const start = entry.offset + localHeaderBytes + Buffer.byteLength(entry.name, "utf8");
  const openStored = (): AsyncIterable<Uint8Array> => readRange(file, start, entry.storedBytes);
  return {
    name: entry.name,
    bytes: entry.bytes,
    stored: { method: entry.method, bytes: entry.storedBytes },
    openStored,
    open: () => checked(entry, entry.method === "stored" ? openStored() : inflated(entry, openStored())),
  };
}

async function* checked(entry: ZipEntry, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  let crc = 0;
  for await (const chunk of content) {
    bytes += chunk.length;
    if (bytes > entry.bytes)
      throw new Damage(`${entry.name} unpacks to more than the ${entry.bytes} bytes that it claims`);
    crc = crc32(chunk, crc);
    yield chunk;
  }
  if (bytes !== entry.bytes || crc !== entry.crc) throw new Damage(`${entry.name} does not unpack to what was packed`);
}

async function* inflated(entry: ZipEntry, stored: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const inflate = createInflateRaw();
  const fed = (async () => {
    for await (const chunk of stored) {
      if (inflate.destroyed) return;
      if (!inflate.write(chunk)) await drained(inflate);
    }
    inflate.end();
  })();
  fed.catch((error: unknown) => inflate.destroy(error as Error));
  try {
    for await (const chunk of inflate) yield chunk as Uint8Array;
  } catch (error) {
    throw error instanceof Damage ? error : new Damage(`${entry.name} cannot be unpacked: ${messageOf(error)}`);
  }
  await fed;
  // What follows the end of the packed data would never be looked at by anyone.
  if (inflate.bytesWritten !== entry.storedBytes)
    throw new Damage(`${entry.name} is packed with something after its end`);
}

/** Room for more, or the end of all: an inflater that failed or is done with takes nothing. */
function drained(inflate: ReturnType<typeof createInflateRaw>): Promise<void> {
  return new Promise((resolve) => {
    const events = ["drain", "close", "end", "error"];
    const done = (): void => {
      for (const event of events) inflate.off(event, done);
      resolve();
    };
    for (const event of events) inflate.on(event, done);
  });
}

async function* readRange(file: FileHandle, start: number, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < length; at += chunkBytes)
    yield await readExactly(file, start + at, Math.min(chunkBytes, length - at));
}

async function readExactly(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(buffer, read, length - read, position + read);
    if (bytesRead === 0) throw new Damage("the file is shorter than it says");
    read += bytesRead;
  }
  return buffer;
}
