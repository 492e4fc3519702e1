// Evidence that has been kept long enough: packages in one folder, by the time of the file. Nothing else in it is touched.
import { closeSync, openSync, readdirSync, readSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../clock.js";
import { messageOf, PortcullisError } from "../../errors.js";
import type { AuditTrail } from "../trail.js";

export interface OldPackage {
  readonly path: string;
  readonly bytes: number;
  readonly modified: string;
}

/** Zip files of the folder that were last changed before the time. Throws `config-invalid` where the folder cannot be read. */
export function evidenceToRemove(folder: string, before: string): readonly OldPackage[] {
  let names: string[];
  try {
    names = readdirSync(folder).sort();
  } catch (error) {
    const message = `retention: the folder ${folder} cannot be read: ${messageOf(error)}`;
    throw new PortcullisError("config-invalid", message, { cause: error });
  }
  return names
    .filter((name) => name.endsWith(".zip"))
    .map((name) => join(folder, name))
    .flatMap((path) => {
      const { size, mtime } = statSync(path);
      return mtime.toISOString() < before && isZip(path) ? [{ path, bytes: size, modified: mtime.toISOString() }] : [];
    });
}

function isZip(path: string): boolean {
  const file = openSync(path, "r");
  try {
    const start = Buffer.alloc(4);
    return readSync(file, start) === 4 && start.readUInt32LE() === 0x04034b50;
  } finally {
    closeSync(file);
  }
}

/** The entry comes first: a package that is gone has its record, whatever happens in between. */
export async function removeEvidence(packages: readonly OldPackage[], audit: AuditTrail, clock: Clock): Promise<void> {
  const by = await audit.caller();
  for (const { path, bytes, modified } of packages) {
    await audit.append({
      ...{ at: clock.now().toISOString(), kind: "evidence.removed", ...by, subject: path, decision: null },
      details: { bytes, modified },
    });
    rmSync(path, { force: true });
  }
}
