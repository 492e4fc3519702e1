// Copies of states as they were before they were changed: private files, the last 20 of each stack.
import { createHash } from "node:crypto";
import { readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../../folders.js";
import type { StackContext, StateBackup } from "./stack-tool.js";

const mostKept = 20;

/** The same content twice is one file. */
export async function keepBackup({ data }: Pick<StackContext, "data">, text: string): Promise<StateBackup> {
  const folder = join(data, "backups");
  makeFolder(folder, 0o700);
  const sha256 = createHash("sha256").update(text).digest("hex");
  const kept = (await readdir(folder)).filter((name) => /^\d{15}-[0-9a-f]{64}\.json$/.test(name)).sort();
  const before = kept.find((name) => name.endsWith(`-${sha256}.json`));
  const name = before ?? `${String(Date.now()).padStart(15, "0")}-${sha256}.json`;
  const file = join(folder, name);
  if (before === undefined) {
    // Whole or not at all: a crash in the middle leaves nothing that looks like a backup.
    const making = `${file}.${process.pid}`;
    await writeFile(making, text, { mode: 0o600 });
    await rename(making, file);
    for (const old of kept.slice(0, Math.max(0, kept.length + 1 - mostKept)))
      await rm(join(folder, old), { force: true });
  }
  return { file, sha256 };
}
