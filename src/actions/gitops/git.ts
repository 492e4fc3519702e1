// The system's git, and what of it is used: refs of a remote, one commit of a branch, and the files of a folder. Nothing of a
// repository is ever run or checked out: no hooks, no submodules, no filters, no configuration but ours.
import { execFile, type ExecFileException } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf, PortcullisError } from "../../errors.js";
import { printable } from "../../printable.js";
import { redactText } from "../../redact.js";
import type { RepositorySettings } from "./gitops-settings.js";

export interface GitFile {
  readonly path: string;
  readonly blob: string;
  readonly size: number;
  /** Of git: 100644 is a file, 120000 a symbolic link. */
  readonly mode: string;
}

export interface Git {
  /** The commits of branches, by their names. */
  heads(): Promise<ReadonlyMap<string, string>>;
  /** Brings the branch's newest commit here, and gives its id. */
  fetch(branch: string): Promise<string>;
  /** What is below the folder of a commit that was fetched. Throws `usage` where there is more than `most`. */
  files(commit: string, folder: string, most: number): Promise<readonly GitFile[]>;
  read(blob: string): Promise<string>;
}

export interface GitOptions {
  readonly settings: RepositorySettings;
  /** Of this repository alone; made where it is not there. */
  readonly cache: string;
  /** The token, where one is configured. */
  readonly token: string | null;
  readonly signal: AbortSignal;
}

const mebibyte = 2 ** 20;
const mostOutput = 16 * mebibyte;
const watchMs = 250;

export function createGit(options: GitOptions): Git {
  return new SystemGit(options);
}

class SystemGit implements Git {
  readonly #options: GitOptions;
  readonly #remote: string;

  constructor(options: GitOptions) {
    this.#options = options;
    this.#remote = options.settings.url;
  }

  async heads(): Promise<ReadonlyMap<string, string>> {
    const text = await this.#run(["ls-remote", "--heads", "--", this.#remote], "listing branches");
    const heads = new Map<string, string>();
    for (const line of text.split("\n")) {
      const [, commit, branch] = /^([0-9a-f]{40,64})\trefs\/heads\/(.+)$/.exec(line) ?? [];
      if (commit !== undefined && branch !== undefined) heads.set(branch, commit);
    }
    return heads;
  }

  async fetch(branch: string): Promise<string> {
    const ref = "refs/portcullis/head";
    const flags = ["--no-tags", "--depth=1", "--no-recurse-submodules", "--no-write-fetch-head", "--force", "--quiet"];
    const spec = `+refs/heads/${branch}:${ref}`;
    await this.#run(["fetch", ...flags, "--", this.#remote, spec], `fetching ${branch}`);
    return (await this.#run(["rev-parse", "--verify", "--quiet", `${ref}^{commit}`], "reading a commit")).trim();
  }

  async files(commit: string, folder: string, most: number): Promise<readonly GitFile[]> {
    const text = await this.#run(
      ["ls-tree", "-r", "-z", "--long", "--full-tree", commit, "--", `${folder}/`],
      "listing files",
    );
    const lines = text.split("\0").filter((line) => line !== "");
    if (lines.length > most)
      throw new PortcullisError("usage", `${folder} holds ${lines.length} files; expected at most ${most}`);
    return lines.map(fileOf);
  }

  read(blob: string): Promise<string> {
    return this.#run(["cat-file", "blob", blob], "reading a file");
  }

  async #run(args: readonly string[], doing: string): Promise<string> {
    this.#prepare();
    const { settings, cache, token, signal } = this.#options;
    const limits = settings.limits ?? {};
    const watch = new AbortController();
    const most = (limits.mebibytes ?? 200) * mebibyte;
    const timer = setInterval(() => {
      if (sizeOf(cache, most) > most) watch.abort();
    }, watchMs);
    try {
      return await git(args, {
        cwd: cache,
        env: environmentOf(settings, cache, token),
        timeout: (limits.seconds ?? 120) * 1_000,
        signal: AbortSignal.any([signal, watch.signal]),
      });
    } catch (error) {
      if (watch.signal.aborted) rmSync(cache, { recursive: true, force: true });
      const why = watch.signal.aborted ? `it is larger than ${most / mebibyte} MiB` : reasonOf(error, token);
      throw new PortcullisError("provider-unavailable", `gitops: ${doing} of ${settings.name} failed: ${why}`);
    } finally {
      clearInterval(timer);
    }
  }

  #prepare(): void {
    const { cache } = this.#options;
    if (existsSync(join(cache, "HEAD"))) return;
    // As `git init --bare` makes it, without its templates, which bring hooks.
    for (const one of ["objects", "refs"]) mkdirSync(join(cache, one), { recursive: true, mode: 0o700 });
    writeHead(cache);
  }
}

