// Reads a package that is a folder. A link, or anything else that is no plain file, is damage: it could show another content
// to everyone who looks.
import { constants, lstat, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { Damage, isProperName, limits, type PackageReader, type ReadFile } from "./package.js";

export async function openFolder(path: string): Promise<PackageReader> {
  const files = new Map<string, ReadFile>();
  const lowered = new Set<string>();
  for await (const name of namesBelow(path, "", 0)) {
    if (!isProperName(name)) throw new Damage(`${JSON.stringify(name)} is no name for a file of a package`);
    if (lowered.has(name.toLowerCase())) throw new Damage(`${name} is there twice, in other letters`);
    if (lowered.size > limits.files) throw new Damage(`the folder has more than ${limits.files} files`);
    lowered.add(name.toLowerCase());
    const { size } = await lstat(join(path, name));
    files.set(name, readFile(path, name, size));
  }
  return { form: "folder", files, close: () => Promise.resolve() };
}

async function* namesBelow(root: string, prefix: string, depth: number): AsyncGenerator<string> {
  const entries = await readdir(join(root, prefix), { withFileTypes: true });
  if (depth > 0 && entries.length === 0) throw new Damage(`${prefix} is an empty folder, which no package has`);
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const name = `${prefix}${entry.name}`;
    if (entry.isFile()) yield name;
    else if (entry.isDirectory() && depth < 8) yield* namesBelow(root, `${name}/`, depth + 1);
    else throw new Damage(`${JSON.stringify(name)} is no plain file: a package has no links and no devices`);
  }
}

function readFile(root: string, name: string, bytes: number): ReadFile {
  const read = (): AsyncIterable<Uint8Array> => readAll(join(root, name), name, bytes);
  return { name, bytes, stored: null, open: read, openStored: read };
}

async function* readAll(path: string, name: string, bytes: number): AsyncGenerator<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  let read = 0;
  // Closes the file, however the reading ends.
  for await (const chunk of file.createReadStream() as AsyncIterable<Buffer>) {
    read += chunk.length;
    if (read > bytes) break;
    yield chunk;
  }
  if (read !== bytes) throw new Damage(`${name} changed while it was read`);
}
