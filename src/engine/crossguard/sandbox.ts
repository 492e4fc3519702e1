// A pack is someone's code. What is kept from it depends on the machine and on Node, and is said: see docs on packs.
import { spawnSync } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import type { PackFolder } from "./pack-folder.js";

export interface Sandbox {
  /** `none`: a network namespace of its own, without any interface. `open`: nothing keeps it from the network. */
  readonly network: "none" | "open";
  /** `packages`: Node's permission model lets it read its own folder and its packages only. `open`: as the user may. */
  readonly files: "packages" | "open";
  /** `contained`: what it starts ends with it, wherever it went. `group`: unless it left its process group. */
  readonly processes: "contained" | "group";
}

export interface SandboxedCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly sandbox: Sandbox;
}

export interface SandboxOptions {
  readonly allowNetwork: boolean;
  /** Files and folders that the program needs besides the pack's own. */
  readonly readable: readonly string[];
  /** Node's heap, in MiB. */
  readonly heap: number;
}

/** The command line that runs a Node program for a pack with as little as it needs. */
export function sandboxedNode(
  folder: PackFolder,
  program: readonly string[],
  options: SandboxOptions & { readonly permissionModel: boolean },
): SandboxedCommand {
  const permission = options.permissionModel ? permissionFlags([...readableBy(folder), ...options.readable]) : [];
  const command = [process.execPath, `--max-old-space-size=${options.heap}`, ...permission, ...program];
  return namespaced(command, options.allowNetwork, permission.length > 0 ? "packages" : "open");
}

/** The same for another program, to which Node's permission model means nothing. */
export function sandboxedProgram(program: readonly string[], allowNetwork: boolean): SandboxedCommand {
  return namespaced(program, allowNetwork, "open");
}

function namespaced(program: readonly string[], allowNetwork: boolean, files: Sandbox["files"]): SandboxedCommand {
  const isolation = availableIsolation();
  const network = isolation !== null && !allowNetwork ? ["--net"] : [];
  const [command = "", ...args] =
    isolation === null
      ? program
      : ["setpriv", "--pdeathsig", "KILL", "--", "unshare", ...isolation, ...network, "--", ...program];
  return {
    command,
    args,
    sandbox: {
      network: network.length > 0 ? "none" : "open",
      files,
      processes: isolation === null ? "group" : "contained",
    },
  };
}

/** A process namespace whose first process takes all others with it when it ends, and which ends with its parent. */
const processNamespace = ["--pid", "--fork", "--kill-child"];
let known: readonly string[] | null | undefined;

/** Flags for `unshare` that work here, or null: namespaces are Linux's, and some containers forbid them. */
function availableIsolation(): readonly string[] | null {
  known ??=
    [["--user", "--map-root-user", ...processNamespace], processNamespace].find((flags) => {
      const tried = spawnSync("setpriv", ["--pdeathsig", "KILL", "--", "unshare", ...flags, "--net", "--", "true"], {
        stdio: "ignore",
        timeout: 10_000,
      });
      return tried.status === 0;
    }) ?? null;
  return known;
}

function permissionFlags(readable: readonly string[]): string[] {
  const name = ["--permission", "--experimental-permission"].find((flag) =>
    process.allowedNodeEnvironmentFlags.has(flag),
  );
  if (name === undefined) return [];
  // Node says on standard error that the model is experimental; that is ours to know.
  return [name, "--no-warnings", ...[...new Set(readable)].map((path) => `--allow-fs-read=${path}`)];
}

/** The pack's folder, and the packages that Node finds from there. */
function readableBy({ path }: PackFolder): string[] {
  const folders = [path];
  for (let folder = path; ; folder = dirname(folder)) {
    const packages = join(folder, "node_modules");
    if (existsSync(packages)) folders.push(packages);
    if (dirname(folder) === folder) break;
  }
  return folders.flatMap((folder) => [join(folder, "/"), join(realpathSync(folder), "/")]);
}
