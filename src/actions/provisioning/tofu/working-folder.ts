// Where the tool runs: a copy of the template of its own for each stack, colour and version, initialised once.
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../../../folders.js";
import { isObject, own } from "../../../json.js";
import type { Stack, StackContext } from "../stack-tool.js";

export interface WorkingFolder {
  /** The stack's own in the copy: the tool runs there. */
  readonly folder: string;
}

/** Runs the tool in a folder; throws where it fails. */
export type RunIn = (folder: string, args: readonly string[]) => Promise<void>;

/**
 * A local state is not in the copy but beside it, or the next version would not find it. Any other backend is used as the code
 * has it, in a workspace of the stack's own.
 */
export async function prepareFolder(stack: Stack, { data }: StackContext, run: RunIn): Promise<WorkingFolder> {
  const name = createHash("sha256")
    .update(JSON.stringify([stack.content, stack.folder, stack.workspace]))
    .digest("hex");
  const work = join(data, "work");
  const ready = join(work, name.slice(0, 32));
  if (existsSync(ready)) return { folder: join(ready, stack.folder) };
  makeFolder(work, 0o700);
  const making = mkdtempSync(join(work, ".making-"));
  try {
    cpSync(stack.template, making, { recursive: true });
    await initialise(join(making, stack.folder), stack, { data, run });
    if (!existsSync(ready)) renameSync(making, ready);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return { folder: join(ready, stack.folder) };
}

async function initialise(
  folder: string,
  stack: Stack,
  { data, run }: { readonly data: string; readonly run: RunIn },
): Promise<void> {
  const locked = existsSync(join(folder, ".terraform.lock.hcl")) ? ["-lockfile=readonly"] : [];
  const init = (...more: string[]): Promise<void> =>
    run(folder, ["init", "-input=false", "-no-color", ...locked, ...more]);
  const mayHaveBackend = configures(folder);
  if (mayHaveBackend) await init();
  if (mayHaveBackend && !isLocal(folder)) {
    if (stack.workspace !== "default")
      await run(folder, ["workspace", "select", "-no-color", "-or-create", workspaceOf(stack)]);
    return;
  }
  const state = join(data, "state");
  makeFolder(state, 0o700);
  const backend = { terraform: { backend: { local: { path: stateFile(data) } } } };
  writeFileSync(join(folder, override), JSON.stringify(backend));
  await init(...(mayHaveBackend ? ["-reconfigure"] : []));
}

const override = "zz_portcullis_override.tf.json";
const stateFile = (data: string): string => join(data, "state", "terraform.tfstate");

/** The text of a state that is in a file of ours, empty where there is none yet; null where the tool keeps it elsewhere. */
export function localState(folder: string, { data }: Pick<StackContext, "data">): string | null {
  if (!existsSync(join(folder, override))) return null;
  return existsSync(stateFile(data)) ? readFileSync(stateFile(data), "utf8") : "";
}

export function workspaceOf({ workspace, environment, name, colour }: Stack): string {
  return workspace ?? [environment, name, ...(colour === null ? [] : [colour])].join("-");
}

/** Whether any file could hold a backend: the words are in it. */
function configures(folder: string): boolean {
  return readdirSync(folder)
    .filter((name) => /\.(tf|tofu)(\.json)?$/.test(name))
    .some((name) => /\b(backend|cloud)\b/.test(readFileSync(join(folder, name), "utf8")));
}

/** The tool wrote down which backend it uses. */
function isLocal(folder: string): boolean {
  const file = join(folder, ".terraform", "terraform.tfstate");
  if (!existsSync(file)) return true;
  const written: unknown = JSON.parse(readFileSync(file, "utf8"));
  const backend = isObject(written) ? own(written, "backend") : undefined;
  return !isObject(backend) || own(backend, "type") === "local";
}
