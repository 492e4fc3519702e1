import { readdirSync } from "node:fs";
import { join } from "node:path";

/** Paths of all files of that name below the folder, sorted. */
export function filesNamed(folder: string, name: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name === name)
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
