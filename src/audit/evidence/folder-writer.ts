// Writes a package as a folder: for what a zip file cannot hold.
import { createHash } from "node:crypto";
import { mkdir, open, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PortcullisError } from "../../errors.js";
import { isProperName, limits, manifestName, type Content, type PackageWriter, type PackedFile } from "./package.js";
import { complete, syncFolder, type Partial } from "./partial.js";

export async function createFolderWriter(partial: Partial): Promise<PackageWriter> {
  await mkdir(partial.path, { mode: 0o700 });
  const names = new Set<string>();
  const folders = new Set<string>([partial.path]);
  let published = false;

  const add = async (name: string, content: Content): Promise<PackedFile> => {
    if (!isProperName(name) || names.has(name.toLowerCase()))
      throw new PortcullisError("internal", `${name} is no name for a file of a package, or is there twice`);
    if (names.size >= limits.files)
      throw new PortcullisError("usage", `the evidence has more than ${limits.files} files; export a shorter period`);
    names.add(name.toLowerCase());
    const path = join(partial.path, name);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    for (let folder = dirname(path); folder !== partial.path; folder = dirname(folder)) folders.add(folder);
    return { name, ...(await writeFile(path, content)), stored: null };
  };

  return {
    form: "folder",
    add,
    async seal(manifest) {
      await add(manifestName, [manifest]);
      for (const folder of folders) await syncFolder(folder);
    },
    async publish() {
      await complete(partial);
      published = true;
    },
    async discard() {
      if (!published) await rm(partial.path, { recursive: true, force: true });
    },
  };
}

async function writeFile(path: string, content: Content): Promise<{ bytes: number; sha256: string }> {
  const file = await open(path, "wx", 0o600);
  const hash = createHash("sha256");
  let written = 0;
  try {
    for await (const chunk of content) {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk, "utf8") : chunk;
      hash.update(bytes);
      await file.write(bytes, 0, bytes.length);
      written += bytes.length;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { bytes: written, sha256: hash.digest("hex") };
}
