// The patch of a remediation as `git apply` takes it, and the files as they are written.
import { chmodSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, relative, sep } from "node:path";
import { createTwoFilesPatch } from "diff";
import { messageOf, PortcullisError } from "../../src/errors.js";
import { bytesOf, type CodeFile } from "./code-files.js";

export interface ChangedFile {
  readonly file: CodeFile;
  readonly after: string;
}

/** The folder from which the patch applies: the current one, or where a file is outside of it, the nearest that holds them all. */
export function patchBase(files: readonly ChangedFile[], current: string): string {
  let base = current;
  for (const { file } of files) while (!isBelow(file.path, base)) base = dirname(base);
  return base;
}

function isBelow(path: string, folder: string): boolean {
  return relative(folder, path).split(sep)[0] !== "..";
}

export function unifiedDiff(files: readonly ChangedFile[], base: string): string {
  return files
    .map(({ file, after }) => {
      const path = relative(base, file.path).split(sep).join("/");
      const names = [`a/${path}`, `b/${path}`].map(quoted) as [string, string];
      const [before, changed] = [bytesOf(file, file.before), bytesOf(file, after)];
      const patch = createTwoFilesPatch(...names, before, changed, "", "", { context: 3 });
      return patch.slice(patch.indexOf("--- ")).replace(/^(--- [^\n]*)\n(\+\+\+ [^\n]*)\n/, head);
    })
    .join("");
}

/** A tab ends a name that has a space in it. */
function head(_all: string, from: string, to: string): string {
  return `${from.trimEnd()}${from.trimEnd().slice(4).includes(" ") ? "\t" : ""}\n${to.trimEnd()}${to.trimEnd().slice(4).includes(" ") ? "\t" : ""}\n`;
}

/** As git quotes a name with characters that are not to be seen. */
function quoted(name: string): string {
  if (!/["\\\u0000-\u001f\u007f]/.test(name)) return name;
  const escaped = [...Buffer.from(name, "utf8")].map((byte) =>
    byte === 0x22 || byte === 0x5c
      ? `\\${String.fromCharCode(byte)}`
      : byte < 0x20 || byte > 0x7e
        ? `\\${byte.toString(8).padStart(3, "0")}`
        : String.fromCharCode(byte),
  );
  return `"${escaped.join("")}"`;
}

/** Each file in one piece, with its mode. Throws `usage` where one changed since it was read; those before it are written. */
export function writeFiles(files: readonly ChangedFile[]): void {
  for (const one of files) refuseChanged(one);
  for (const one of files) writeOne(one);
}

function refuseChanged({ file }: ChangedFile): void {
  if (!readFileSync(file.path).equals(file.bytes))
    throw new PortcullisError("usage", `${file.path} was changed since it was read: run the command again`);
}

function writeOne({ file, after }: ChangedFile): void {
  const temporary = `${file.path}.${process.pid}.tmp`;
  try {
    const { mode } = statSync(file.path);
    writeFileSync(temporary, bytesOf(file, after), { flag: "wx", mode: 0o600 });
    chmodSync(temporary, mode & 0o7777);
    refuseChanged({ file, after });
    renameSync(temporary, file.path);
  } catch (error) {
    rmSync(temporary, { force: true });
    if (error instanceof PortcullisError) throw error;
    throw new PortcullisError("usage", `cannot write ${file.path}: ${messageOf(error)}`, { cause: error });
  }
}
