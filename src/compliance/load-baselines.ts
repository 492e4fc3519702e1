import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { messageOf, PortcullisError } from "../errors.js";
import { packageFile } from "../package-root.js";
import type { Baseline } from "./baseline.js";
import { readBaseline } from "./baseline-file.js";

export interface LoadBaselinesOptions {
  /** The baselines that are wanted, in the order in which they are returned: an id, or the path of a `.yaml` file. */
  readonly ids: readonly string[];
  /** Every baseline that there is, whatever `ids` says. */
  readonly all?: boolean;
  /** Instead of the baselines that ship with the package. */
  readonly folder?: string;
  /** Baselines besides those of the folder. */
  readonly extraFiles?: readonly string[];
  readonly knownPolicies: ReadonlySet<string>;
}

/**
 * Reads and checks baselines. Throws `usage` for a baseline that does not exist, `baseline-invalid` for one that is not right:
 * a policy that does not exist, a control that is there twice or says nothing.
 */
export async function loadBaselines(options: LoadBaselinesOptions): Promise<Baseline[]> {
  const built = options.folder === undefined && options.extraFiles === undefined ? await builtBaselines() : null;
  if (built !== null && options.all === true) return built;
  if (built !== null && options.ids.every((id) => built.some((baseline) => baseline.id === id))) {
    return [...new Set(options.ids)].flatMap((id) => built.filter((baseline) => baseline.id === id));
  }
  const files = await baselineFiles(options);
  const wanted = options.all === true ? [...files.keys()] : [...new Set(options.ids)];
  const chosen = wanted.map((id) => (isPath(id) ? id : files.get(id)) ?? unknownBaseline(id, files));
  const isPolicy = (id: string): boolean => options.knownPolicies.has(id) || isShippedPolicy(id);
  return Promise.all(chosen.map((file) => readBaseline(file, isPolicy)));
}

/** The shipped baselines as the build checked and wrote them: reading their YAML takes longer than a small check. */
async function builtBaselines(): Promise<Baseline[] | null> {
  try {
    return JSON.parse(await readFile(packageFile("dist", "baselines.json"), "utf8")) as Baseline[];
  } catch {
    return null;
  }
}

/** Files by id, which is the file's name; those of the user win over those of the folder. */
async function baselineFiles(options: LoadBaselinesOptions): Promise<Map<string, string>> {
  const folder = options.folder ?? packageFile("baselines");
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    throw new PortcullisError("baseline-invalid", `the baselines in ${folder} cannot be read: ${messageOf(error)}`, {
      cause: error,
      places: [{ file: folder }],
    });
  }
  const own = names
    .filter(isPath)
    .sort()
    .map((name) => join(folder, name));
  return new Map([...own, ...(options.extraFiles ?? [])].map((file) => [basename(file).replace(/\.ya?ml$/, ""), file]));
}

function isPath(id: string): boolean {
  return /\.ya?ml$/.test(id);
}

function unknownBaseline(id: string, files: ReadonlyMap<string, string>): never {
  const known = [...files.keys()].sort().join(", ") || "none";
  throw new PortcullisError(
    "usage",
    `there is no baseline "${id}"; there are: ${known}. A path of a .yaml file does too.`,
  );
}

/** A shipped policy exists also in a run that leaves it out (`--no-default-policies`): its controls are then not assessed. */
function isShippedPolicy(id: string): boolean {
  if (!/^[a-z0-9]+(-[a-z0-9]+){2,}$/.test(id)) return false;
  const [provider = "", service = "", ...name] = id.split("-");
  return existsSync(packageFile("policies", provider, service, name.join("_"), "policy.rego"));
}
