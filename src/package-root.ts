// Where the package's own files are, whether it runs from `dist/` or from its sources.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

function rootAbove(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error("no package.json above " + fileURLToPath(import.meta.url));
  return rootAbove(parent);
}

/** The folder of Portcullis's package.json. */
export const packageRoot = rootAbove(dirname(fileURLToPath(import.meta.url)));

/** A file that ships with the package: `packageFile("dist", "compiler.wasm")`. */
export function packageFile(...segments: readonly string[]): string {
  return join(packageRoot, ...segments);
}
