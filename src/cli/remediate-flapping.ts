// `portcullis remediate --flapping` and `--release`: what the service does not put right any more, because somebody undoes it.
import { openConfiguredStore } from "../compose.js";
import { PortcullisError } from "../errors.js";
import type { Flap } from "../store/auto-remediations.js";
import type { Store } from "../store/store.js";
import type { ActionFlags } from "./actions-command.js";
import { dataDirOf } from "./data-dir.js";
import { settingsOf } from "./options.js";
import { createOutput } from "./output.js";
import { renderRows } from "./rows.js";

export interface FlappingFlags extends ActionFlags {
  readonly flapping?: boolean;
  readonly release?: string;
}

export async function remediateFlapping(flags: FlappingFlags): Promise<number> {
  if (flags.flapping === true && flags.release !== undefined)
    throw new PortcullisError("usage", "--flapping lists and --release releases: give one of them");
  const { config } = settingsOf({ ...flags, color: false, progress: false });
  const dataDir = dataDirOf(flags, config);
  const store = await openConfiguredStore({ databaseUrl: flags.databaseUrl, dataDir, config });
  try {
    const flaps = await flapsOf(store, flags);
    const text = flags.format === "json" ? JSON.stringify(flaps, null, 2) : asTable(flaps);
    const output = createOutput({ color: true, progress: false, quiet: flags.quiet ?? false });
    await output.result(text, null);
    if (flags.release !== undefined) output.note("released: it is put right again when the cool-down is over");
    return 0;
  } finally {
    await store.close();
  }
}

async function flapsOf(store: Store, { release }: FlappingFlags): Promise<readonly Flap[]> {
  if (release === undefined) return store.autoRemediations.flapping();
  return [await store.autoRemediations.release(release, await store.audit.caller())];
}

function asTable(flaps: readonly Flap[]): string {
  const rows = flaps.map((flap) => [
    ...[flap.fingerprint.slice(0, 12), flap.policy, flap.resource],
    ...[String(flap.fixes), flap.foundAt, flap.action],
  ]);
  return renderRows(["finding", "policy", "resource", "fixes", "since", "last action"], rows);
}
