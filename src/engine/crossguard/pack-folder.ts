import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { messageOf, PortcullisError } from "../../errors.js";

/** A policy pack as it lies in its folder, before anything of it has run. */
export interface PackFolder {
  /** Absolute. */
  readonly path: string;
  readonly runtime: "nodejs" | "python";
  /** The file to run: absolute for nodejs, the folder itself for python. */
  readonly entry: string;
  readonly isTypeScript: boolean;
  /** From PulumiPolicy.yaml; wins over what the pack says of itself. */
  readonly version: string | null;
  readonly description: string | null;
}

const projectFile = "PulumiPolicy.yaml";
const maximumBytes = 1024 * 1024;

const runtimeName = z.enum(["nodejs", "python"]);
const project = z.looseObject({
  runtime: z.union([runtimeName, z.looseObject({ name: runtimeName })]),
  main: z.string().optional(),
  version: z.string().optional(),
  description: z.string().optional(),
});

/** True for a folder that Pulumi would take for a policy pack. */
export function isPackFolder(path: string): boolean {
  return existsSync(join(path, projectFile));
}

/** Throws PortcullisError("policy-invalid") when the folder does not hold a pack that can be started. */
export function readPackFolder(folder: string): PackFolder {
  const path = resolve(folder);
  const file = join(folder, projectFile);
  const parsed = project.safeParse(readProject(file));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.path.join(".") ?? "";
    throw invalid(file, `${where || "the file"}: ${issue?.message ?? "not understood"}; expected runtime: nodejs`);
  }
  const { runtime, main, version = null, description = null } = parsed.data;
  const name = typeof runtime === "string" ? runtime : runtime.name;
  const entry = name === "nodejs" ? nodeEntry(path, main, file) : path;
  return { path, runtime: name, entry, isTypeScript: /\.[cm]?tsx?$/.test(entry), version, description };
}

function readProject(file: string): unknown {
  try {
    if (statSync(file).size > maximumBytes) throw new Error("it is larger than 1 MiB");
    return parse(readFileSync(file, "utf8"), { maxAliasCount: 100 });
  } catch (error) {
    throw invalid(file, messageOf(error));
  }
}

/** What `require` of the folder would load, or its index.ts, as the Pulumi engine starts a pack. */
function nodeEntry(path: string, main: string | undefined, file: string): string {
  const wanted = main === undefined ? path : join(path, main);
  if (!wanted.startsWith(path)) throw invalid(file, `main is ${main ?? ""}; expected a file in the folder of the pack`);
  try {
    return createRequire(file.startsWith("/") ? file : resolve(file)).resolve(wanted);
  } catch {
    const typescript = [wanted, join(wanted, "index.ts")].find((one) => one.endsWith(".ts") && existsSync(one));
    if (typescript !== undefined) return typescript;
    throw invalid(file, "the program of the pack is not there: expected index.js, index.ts, or main in package.json");
  }
}

function invalid(file: string, message: string): PortcullisError {
  return new PortcullisError("policy-invalid", `${file}: ${message}`, { places: [{ file }] });
}
