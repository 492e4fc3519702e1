// Where a package is before it is whole: beside its place, under a name that says so, so that a rename completes it.
import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { messageOf, PortcullisError } from "../../errors.js";

export interface Partial {
  readonly target: string;
  /** The package itself. */
  readonly path: string;
  /** For what is collected on the way. */
  readonly spool: string;
}

/** Checks that the place is free, and removes what exports to it left behind that were killed. */
export async function partialFor(output: string): Promise<Partial> {
  const target = resolve(output);
  const taken = await stat(target).then(
    () => true,
    () => false,
  );
  if (taken)
    throw new PortcullisError("usage", `${output} is there already; name another file: evidence is never overwritten`);
  await removeLeftovers(target).catch((error: unknown) => {
    throw new PortcullisError("usage", `cannot write ${output}: ${messageOf(error)}`, { cause: error });
  });
  const prefix = join(dirname(target), `.${basename(target)}.${process.pid}`);
  return { target, path: `${prefix}.partial`, spool: `${prefix}.spool` };
}

async function removeLeftovers(target: string): Promise<void> {
  const prefix = `.${basename(target)}.`;
  for (const name of await readdir(dirname(target))) {
    const pid = name.startsWith(prefix) ? /^(\d+)\.(?:partial|spool)$/.exec(name.slice(prefix.length))?.[1] : undefined;
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(dirname(target), name), { recursive: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return pid !== process.pid;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** Gives it its name, durably. */
export async function complete({ path, target }: Partial): Promise<void> {
  await rename(path, target);
  await syncFolder(dirname(target));
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
