// What the compiler answered before, by content. An entry is believed only when it is ours: a regular file of ours in a
// folder of ours, and authenticated with a key that is kept elsewhere. Whatever is wrong with the cache, work goes on
// without it.
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import * as fs from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const keyBytes = 32;
const macBytes = 32;
const maxEntryBytes = 128 * 1024 * 1024;
const maxTotalBytes = 256 * 1024 * 1024;
const maxEntries = 2_000;

export interface CacheFolders {
  /** Holds the entries; made with mode 0700. */
  readonly entries: string;
  /** The file of the key, outside of `entries`; made with mode 0600. */
  readonly keyFile: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

export function cacheFolders(environment: Environment = process.env): CacheFolders {
  const home = environment["HOME"] ?? homedir();
  const cache =
    environment["PORTCULLIS_CACHE_DIR"] ?? join(environment["XDG_CACHE_HOME"] || join(home, ".cache"), "portcullis");
  const data = join(environment["XDG_DATA_HOME"] || join(home, ".local", "share"), "portcullis");
  return { entries: join(cache, "rego"), keyFile: join(data, "cache-key") };
}

/** The name of an entry: SHA-256 over the parts, each with its length, so that no two lists of parts run into one. */
export function cacheKey(parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest("hex");
}

export class CompileCache {
  readonly #folders: CacheFolders;
  #secret: Buffer | null | undefined;

  constructor(folders: CacheFolders = cacheFolders()) {
    this.#folders = folders;
  }

  /** Null when there is no entry, or none that can be believed. */
  read(key: string): Buffer | null {
    try {
      if (!isPrivateFolder(this.#folders.entries)) return null;
      const secret = this.#key();
      if (secret === null) return null;
      const bytes = readOwnFile(this.#path(key), maxEntryBytes);
      const content = bytes.subarray(macBytes);
      const expected = mac(secret, key, content);
      return bytes.length >= macBytes && timingSafeEqual(expected, bytes.subarray(0, macBytes)) ? content : null;
    } catch {
      return null;
    }
  }

  write(key: string, content: Uint8Array): void {
    try {
      fs.mkdirSync(this.#folders.entries, { recursive: true, mode: 0o700 });
      const secret = this.#key();
      if (secret === null || content.length > maxEntryBytes || !isPrivateFolder(this.#folders.entries)) return;
      const temporary = join(this.#folders.entries, `${randomBytes(8).toString("hex")}.tmp`);
      writeNew(temporary, Buffer.concat([mac(secret, key, content), content]));
      fs.renameSync(temporary, this.#path(key));
      evict(this.#folders.entries);
    } catch {
      // Not cached: the next run compiles again.
    }
  }

  #path(key: string): string {
    return join(this.#folders.entries, `${key}.bin`);
  }

  #key(): Buffer | null {
    return (this.#secret ??= readOrMakeKey(this.#folders.keyFile));
  }
}

/** Over the entry's name as well, so that one entry cannot stand in for another. */
function mac(secret: Buffer, key: string, content: Uint8Array): Buffer {
  return createHmac("sha256", secret).update(`${key}\0`).update(content).digest();
}

function isOurs(stat: fs.Stats): boolean {
  return process.getuid === undefined || stat.uid === process.getuid();
}

function isPrivateFolder(folder: string): boolean {
  const stat = fs.lstatSync(folder);
  return stat.isDirectory() && isOurs(stat) && (process.getuid === undefined || (stat.mode & 0o077) === 0);
}

/** Throws unless it is a regular file of ours that nobody else can write. */
function readOwnFile(path: string, limit: number): Buffer {
  const file = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK);
  try {
    const stat = fs.fstatSync(file);
    const writable = process.getuid !== undefined && (stat.mode & 0o022) !== 0;
    if (!stat.isFile() || !isOurs(stat) || writable || stat.size > limit) throw new Error("not a file of ours");
    return fs.readFileSync(file);
  } finally {
    fs.closeSync(file);
  }
}

function writeNew(path: string, bytes: Uint8Array): void {
  fs.writeFileSync(path, bytes, { mode: 0o600, flag: "wx" });
}

function readOrMakeKey(path: string): Buffer | null {
  try {
    if (!fs.existsSync(path)) makeKey(path);
    const stat = fs.lstatSync(path);
    if (process.getuid !== undefined && (stat.mode & 0o077) !== 0) return null;
    const key = readOwnFile(path, keyBytes);
    return key.length === keyBytes ? key : null;
  } catch {
    return null;
  }
}

/** Two processes may start at once: linking fails for the second, which then reads the first one's key. */
function makeKey(path: string): void {
  fs.mkdirSync(join(path, ".."), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomBytes(8).toString("hex")}`;
  writeNew(temporary, randomBytes(keyBytes));
  try {
    fs.linkSync(temporary, path);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "EEXIST") throw thrown;
  } finally {
    fs.unlinkSync(temporary);
  }
}

/** Drops the oldest entries, and what an interrupted write left behind, until the folder is within its bounds. */
function evict(folder: string): void {
  const names = fs.readdirSync(folder).filter((name) => /^[0-9a-f]+\.(bin|tmp)$/.test(name));
  const entries = names.map((name) => ({ path: join(folder, name), stat: fs.lstatSync(join(folder, name)) }));
  entries.sort((a, b) => b.stat.mtimeMs - a.stat.mtimeMs);
  let total = 0;
  for (const [at, { path, stat }] of entries.entries()) {
    total += stat.size;
    const stale = path.endsWith(".tmp") && Date.now() - stat.mtimeMs > 3_600_000;
    if (total > maxTotalBytes || at >= maxEntries || stale) fs.unlinkSync(path);
  }
}
