// Which files a Terraform folder may read: those of its repository, and nothing else on the machine.
import { existsSync, readFileSync, readdirSync, realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { FileHost } from "../../src/compiler/compiler.js";

const largestFile = 10 * 1024 * 1024;
const mostEntries = 20_000;

/** The nearest folder at or above that holds `.git`, or the folder itself: modules beside it are in the same repository. */
export function rootOf(folder: string): string {
  const real = realpathSync(folder);
  for (let at = real; ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return at;
    if (dirname(at) === at) return real;
  }
}

/** Serves files whose real place is inside the root; links that lead out of it are refused, with the reason. */
export function filesBelow(root: string, alsoAllowed: readonly string[] = []): FileHost {
  const realRoot = realpathSync(root);
  const extra = new Set(alsoAllowed.map((file) => resolve(file)));
  const place = (path: string) => placeInside(realRoot, extra, path);
  return {
    readFile: (path) => readText(place(path), path),
    readDir: (path) => {
      const folder = place(path);
      return list(folder).map((entry) => ({ name: entry.name, dir: isFolder(folder, entry) }));
    },
  };
}

function placeInside(root: string, extra: ReadonlySet<string>, path: string): string {
  if (path.includes("\0")) throw new Error("no such file");
  if (extra.has(resolve(path))) return realOf(path);
  const real = realOf(path);
  const steps = relative(root, real);
  if (steps === ".." || steps.startsWith(`..${sep}`) || isAbsolute(steps)) {
    throw new Error(`it is outside of ${root}, and only files inside are read`);
  }
  return real;
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    throw new Error("no such file or folder");
  }
}

function readText(real: string, path: string): string {
  const stats = statSync(real);
  if (!stats.isFile()) throw new Error("it is not a file");
  if (stats.size > largestFile) throw new Error("it is larger than 10 MiB");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: !/\.tf(vars)?(\.json)?$/.test(path) }).decode(
      readFileSync(real),
    );
  } catch (thrown) {
    if (thrown instanceof TypeError) throw new Error("it is not valid UTF-8");
    throw new Error("it cannot be read");
  }
}

function list(folder: string) {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    throw new Error("it cannot be read as a folder");
  }
  if (entries.length > mostEntries) throw new Error("it has more than 20,000 entries");
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function isFolder(folder: string, entry: { name: string; isDirectory(): boolean; isSymbolicLink(): boolean }): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return statSync(join(folder, entry.name), { throwIfNoEntry: false })?.isDirectory() ?? false;
}
