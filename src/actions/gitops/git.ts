// The system's git, and what of it is used: refs of a remote, one commit of a branch, and the files of a folder. Nothing of a
// repository is ever run or checked out: no hooks, no submodules, no filters, no configuration but ours.
import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { messageOf, PortcullisError } from "../../errors.js";
import { printable } from "../../printable.js";
import { redactText } from "../../redact.js";
import { GitStopped, runGit } from "./git-process.js";
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
  /** Brings the branch's newest commit here, and gives its id. Throws `usage` where it is too large. */
  fetch(branch: string): Promise<string>;
  /** What is below the folder of a commit that was fetched. Throws `usage` where there is more than `most`, or too much to list. */
  files(commit: string, folder: string, most: number): Promise<readonly GitFile[]>;
  read(blob: string): Promise<Buffer>;
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
const mostPacks = 200;

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
    const text = await this.#text(["ls-remote", "--heads", "--", this.#remote], "listing branches");
    const heads = new Map<string, string>();
    for (const line of text.split("\n")) {
      const [, commit, branch] = /^([0-9a-f]{40,64})\trefs\/heads\/(.+)$/.exec(line) ?? [];
      if (commit !== undefined && branch !== undefined) heads.set(branch, commit);
    }
    return heads;
  }

  /** Each branch has a ref of its own: whoever else fetches into this folder cannot put another branch's commit in its place. */
  async fetch(branch: string): Promise<string> {
    const { cache } = this.#options;
    // Nothing is ever collected there: it begins anew while there is still room for a whole fetch.
    if (sizeOf(cache, this.#most / 2) > this.#most / 2 || packsIn(cache) > mostPacks)
      rmSync(cache, { recursive: true, force: true });
    const ref = `refs/portcullis/${createHash("sha256").update(branch).digest("hex")}`;
    const flags = ["--no-tags", "--depth=1", "--no-recurse-submodules", "--no-write-fetch-head", "--force", "--quiet"];
    try {
      await this.#run(["fetch", ...flags, "--", this.#remote, `+refs/heads/${branch}:${ref}`], `fetching ${branch}`);
      const excess = this.#excess();
      if (excess !== null) throw this.#failed(`fetching ${branch}`, new GitStopped(excess, true));
    } catch (error) {
      // What was cut off leaves locks, which nobody would ever take away.
      rmSync(cache, { recursive: true, force: true });
      throw error;
    }
    return (await this.#text(["rev-parse", "--verify", "--quiet", `${ref}^{commit}`], "reading a commit")).trim();
  }

  async files(commit: string, folder: string, most: number): Promise<readonly GitFile[]> {
    const text = await this.#text(
      ["ls-tree", "-r", "-z", "--long", "--full-tree", commit, "--", `${folder}/`],
      "listing files",
    );
    const lines = text.split("\0").filter((line) => line !== "");
    if (lines.length > most)
      throw new PortcullisError("usage", `${folder} holds ${lines.length} files; expected at most ${most}`);
    return lines.map(fileOf);
  }

  read(blob: string): Promise<Buffer> {
    return this.#run(["cat-file", "blob", blob], "reading a file");
  }

  get #most(): number {
    return (this.#options.settings.limits?.mebibytes ?? 200) * mebibyte;
  }

  async #text(args: readonly string[], doing: string): Promise<string> {
    return (await this.#run(args, doing)).toString("utf8");
  }

  async #run(args: readonly string[], doing: string): Promise<Buffer> {
    this.#prepare();
    const { settings, cache, token, signal } = this.#options;
    const { seconds = 120 } = settings.limits ?? {};
    try {
      return await runGit({
        args: ["--git-dir=.", "--no-replace-objects", ...fixedSettings(seconds), ...args],
        ...{ cwd: cache, environment: environmentOf(settings, cache, token), timeoutMs: seconds * 1_000, signal },
        excess: () => this.#excess(),
      });
    } catch (error) {
      throw this.#failed(doing, error);
    }
  }

  #excess(): string | null {
    const most = this.#most;
    return sizeOf(this.#options.cache, most) > most ? `it is larger than ${most / mebibyte} MiB` : null;
  }

  #failed(doing: string, error: unknown): PortcullisError {
    const isPermanent = error instanceof GitStopped && error.permanent;
    const message = `gitops: ${doing} of ${this.#options.settings.name} failed: ${reasonOf(error, this.#options)}`;
    return new PortcullisError(isPermanent ? "usage" : "provider-unavailable", message);
  }

  #prepare(): void {
    const { cache } = this.#options;
    if (existsSync(join(cache, "HEAD"))) return;
    // As `git init --bare` makes it, without its templates, which bring hooks.
    for (const one of ["objects", "refs"]) mkdirSync(join(cache, one), { recursive: true, mode: 0o700 });
    writeHead(cache);
  }
}

