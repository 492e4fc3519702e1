import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { packageFile } from "../../package-root.js";
import type { JsonObject } from "../../json.js";
import { isPackFolder, readPackFolder } from "./pack-folder.js";
import type { PackLimits } from "./pack-process.js";
import type { PackOptions, PolicyPack } from "./policy-pack.js";

/** A pack that runs, and how. Whatever is not said is as for any other pack. */
export interface PackSettings {
  /** Its folder, or `crossguard/NAME` for one that ships with Portcullis. */
  readonly path: string;
  /** As `--policy-pack-config` of Pulumi has it. */
  readonly config?: JsonObject | undefined;
  readonly runner?: "own" | "stock" | undefined;
  readonly network?: boolean | undefined;
  readonly environment?: readonly string[] | undefined;
  /** Times in seconds, memory in MiB. */
  readonly limits?:
    | {
        readonly start?: number | undefined;
        readonly analyze?: number | undefined;
        readonly analyzeStack?: number | undefined;
        readonly memory?: number | undefined;
      }
    | undefined;
}

/** The folder of a pack, or null when the path is something else. */
export function packFolder(path: string): string | null {
  if (isPackFolder(path)) return path;
  const shipped = packageFile("policies", ...path.split("/"));
  return !existsSync(path) && /^crossguard\/[a-z-]+$/.test(path) && isPackFolder(shipped) ? shipped : null;
}

/** Starts every pack once. When one cannot be used, those that run are ended and its error is thrown. */
export async function startPacks(settings: readonly PackSettings[]): Promise<PolicyPack[]> {
  if (settings.length === 0) return [];
  const { defaultLimits, PolicyPack } = await import("./policy-pack.js"); // and all that only packs need
  const byFolder = new Map<string, PackSettings>();
  for (const one of settings) {
    const folder = resolve(packFolder(one.path) ?? one.path);
    byFolder.set(folder, { ...byFolder.get(folder), ...one });
  }
  const started = await Promise.allSettled(
    [...byFolder].map(async ([folder, one]) => PolicyPack.start(readPackFolder(folder), optionsOf(one, defaultLimits))),
  );
  const failed = started.find((one) => one.status === "rejected");
  const packs = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  if (failed === undefined) return packs;
  await Promise.all(packs.map((pack) => pack.close()));
  throw failed.reason;
}

function optionsOf(
  { config, runner, network, environment, limits = {} }: PackSettings,
  otherwise: PackLimits,
): PackOptions {
  const seconds = (given: number | undefined, usual: number): number => (given === undefined ? usual : given * 1000);
  return {
    config: config ?? {},
    runner: runner ?? "own",
    allowNetwork: network ?? false,
    environment: environment ?? [],
    limits: {
      start: seconds(limits.start, otherwise.start),
      analyze: seconds(limits.analyze, otherwise.analyze),
      analyzeStack: seconds(limits.analyzeStack, otherwise.analyzeStack),
      memory: limits.memory ?? otherwise.memory,
    },
  };
}
