// The last checkpoint, kept beside the key and outside the database: whoever cuts the trail there, checkpoints and all, is
// found out here.
import { createHash } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf, PortcullisError } from "../errors.js";
import { parseCheckpointFile, type SignedCheckpoint } from "./checkpoint.js";
import { makeFolder } from "../folders.js";

/** One for each database; the embedded one, which is beside it, is null. */
export function anchorFile(folder: string, databaseUrl: string | null): string {
  if (databaseUrl === null) return join(folder, "anchor.json");
  const { hostname, port, pathname } = new URL(databaseUrl);
  const where = `${hostname}:${port === "" ? "5432" : port}${pathname}`;
  return join(folder, `anchor-${createHash("sha256").update(where).digest("hex").slice(0, 16)}.json`);
}

export interface Anchor {
  readonly file: string;
  readonly checkpoint: SignedCheckpoint;
}

/** Null where there is none yet. Throws `input-unreadable` for one that cannot be read: that is not the same as none. */
export function readAnchor(file: string): Anchor | null {
  let text;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new PortcullisError("input-unreadable", `cannot read the audit trail's anchor ${file}: ${messageOf(error)}`);
  }
  const checkpoint = parseCheckpointFile(text);
  if (checkpoint !== null) return { file, checkpoint };
  throw new PortcullisError(
    "input-unreadable",
    `the audit trail's anchor ${file} is not a checkpoint: it was changed; check the trail against a checkpoint that is kept elsewhere, then remove the file`,
  );
}

/** Forward only, and never over the anchor of another trail, which `audit verify` is to report. */
export function writeAnchor(file: string, signed: SignedCheckpoint): void {
  const before = readAnchor(file)?.checkpoint.checkpoint;
  const { trail, number } = signed.checkpoint;
  if (before !== undefined && (before.trail !== trail || before.number >= number)) return;
  writeCheckpointFile(file, signed);
}

/** A reader never sees half of it. */
export function writeCheckpointFile(file: string, signed: SignedCheckpoint): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    makeFolder(dirname(file), 0o700);
    writeFileSync(temporary, `${JSON.stringify(signed, null, 2)}\n`, { mode: 0o600 });
    renameSync(temporary, file);
  } catch (error) {
    throw new PortcullisError("usage", `cannot write the checkpoint ${file}: ${messageOf(error)}`, { cause: error });
  }
}