function packsIn(cache: string): number {
  const folder = join(cache, "objects", "pack");
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".pack")).length : 0;
}

function writeHead(cache: string): void {
  writeFileSync(join(cache, "HEAD"), "ref: refs/heads/none\n");
}

/** Nothing of a repository is run, and nobody is waited for whatever becomes of this process. */
function fixedSettings(seconds: number): readonly string[] {
  const settings = [
    ...["core.hooksPath=/dev/null", "credential.helper=", "gc.auto=0", "maintenance.auto=false"],
    ...["core.fsmonitor=false", "transfer.fsckObjects=true", "submodule.recurse=false", "http.followRedirects=false"],
    ...["http.lowSpeedLimit=1", `http.lowSpeedTime=${Math.ceil(seconds)}`],
    // What is fetched is kept as it came: a file of a gigabyte is never held in memory, however small it was packed.
    ...["fetch.unpackLimit=1", "transfer.unpackLimit=1", "core.bigFileThreshold=1m"],
  ];
  return settings.flatMap((one) => ["-c", one]);
}

/** Nothing of the process's own environment but where programs are. The token is in no argument. */
function environmentOf(settings: RepositorySettings, cache: string, token: string | null): NodeJS.ProcessEnv {
  const { ssh, allowFile, caFile } = settings;
  const key = ssh === undefined ? "" : `-i '${quoted(ssh.key)}' -o UserKnownHostsFile='${quoted(ssh.knownHosts)}'`;
  return {
    ...{ PATH: process.env["PATH"], HOME: cache, LC_ALL: "C" },
    ...{ GIT_TERMINAL_PROMPT: "0", GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null", GIT_ATTR_NOSYSTEM: "1" },
    ...{ GIT_ASKPASS: "/bin/false", SSH_ASKPASS: "/bin/false", GIT_LFS_SKIP_SMUDGE: "1" },
    GIT_ALLOW_PROTOCOL: allowFile === true ? "https:ssh:file" : "https:ssh",
    GIT_SSH_COMMAND: `ssh -F /dev/null -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=30 ${key}`,
    ...(caFile === undefined ? {} : { GIT_SSL_CAINFO: resolve(caFile) }),
    ...(token === null ? {} : authorization(settings, token)),
  };
}

function authorization(settings: RepositorySettings, token: string): NodeJS.ProcessEnv {
  const { origin } = new URL(settings.url);
  const header = `Authorization: ${credentialsOf(settings, token)}`;
  return { GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: `http.${origin}/.extraHeader`, GIT_CONFIG_VALUE_0: header };
}

function credentialsOf({ credentials }: RepositorySettings, token: string): string {
  if (credentials?.scheme === "bearer") return `Bearer ${token}`;
  return `Basic ${Buffer.from(`${credentials?.user ?? "x-access-token"}:${token}`).toString("base64")}`;
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

function reasonOf(error: unknown, { settings, token }: GitOptions): string {
  const text = messageOf(error).slice(0, 2_000);
  const secrets = token === null ? [] : [credentialsOf(settings, token).split(" ").at(-1) ?? token, token];
  const clean = printable(redactText(secrets.reduce((left, secret) => left.replaceAll(secret, "<redacted>"), text)));
  const isRefused = /could not read (Username|Password)|Authentication failed|returned error: 40[13]/.test(text);
  const credentials = token === null ? "none are configured" : "those of its credentials setting are not taken";
  return `${isRefused ? `the server wants credentials, and ${credentials}: ` : ""}${clean}`.slice(0, 500);
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
