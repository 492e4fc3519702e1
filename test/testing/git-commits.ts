// Repositories for tests, written without a checkout: one process for a commit, whatever is in it.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Text or bytes of a file; null removes it; anything else as git has it: `120000` a link, `160000` a submodule. */
export type Content = string | Buffer | null | { readonly mode: string; readonly data: string };

export interface CommitOptions {
  readonly branch?: string;
  /** Instead of the branch's own head; null for a commit without one, as a force-push brings it. */
  readonly parent?: string | null;
  /** Of what is not UTF-8: octal escapes in the paths are git's (`a\\377b`). */
  readonly quoted?: boolean;
}

let empty: string | null = null;

/** A bare repository at this path. */
export function bareRepository(path: string): void {
  if (empty === null) {
    const folder = mkdtempSync(join(tmpdir(), "portcullis-empty-git-"));
    execFileSync("git", ["init", "--quiet", "--bare", "--template=", "--initial-branch=main", folder]);
    empty = folder;
    process.once("exit", () => {
      rmSync(folder, { recursive: true, force: true });
    });
  }
  if (!existsSync(path)) cpSync(empty, path, { recursive: true });
}

let time = 1_700_000_000;

/** Its id. The branch is there afterwards, forced. */
export function commit(
  repository: string,
  files: { readonly [path: string]: Content },
  { branch = "main", parent, quoted = false }: CommitOptions = {},
): string {
  const from = parent === undefined ? headOf(repository, branch) : parent;
  const parts: (string | Buffer)[] = [
    `commit refs/heads/${branch}\nmark :1\ncommitter t <t@example.org> ${++time} +0000\n`,
  ];
  parts.push("data 1\nx\n", from === null ? "deleteall\n" : `from ${from}\n`);
  for (const [path, content] of Object.entries(files)) parts.push(...change(quoted ? `"${path}"` : path, content));
  parts.push("get-mark :1\n");
  if (from === null) parts.unshift(`reset refs/heads/${branch}\n`);
  const input = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return execFileSync("git", ["fast-import", "--quiet", "--force"], {
    cwd: repository,
    input,
    encoding: "utf8",
  }).trim();
}

function change(path: string, content: Content): (string | Buffer)[] {
  if (content === null) return [`D ${path}\n`];
  if (typeof content === "object" && "mode" in content) {
    if (content.mode === "160000") return [`M 160000 ${content.data} ${path}\n`];
    return [`M ${content.mode} inline ${path}\ndata ${Buffer.byteLength(content.data)}\n`, content.data, "\n"];
  }
  return [`M 100644 inline ${path}\ndata ${Buffer.byteLength(content)}\n`, content, "\n"];
}

/** Null where the branch is not there. */
export function headOf(repository: string, branch = "main"): string | null {
  try {
    return execFileSync("git", ["rev-parse", "--verify", "--quiet", `refs/heads/${branch}`], {
      ...{ cwd: repository, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
    }).trim();
  } catch {
    return null;
  }
}

/** Puts the branch where it is told, as a force-push does; null removes it. */
export function moveBranch(repository: string, branch: string, to: string | null): void {
  const ref = `refs/heads/${branch}`;
  execFileSync("git", to === null ? ["update-ref", "-d", ref] : ["update-ref", ref, to], { cwd: repository });
}
