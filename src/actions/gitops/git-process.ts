// One run of the system's git: bounded in time, output and what it leaves on the disk, and ended with everything that it started. A
// helper that outlives git would go on talking to a server that never answers.
import { spawn, type ChildProcess } from "node:child_process";

export interface GitRun {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Says from time to time what is too much, such as the space that it takes; null while nothing is. */
  readonly excess?: () => string | null;
}

/** It was ended by us. `permanent`: the same again would end the same way. */
export class GitStopped extends Error {
  readonly permanent: boolean;
  constructor(message: string, permanent: boolean) {
    super(message);
    this.permanent = permanent;
  }
}

const mebibyte = 2 ** 20;
const mostOutput = 16 * mebibyte;
const mostComplaint = 64 * 1024;
const watchMs = 250;

/** What it printed. Throws GitStopped, or an error with what git complained of. */
export async function runGit(run: GitRun): Promise<Buffer> {
  run.signal.throwIfAborted();
  const child = spawn("git", run.args, {
    ...{ cwd: run.cwd, env: run.environment, stdio: ["ignore", "pipe", "pipe"] },
    detached: true,
  });
  const stops: GitStopped[] = [];
  const stop = (reason: string, permanent = false): void => {
    stops.push(new GitStopped(reason, permanent));
    killGroup(child);
  };
  const output = collected(child.stdout, mostOutput, () => {
    stop(`git printed more than ${mostOutput / mebibyte} MiB`, true);
  });
  const complaint = collected(child.stderr, mostComplaint, () => undefined);
  const endWatch = watch(run, stop);
  try {
    const code = await exitOf(child);
    if (stops[0] !== undefined) throw stops[0];
    if (code === 0) return output();
    throw new Error(complaint().toString("utf8").trim() || `git ended with ${code}`);
  } finally {
    endWatch();
  }
}

function watch({ timeoutMs, signal, excess }: GitRun, stop: (reason: string, permanent?: boolean) => void): () => void {
  const timer = setTimeout(() => {
    stop(`it took longer than ${timeoutMs / 1_000} s`);
  }, timeoutMs);
  const onAbort = (): void => {
    stop("the process ends");
  };
  signal.addEventListener("abort", onAbort);
  const looking = setInterval(() => {
    const reason = excess?.() ?? null;
    if (reason !== null) stop(reason, true);
  }, watchMs);
  return () => {
    clearTimeout(timer);
    clearInterval(looking);
    signal.removeEventListener("abort", onAbort);
  };
}

/** Keeps at most so many bytes; what comes after is read and forgotten, so that nobody waits for us. */
function collected(stream: NodeJS.ReadableStream, most: number, tooMuch: () => void): () => Buffer {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size <= most) chunks.push(chunk);
    else tooMuch();
  });
  return () => Buffer.concat(chunks);
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", (error) => {
      reject(new Error(`git cannot be started: ${error.message}`));
    });
    child.once("close", (code) => {
      resolve(code ?? 128);
    });
  });
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}
