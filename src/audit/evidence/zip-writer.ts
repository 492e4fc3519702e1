// Writes a package as a zip file, file by file and without holding any of them in memory.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { open, rm, type FileHandle } from "node:fs/promises";
import { constants, crc32, createDeflateRaw } from "node:zlib";
import { PortcullisError } from "../../errors.js";
import { isProperName, limits, manifestName, type Content, type PackageWriter, type PackedFile } from "./package.js";
import { complete, type Partial } from "./partial.js";
import { centralHeader, endRecord, localHeader, type ZipEntry } from "./zip-format.js";

export async function createZipWriter(partial: Partial): Promise<PackageWriter> {
  const file = await open(partial.path, "wx", 0o600);
  return new ZipWriter(partial, file);
}

type Method = ZipEntry["method"];

class ZipWriter implements PackageWriter {
  readonly form = "zip";
  readonly #partial: Partial;
  readonly #file: FileHandle;
  readonly #entries: ZipEntry[] = [];
  readonly #names = new Set<string>();
  #position = 0;
  #published = false;

  constructor(partial: Partial, file: FileHandle) {
    this.#partial = partial;
    this.#file = file;
  }

  add(name: string, content: Content): Promise<PackedFile> {
    return this.#add(name, content, "deflate");
  }

  async seal(manifest: Uint8Array): Promise<void> {
    await this.#add(manifestName, [manifest], "stored");
    const start = this.#position;
    for (const entry of this.#entries) await this.#write(centralHeader(entry));
    await this.#write(endRecord(this.#entries.length, this.#position - start, start));
    await this.#file.sync();
    await this.#file.close();
  }

  async publish(): Promise<void> {
    await complete(this.#partial);
    this.#published = true;
  }

  async discard(): Promise<void> {
    if (this.#published) return;
    await this.#file.close().catch(() => undefined);
    await rm(this.#partial.path, { force: true });
  }

  /** The header says how large the file is and what its sum is, so it is written when that is known. */
  async #add(name: string, content: Content, method: Method): Promise<PackedFile> {
    this.#checkName(name);
    const offset = this.#position;
    const begun: ZipEntry = { name, method, offset, crc: 0, storedBytes: 0, bytes: 0 };
    await this.#write(localHeader(begun));
    const start = this.#position;
    const plain = { hash: createHash("sha256"), bytes: 0, crc: 0 };
    const stored = createHash("sha256");
    for await (const chunk of packed(measured(content, plain), method)) {
      stored.update(chunk);
      await this.#write(chunk);
    }
    const storedBytes = this.#position - start;
    const entry: ZipEntry = { ...begun, crc: plain.crc, storedBytes, bytes: plain.bytes };
    const header = localHeader(entry);
    await this.#file.write(header, 0, header.length, offset);
    this.#entries.push(entry);
    return {
      name,
      bytes: plain.bytes,
      sha256: plain.hash.digest("hex"),
      stored: { method, bytes: storedBytes, sha256: stored.digest("hex") },
    };
  }

  #checkName(name: string): void {
    if (!isProperName(name) || this.#names.has(name.toLowerCase()))
      throw new PortcullisError("internal", `${name} is no name for a file of a package, or is there twice`);
    if (this.#names.size >= limits.files) throw tooLarge(`more than ${limits.files} files`);
    this.#names.add(name.toLowerCase());
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (this.#position + bytes.length > limits.fileBytes) throw tooLarge("more than 4 GiB");
    await this.#file.write(bytes, 0, bytes.length, this.#position);
    this.#position += bytes.length;
  }
}

function tooLarge(what: string): PortcullisError {
  return new PortcullisError(
    "usage",
    `the evidence has ${what}, which a zip file cannot hold; name a folder as --output (without .zip)`,
  );
}

async function* measured(
  content: Content,
  into: { readonly hash: ReturnType<typeof createHash>; bytes: number; crc: number },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk, "utf8") : chunk;
    into.bytes += bytes.length;
    if (into.bytes > limits.fileBytes) throw tooLarge("a file of more than 4 GiB");
    into.hash.update(bytes);
    into.crc = crc32(bytes, into.crc);
    yield bytes;
  }
}

async function* packed(content: AsyncIterable<Uint8Array>, method: Method): AsyncGenerator<Uint8Array> {
  if (method === "stored") {
    yield* content;
    return;
  }
  const deflate = createDeflateRaw({ level: 6, strategy: constants.Z_DEFAULT_STRATEGY });
  const fed = feed(deflate, content);
  fed.catch((error: unknown) => deflate.destroy(error as Error));
  for await (const chunk of deflate) yield chunk as Uint8Array;
  await fed;
}

async function feed(deflate: ReturnType<typeof createDeflateRaw>, content: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const bytes of content) {
    if (!deflate.write(bytes)) await once(deflate, "drain");
  }
  deflate.end();
}
