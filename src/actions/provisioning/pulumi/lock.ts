// Who holds a stack in a file backend: Pulumi writes a file for each update that is under way. It is never taken away from them.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const lockFile = z.object({ pid: z.number(), username: z.string(), hostname: z.string(), timestamp: z.string() });

/** Null where nobody does, and of backends that cannot be looked at: Pulumi itself refuses there. */
export function lockOf(backend: string, project: string, stack: string): string | null {
  if (!backend.startsWith("file://")) return null;
  const folder = join(folderOf(backend), ".pulumi", "locks", "organization", project, stack);
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  } catch {
    return null; // nobody ever locked it
  }
  const [first] = names;
  return first === undefined ? null : holder(join(folder, first));
}

function folderOf(backend: string): string {
  return backend.startsWith("file:///") ? fileURLToPath(backend) : backend.slice("file://".length);
}

function holder(file: string): string {
  const unknown = "somebody (its lock cannot be read)";
  try {
    if (statSync(file).size > 10_000) return unknown;
    const { username, hostname, pid, timestamp } = lockFile.parse(JSON.parse(readFileSync(file, "utf8")));
    return `${username}@${hostname} (process ${pid}) since ${timestamp}`;
  } catch {
    return unknown;
  }
}
