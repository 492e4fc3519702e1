// The zip format, of which packages use a strict part: no extensions, no comments, fixed times, files one after the other.
// A package then has exactly one form for its files, so that reading one means to make it again and to compare.
import { Damage } from "./package.js";

export interface ZipEntry {
  readonly name: string;
  readonly method: "deflate" | "stored";
  readonly crc: number;
  readonly storedBytes: number;
  readonly bytes: number;
  /** Where its local header begins. */
  readonly offset: number;
}

export const localHeaderBytes = 30;
export const endBytes = 22;

const signatures = { local: 0x04034b50, central: 0x02014b50, end: 0x06054b50 };
const version = 20;
const utf8Names = 0x0800;
/** 1 January 1980, the first day that the format knows. */
const date = 0x0021;
const methods = { stored: 0, deflate: 8 } as const;
/** A regular file, readable by all and writable by its owner, as made on Unix. */
const madeOnUnix = (3 << 8) | version;
const attributes = 0o100644 * 0x1_0000;

/** What stands before the file's stored bytes. */
export function localHeader(entry: ZipEntry): Buffer {
  const name = Buffer.from(entry.name, "utf8");
  const header = Buffer.alloc(localHeaderBytes);
  header.writeUInt32LE(signatures.local, 0);
  header.writeUInt16LE(version, 4);
  writeCommon(header, entry, 6);
  return Buffer.concat([header, name]);
}

/** The file's line in the directory at the end. */
export function centralHeader(entry: ZipEntry): Buffer {
  const name = Buffer.from(entry.name, "utf8");
  const header = Buffer.alloc(46);
  header.writeUInt32LE(signatures.central, 0);
  header.writeUInt16LE(madeOnUnix, 4);
  header.writeUInt16LE(version, 6);
  writeCommon(header, entry, 8);
  header.writeUInt32LE(attributes, 38);
  header.writeUInt32LE(entry.offset, 42);
  return Buffer.concat([header, name]);
}

/** The fields that both headers have, in the same order. */
function writeCommon(header: Buffer, entry: ZipEntry, at: number): void {
  header.writeUInt16LE(utf8Names, at);
  header.writeUInt16LE(methods[entry.method], at + 2);
  header.writeUInt16LE(0, at + 4);
  header.writeUInt16LE(date, at + 6);
  header.writeUInt32LE(entry.crc, at + 8);
  header.writeUInt32LE(entry.storedBytes, at + 12);
  header.writeUInt32LE(entry.bytes, at + 16);
  header.writeUInt16LE(Buffer.byteLength(entry.name, "utf8"), at + 20);
}

export function endRecord(entries: number, directoryBytes: number, directoryOffset: number): Buffer {
  const record = Buffer.alloc(endBytes);
  record.writeUInt32LE(signatures.end, 0);
  record.writeUInt16LE(entries, 8);
  record.writeUInt16LE(entries, 10);
  record.writeUInt32LE(directoryBytes, 12);
  record.writeUInt32LE(directoryOffset, 16);
  return record;
}

export interface End {
  readonly entries: number;
  readonly directoryBytes: number;
  readonly directoryOffset: number;
}

/** The last bytes of the file. */
export function parseEnd(record: Buffer): End {
  const end = {
    entries: record.readUInt16LE(8),
    directoryBytes: record.readUInt32LE(12),
    directoryOffset: record.readUInt32LE(16),
  };
  if (!endRecord(end.entries, end.directoryBytes, end.directoryOffset).equals(record))
    throw new Damage("the end of the zip file is not as a package has it: it was cut off, added to or changed");
  return end;
}

/** The directory's entries. Each is made again and compared, so that nothing in it is left unread. */
export function parseDirectory(directory: Buffer, count: number): ZipEntry[] {
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    const entry = parseCentralHeader(directory, at);
    const made = centralHeader(entry);
    if (!made.equals(directory.subarray(at, at + made.length)))
      throw new Damage(`the directory of the zip file is damaged at entry ${index + 1}`);
    entries.push(entry);
    at += made.length;
  }
  if (at !== directory.length) throw new Damage("the directory of the zip file has more in it than its entries");
  return entries;
}

function parseCentralHeader(directory: Buffer, at: number): ZipEntry {
  const fixed = directory.subarray(at, at + 46);
  const nameLength = fixed.length === 46 ? fixed.readUInt16LE(28) : 0;
  const name = directory.subarray(at + 46, at + 46 + nameLength);
  if (fixed.length < 46 || name.length < nameLength) throw new Damage("the directory of the zip file is cut off");
  return {
    name: name.toString("utf8"),
    method: fixed.readUInt16LE(10) === methods.deflate ? "deflate" : "stored",
    crc: fixed.readUInt32LE(16),
    storedBytes: fixed.readUInt32LE(20),
    bytes: fixed.readUInt32LE(24),
    offset: fixed.readUInt32LE(42),
  };
}
