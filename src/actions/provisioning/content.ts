// Templates by what is in them: a copy that nobody writes to, found by its hash, so that what is applied is what was decided on,
// and a former version can be applied again.
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { messageOf, PortcullisError } from "../../errors.js";
import { makeFolder } from "../../folders.js";

export interface Content {
  readonly sha256: string;
  readonly folder: string;
}

/** What tools leave behind is no part of a template, and a state never is. */
const ignored =
  /^(\.terraform|\.git|node_modules|\.DS_Store|terraform\.tfstate(\..*)?|.*\.tfstate(\.backup)?|crash\.log)$/;
const mostFiles = 20_000;
const mostBytes = 200 * 1024 * 1024;

/** Throws `config-invalid` for a template that cannot be read, is too large, or has links in it. */
export function keepContent(template: string, store: string): Content {
  const files = filesOf(template);
  const sha256 = hashOf(template, files);
  const folder = join(store, sha256);
  if (existsSync(folder)) return keptContent(store, sha256);
  makeFolder(store, 0o700);
  const making = mkdtempSync(join(store, ".making-"));
  for (const file of files) {
    mkdirSync(dirname(join(making, file)), { recursive: true });
    copyFileSync(join(template, file), join(making, file));
  }
  try {
    // It was written to meanwhile, or another process was faster.
    if (hashOf(making, files) !== sha256)
      throw invalid(`the template ${template} changed while it was read; try again`);
    if (!existsSync(folder)) renameSync(making, folder);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return { sha256, folder };
}

/** Throws `config-invalid` where it is not there any more, or somebody wrote to it. */
export function keptContent(store: string, sha256: string): Content {
  const folder = join(store, sha256);
  if (!/^[0-9a-f]{64}$/.test(sha256) || !existsSync(folder))
    throw invalid(`the template's version ${sha256.slice(0, 12)} is not in the data folder any more`);
  if (hashOf(folder, filesOf(folder)) !== sha256)
    throw invalid(`the kept copy ${folder} of a template was changed; remove it and plan again`);
  return { sha256, folder };
}

function invalid(message: string): PortcullisError {
  return new PortcullisError("config-invalid", message);
}

/** In order, so that the hash does not depend on the disk. */
function filesOf(template: string): readonly string[] {
  const files: string[] = [];
  let bytes = 0;
  const visit = (folder: string): void => {
    for (const name of list(join(template, folder))) {
      if (ignored.test(name)) continue;
      const path = folder === "" ? name : `${folder}/${name}`;
      const stats = lstatSync(join(template, path));
      if (stats.isDirectory()) {
        visit(path);
        continue;
      }
      if (!stats.isFile())
        throw invalid(`${join(template, path)}: expected files and folders only in a template, no links`);
      bytes += stats.size;
      files.push(path);
      if (files.length > mostFiles || bytes > mostBytes)
        throw invalid(`the template ${template} has more than ${mostFiles} files or 200 MiB`);
    }
  };
  visit("");
  return files;
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    throw invalid(`the template ${folder} cannot be read: ${messageOf(error)}`);
  }
}

function hashOf(folder: string, files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) {
    const content = createHash("sha256")
      .update(readFileSync(join(folder, file)))
      .digest("hex");
    hash.update(`${Buffer.byteLength(file)}:${file}\n${content}\n`);
  }
  return hash.digest("hex");
}
