import { readdirSync, realpathSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename, join, sep } from "node:path";
import { messageOf } from "../../src/errors.js";
import type { ScanProblem } from "../../src/inventory/scan-item.js";
import { decodeText, TextError } from "./document.js";

export const defaultMaximumBytes = 100 * 1024 * 1024;
const maximumFiles = 200_000;
const maximumFolderDepth = 64;
/** Of a Helm chart: templates that are not YAML before they are rendered, and other charts. */
const chartFolders = new Set(["templates", "charts"]);

export function problemAt(
  at: string,
  problem: ScanProblem["problem"],
  message: string,
  place: { readonly line: number | null; readonly column: number | null } = { line: null, column: null },
): ScanProblem {
  return {
    kind: "problem",
    problem,
    at,
    line: place.line,
    column: place.column,
    message,
    hides: [],
    account: null,
    region: null,
  };
}

export function textProblem(at: string, thrown: unknown): ScanProblem {
  if (thrown instanceof TextError) return problemAt(at, "unreadable", thrown.message, thrown);
  return problemAt(at, "unreadable", `it cannot be read: ${messageOf(thrown)}`);
}

/** Reads at most `maximumBytes`, and looks at the size first. Throws TextError. */
export async function readText(path: string, maximumBytes: number): Promise<string> {
  const file = await open(path, "r");
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new TextError("it is not a regular file");
    if (stat.size > maximumBytes) throw tooLarge(stat.size, maximumBytes);
    return decodeText(await file.readFile());
  } finally {
    await file.close();
  }
}

/** Throws TextError as soon as there is more than `maximumBytes`. */
export async function readStream(stream: AsyncIterable<Buffer>, maximumBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > maximumBytes) throw tooLarge(size, maximumBytes);
    chunks.push(chunk);
  }
  return decodeText(Buffer.concat(chunks));
}

function tooLarge(size: number, limit: number): TextError {
  const mebibytes = (bytes: number): string => `${Number((bytes / 2 ** 20).toFixed(1))} MiB`;
  const advice = `--max-input ${Math.ceil(size / 2 ** 20)}MiB reads it`;
  return new TextError(`it is ${mebibytes(size)}, more than the limit of ${mebibytes(limit)}; ${advice}`);
}

export interface Walk {
  /** JSON and YAML files, and Dockerfiles where they are wanted. */
  readonly files: readonly string[];
  /** Folders that hold Terraform configuration. */
  readonly terraformFolders: readonly string[];
  readonly problems: readonly ScanProblem[];
}

/** Everything below a folder that may be input, sorted. Symbolic links are never followed: inside they lead to what is seen anyway. */
export function walk(folder: string, { dockerfiles }: { readonly dockerfiles: boolean }): Walk {
  const found: Found = { files: [], terraformFolders: [], problems: [] };
  const wanted = (name: string): boolean => isDocument(name) || (dockerfiles && isDockerfile(name));
  const root = realpathSync(folder);
  const pending: { path: string; depth: number }[] = [{ path: folder, depth: 0 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.depth > maximumFolderDepth || found.files.length > maximumFiles) {
      const reason =
        next.depth > maximumFolderDepth
          ? `folders are nested more than ${maximumFolderDepth} deep`
          : `there are more than ${maximumFiles} files`;
      found.problems.push(problemAt(next.path, "incomplete", `${reason}; the rest was not looked at`));
      break;
    }
    for (const child of look(next.path, { root, wanted }, found)) pending.push({ path: child, depth: next.depth + 1 });
  }
  found.files.sort();
  found.terraformFolders.sort();
  return found;
}

interface Found {
  readonly files: string[];
  readonly terraformFolders: string[];
  readonly problems: ScanProblem[];
}

interface Looking {
  readonly root: string;
  /** Whether a file of that name is input. */
  readonly wanted: (name: string) => boolean;
}

/** Takes what one folder holds, and gives the folders below it. */
function look(folder: string, { root, wanted }: Looking, found: Found): string[] {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    found.problems.push(problemAt(folder, "incomplete", `the folder cannot be listed: ${messageOf(error)}`));
    return [];
  }
  const isChart = entries.some(({ name }) => name === "Chart.yaml");
  if (isChart) {
    found.problems.push(
      problemAt(
        folder,
        "incomplete",
        "a Helm chart has to be rendered to be checked: helm template CHART | portcullis check -",
      ),
    );
  }
  if (entries.some((entry) => entry.isFile() && isTerraform(entry.name))) found.terraformFolders.push(folder);
  const below: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink()) found.problems.push(...linkProblems(path, { root, wanted }));
    else if (entry.isDirectory() && !isSkipped(entry.name) && !(isChart && chartFolders.has(entry.name)))
      below.push(path);
    else if (entry.isFile() && wanted(entry.name) && (!isChart || isDockerfile(entry.name))) found.files.push(path);
  }
  return below;
}

function isSkipped(folder: string): boolean {
  return folder === "node_modules" || (folder.startsWith(".") && folder !== ".");
}

function linkProblems(path: string, { root, wanted }: Looking): ScanProblem[] {
  let target: string;
  try {
    target = realpathSync(path);
  } catch {
    return [problemAt(path, "incomplete", "the symbolic link leads nowhere")];
  }
  const inside = target === root || target.startsWith(root + sep);
  if (inside && !target.slice(root.length).split(sep).some(isSkipped)) return [];
  if (!wanted(basename(path)) && !isTerraform(path) && !statSync(target).isDirectory()) return [];
  return [
    problemAt(
      path,
      "incomplete",
      "the symbolic link leaves the folder (or leads to a hidden one) and was not followed; name its target to check it",
    ),
  ];
}

export function isTerraform(name: string): boolean {
  return /\.tf(\.json)?$/.test(name);
}

/** By the name: Dockerfile, Containerfile, Dockerfile.prod, api.Dockerfile; never what only goes with one. */
export function isDockerfile(path: string): boolean {
  const name = basename(path);
  if (/\.(dockerignore|json|ya?ml|md|template)$/i.test(name)) return false;
  return /^(dockerfile|containerfile)(\..+)?$/i.test(name) || /.\.(dockerfile|containerfile)$/i.test(name);
}

/** Hidden files, locks and variable files are not documents to check. */
function isDocument(name: string): boolean {
  if (name.startsWith(".") || /\.(tf|tfvars|tfstate)\.json$/.test(name)) return false;
  return /\.(json|ya?ml|template)$/.test(name);
}
