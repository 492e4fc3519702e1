// Finds and reads .rego files, within bounds. A link that leaves its folder, text that is not UTF-8 and a path that is not
// there are errors: a policy that is silently not read would be a silent pass.
import { readdirSync, readFileSync, realpathSync, statSync, type Stats } from "node:fs";
import { join, sep } from "node:path";
import { messageOf, PortcullisError } from "../../errors.js";

const maxFiles = 5_000;
const maxFileBytes = 1024 * 1024;
const maxDepth = 32;

export interface RegoFile {
  readonly path: string;
  readonly text: string;
}

/** The .rego files at or below the paths, each once, sorted; tests (`*_test.rego`) in folders are left out unless asked for. With `others`, files among
 * the paths that are no Rego are passed over: they are data. */
export function readRegoFiles(
  paths: readonly string[],
  options: { readonly tests: boolean; readonly others?: boolean; readonly ignore?: readonly string[] } = {
    tests: false,
  },
): RegoFile[] {
  const found = new Map<string, string>();
  for (const path of paths) {
    if (options.others === true && !statOf(path).isDirectory() && !path.endsWith(".rego")) continue;
    if (!statOf(path).isDirectory()) found.set(realpathSync(path), path);
    else walk({ root: realpathSync(path), found, tests: options.tests }, path, 0);
  }
  const ignored = ignoring(options.ignore ?? []);
  return [...found.values()]
    .filter((path) => !ignored(path))
    .sort()
    .map((path) => ({ path, text: readText(path) }));
}

/** Whether the name of a file or of one of its folders matches a pattern (`*` and `?`), as OPA's --ignore. */
export function ignoring(patterns: readonly string[]): (path: string) => boolean {
  const tests = patterns.map((pattern) => {
    const text = pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".");
    return new RegExp(`^${text}$`);
  });
  return (path) => path.split(sep).some((name) => tests.some((test) => test.test(name)));
}

interface Walk {
  readonly root: string;
  /** Real path to the path as the user would write it. */
  readonly found: Map<string, string>;
  readonly tests: boolean;
}

function walk(state: Walk, folder: string, depth: number): void {
  if (depth > maxDepth) throw invalid(folder, `folders are nested deeper than ${maxDepth} levels`);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !skipped(entry.name)) walk(state, path, depth + 1);
    else if (isPolicy(entry.name, state.tests) && !entry.isDirectory()) take(state, path);
    else if (entry.isSymbolicLink() && !skipped(entry.name) && statOf(path).isDirectory()) follow(state, path, depth);
  }
}

/** Hidden folders hold no policies of the user's (`.git`, and the `..data` of a mounted ConfigMap, whose files are linked). */
function skipped(name: string): boolean {
  return name.startsWith(".") || name === "node_modules";
}

function isPolicy(name: string, tests: boolean): boolean {
  return name.endsWith(".rego") && (tests || !name.endsWith("_test.rego"));
}

function follow(state: Walk, link: string, depth: number): void {
  stayInside(state, link);
  walk(state, link, depth + 1);
}

function take(state: Walk, path: string): void {
  const real = stayInside(state, path);
  if (!state.found.has(real)) state.found.set(real, path);
  if (state.found.size > maxFiles) throw invalid(path, `there are more than ${maxFiles} policy files`);
}

function stayInside(state: Walk, path: string): string {
  statOf(path);
  const real = realpathSync(path);
  if (real === state.root || real.startsWith(state.root.endsWith(sep) ? state.root : state.root + sep)) return real;
  throw invalid(path, "the symbolic link leaves the folder of policies");
}

function readText(path: string): string {
  const stat = statOf(path);
  if (!stat.isFile()) throw invalid(path, "it is not a regular file");
  if (stat.size > maxFileBytes) throw invalid(path, `it is larger than ${maxFileBytes} bytes`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch (cause) {
    if (cause instanceof TypeError) throw invalid(path, "it is not UTF-8 text");
    throw unreadable(path, cause);
  }
}

function statOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): PortcullisError {
  return new PortcullisError("input-unreadable", `the policy path ${path} cannot be read: ${messageOf(cause)}`, {
    cause,
    places: [{ file: path }],
  });
}

function invalid(path: string, reason: string): PortcullisError {
  return new PortcullisError("policy-invalid", `${path}: ${reason}`, { places: [{ file: path }] });
}
