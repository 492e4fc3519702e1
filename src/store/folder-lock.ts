// One process at a time in a data folder. Each writes a lock file of its own first and looks for others afterwards: of two
// that start together at least one sees the other, so never do both go on. The file of a process that is dead is removed.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PortcullisError } from "../errors.js";

export interface FolderLock {
  release(): void;
}

const lockName = /^lock-(\d+)$/;
const held = new Set<string>();

export function lockFolder(folder: string): FolderLock {
  if (held.has(folder)) throw inUse(folder, process.pid);
  const own = join(folder, `lock-${process.pid}`);
  writeFileSync(own, startOf(process.pid), { mode: 0o600 });
  const other = liveOwner(folder);
  if (other !== null) {
    rmSync(own, { force: true });
    throw inUse(folder, other);
  }
  held.add(folder);
  return {
    release() {
      held.delete(folder);
      rmSync(own, { force: true });
    },
  };
}

function liveOwner(folder: string): number | null {
  for (const name of readdirSync(folder)) {
    const pid = Number(lockName.exec(name)?.[1] ?? process.pid);
    if (pid === process.pid) continue;
    if (isOwner(pid, join(folder, name))) return pid;
    rmSync(join(folder, name), { force: true });
  }
  return null;
}

/** Alive, and not a newcomer that was given the number of a dead process. */
function isOwner(pid: number, file: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const written = textOf(file);
  const start = startOf(pid);
  return written === "" || start === "" || written === start;
}

/** When the process started, in the kernel's ticks; empty where /proc does not say. */
function startOf(pid: number): string {
  const stat = textOf(`/proc/${pid}/stat`);
  // The name, in parentheses, may hold spaces: fields are counted from behind it.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function inUse(folder: string, pid: number): PortcullisError {
  return new PortcullisError(
    "store-unavailable",
    `the embedded store in ${folder} is in use by process ${pid}; wait for it, or use another --data-dir or PostgreSQL (--database-url)`,
  );
}
