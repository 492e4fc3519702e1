import { accessSync, constants, mkdirSync } from "node:fs";
import type { Command } from "commander";
import { checkStore, loadPolicies, packageVersion } from "../compose.js";
import { loadBaselines } from "../compliance/load-baselines.js";
import { cacheFolders } from "../engine/rego/cache.js";
import { compilerCall } from "../compiler/compiler.js";
import { messageOf } from "../errors.js";
import { defaultSettings } from "../settings.js";
import { dataDirOf } from "./data-dir.js";
import { addStoreFlags } from "./options.js";
import { createOutput } from "./output.js";
import { renderRows } from "./rows.js";

interface Flags {
  readonly format: string;
  readonly dataDir?: string;
  readonly databaseUrl?: string;
}

interface Finding {
  readonly part: string;
  readonly ok: boolean;
  /** What was found or, when it is not well, what to do. */
  readonly says: string;
}

export function addDoctorCommand(program: Command): void {
  const command = program
    .command("doctor")
    .description("what is installed, reachable and allowed, and what to do about what is not");
  addStoreFlags(command)
    .option("--format <name>", "table or json", "table")
    .action(async (flags: Flags) => {
      const findings = await examine(flags);
      const rows = findings.map(({ part, ok, says }) => [ok ? "ok" : "NOT OK", part, says]);
      const text =
        flags.format === "json" ? JSON.stringify(findings, null, 2) : renderRows(["", "part", "found"], rows);
      await createOutput({ color: true, progress: false, quiet: false }).result(text, null);
      process.exitCode = findings.every(({ ok }) => ok) ? 0 : 3;
    });
}

async function examine(flags: Flags): Promise<Finding[]> {
  const dataDir = dataDirOf(flags, {});
  return [
    await look("program", () => `portcullis ${packageVersion()}, Node ${process.versions.node}`),
    await look("Rego compiler", async () => {
      await compilerCall("rego.inspect", { modules: [] });
      return "loads";
    }),
    await look("shipped policies", async () => `${(await loadPolicies(defaultSettings)).policies.length} load`),
    await look("baselines", async () => {
      const { policies } = await loadPolicies(defaultSettings);
      const baselines = await loadBaselines({
        ids: [],
        all: true,
        knownPolicies: new Set(policies.map(({ id }) => id)),
      });
      return baselines.map(({ id }) => id).join(", ");
    }),
    await look("compile cache", () => writable(cacheFolders().entries)),
    await look("store", () => checkStore({ databaseUrl: flags.databaseUrl, dataDir })),
  ];
}

async function look(part: string, examineIt: () => string | Promise<string>): Promise<Finding> {
  try {
    return { part, ok: true, says: await examineIt() };
  } catch (error) {
    return { part, ok: false, says: messageOf(error) };
  }
}

function writable(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  accessSync(folder, constants.W_OK);
  return folder;
}
