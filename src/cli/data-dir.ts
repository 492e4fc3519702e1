import { homedir } from "node:os";
import { join } from "node:path";
import type { Config } from "../config.js";

/** Where the embedded store is: the flag, the configuration, or the user's data folder (XDG). */
export function dataDirOf(flags: { readonly dataDir?: string }, config: Config): string {
  const base = process.env["XDG_DATA_HOME"] ?? join(homedir(), ".local", "share");
  return flags.dataDir ?? config.dataDir ?? join(base, "portcullis", "store");
}