function writeHead(cache: string): void {
  writeFileSync(join(cache, "HEAD"), "ref: refs/heads/none\n");
}

interface Run {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly timeout: number;
  readonly signal: AbortSignal;
}

function git(args: readonly string[], run: Run): Promise<string> {
  const fixed = ["core.hooksPath=/dev/null", "credential.helper=", "gc.auto=0", "maintenance.auto=false"];
  const safe = [
    "core.fsmonitor=false",
    "transfer.fsckObjects=true",
    "submodule.recurse=false",
    "http.followRedirects=false",
  ];
  const flags = [...fixed, ...safe].flatMap((one) => ["-c", one]);
  return new Promise((resolve, reject) => {
    const settled = (error: ExecFileException | null, stdout: string, stderr: string): void => {
      if (error === null) resolve(stdout);
      else
        reject(
          new Error(error.killed === true ? "it took too long, or the process ends" : stderr.trim() || error.message),
        );
    };
    execFile(
      "git",
      ["--git-dir=.", "--no-replace-objects", ...flags, ...args],
      { ...run, maxBuffer: mostOutput, killSignal: "SIGKILL" },
      settled,
    );
  });
}

/** Nothing of the process's own environment but where programs are. The token is in no argument. */
function environmentOf({ url, credentials, ssh, allowFile }: RepositorySettings, cache: string, token: string | null) {
  const key = ssh === undefined ? "" : `-i '${quoted(ssh.key)}' -o UserKnownHostsFile='${quoted(ssh.knownHosts)}'`;
  return {
    ...{ PATH: process.env["PATH"], HOME: cache, LC_ALL: "C" },
    ...{ GIT_TERMINAL_PROMPT: "0", GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null", GIT_ATTR_NOSYSTEM: "1" },
    ...{ GIT_ASKPASS: "/bin/false", SSH_ASKPASS: "/bin/false", GIT_LFS_SKIP_SMUDGE: "1" },
    GIT_ALLOW_PROTOCOL: allowFile === true ? "https:ssh:file" : "https:ssh",
    GIT_SSH_COMMAND: `ssh -F /dev/null -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes ${key}`,
    ...(token === null ? {} : authorization(url, credentials?.user ?? "x-access-token", token)),
  };
}

function authorization(url: string, user: string, token: string): NodeJS.ProcessEnv {
  const header = `Authorization: Basic ${Buffer.from(`${user}:${token}`).toString("base64")}`;
  const { origin } = new URL(url);
  return { GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: `http.${origin}/.extraHeader`, GIT_CONFIG_VALUE_0: header };
}

function quoted(path: string): string {
  return path.replaceAll("'", `'\\''`);
}

function fileOf(line: string): GitFile {
  const match = /^(\d{6}) \w+ ([0-9a-f]+) +(\d+|-)\t(.+)$/s.exec(line);
  if (match === null) throw new PortcullisError("internal", "gitops: git listed files in a form that is not known");
  const [, mode = "", blob = "", size = "", path = ""] = match;
  return { mode, blob, size: size === "-" ? 0 : Number(size), path };
}

function reasonOf(error: unknown, token: string | null): string {
  const text = messageOf(error).slice(0, 2_000);
  const known = token === null ? [] : [token, Buffer.from(`x-access-token:${token}`).toString("base64")];
  return printable(redactText(known.reduce((left, secret) => left.replaceAll(secret, "<redacted>"), text))).slice(
    0,
    500,
  );
}

/** Of all files below, as far as it takes to know that it is too much. */
function sizeOf(folder: string, most: number): number {
  let size = 0;
  const pending = [folder];
  for (let next = pending.pop(); next !== undefined && size <= most; next = pending.pop()) {
    try {
      const stat = lstatSync(next);
      size += stat.size;
      if (stat.isDirectory()) for (const name of readdirSync(next)) pending.push(join(next, name));
    } catch {
      // git removed it meanwhile
    }
  }
  return size;
}
