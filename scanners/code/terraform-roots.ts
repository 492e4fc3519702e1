import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isTerraform, readText } from "./files.js";

const maximumBytes = 10 * 1024 * 1024;

/**
 * The folders to evaluate: a module that another folder calls is evaluated there, with the values that it is given, and not by
 * itself with none. The folder that the user named is always a root. Whole folders are read here only for their `source`s.
 */
export async function terraformRoots(folders: readonly string[], named: string): Promise<string[]> {
  const called = new Set<string>();
  for (const folder of folders) {
    for (const source of await localSources(folder)) called.add(resolve(folder, source));
  }
  const roots = folders.filter((folder) => resolve(folder) === resolve(named) || !called.has(resolve(folder)));
  // Modules that only call each other have no root among them: then each is one.
  return roots.length === 0 ? [...folders] : roots;
}

async function localSources(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter(isTerraform);
  const texts = await Promise.all(names.map((name) => readText(join(folder, name), maximumBytes).catch(() => "")));
  return texts.flatMap((text) =>
    [...text.matchAll(/"?source"?\s*[=:]\s*"(\.{1,2}\/[^"]*)"/g)].map((match) => match[1] ?? ""),
  );
}
