// Runs a tool of others: only the environment that it is given, bounded time and output, ended cleanly first.
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PortcullisError } from "../../errors.js";
import { redactText } from "../../redact.js";

export interface ProgramRun {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly environment: { readonly [name: string]: string };
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Texts that must not be shown, whatever the tool prints. */
  readonly secrets: readonly string[];
  /** Lines of its output as they come, without secrets. */
  readonly say?: (line: string) => void;
}

export interface ProgramResult {
  readonly code: number;
  /** As it was printed: it may hold secrets. */
  readonly output: string;
  /** The last of what it complained of, without secrets. */
  readonly complaint: string;
}

const mostOutput = 256 * 1024 * 1024;
const shownComplaint = 4_000;
/** To write its state down after it was asked to end. */
const graceMs = 60_000;

/**
 * Throws PortcullisError `provider-unavailable` where the program is missing, takes too long, or prints too much. It writes into
 * files and not to us: where this process dies, the tool ends its work and keeps its state.
 */
export async function runProgram(run: ProgramRun): Promise<ProgramResult> {
  run.signal.throwIfAborted();
  const folder = mkdtempSync(join(tmpdir(), "portcullis-run-"));
  const [out, err] = ["out", "err"].map((name) => openSync(join(folder, name), "a+", 0o600)) as [number, number];
  try {
    const code = await waitFor(run, [out, err]);
    const complaint = shown(readFileSync(join(folder, "err"), "utf8"), run.secrets).slice(-shownComplaint);
    return { code, output: readFileSync(join(folder, "out"), "utf8"), complaint };
  } finally {
    closeSync(out);
    closeSync(err);
    rmSync(folder, { recursive: true, force: true });
  }
}

export function shown(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) if (secret !== "") clean = clean.replaceAll(secret, "<redacted>");
  return redactText(clean);
}

async function waitFor(run: ProgramRun, [out, err]: readonly [number, number]): Promise<number> {
  const { program, args, cwd, environment } = run;
  const child = spawn(program, args, { cwd, env: environment, detached: true, stdio: ["ignore", out, err] });
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", (cause) => {
      reject(unavailable(`${program} cannot be started: ${cause.message}`, cause));
    });
    child.once("exit", (code, signal) => {
      resolve(code ?? (signal === null ? 1 : 128));
    });
  });
  const tail = new Tail(out, run);
  const guard = new Guard(child, run, () => fstatSync(out).size + fstatSync(err).size);
  const watching = setInterval(() => {
    tail.read();
    guard.look();
  }, 200);
  try {
    const code = await ended;
    tail.read();
    run.signal.throwIfAborted();
    if (guard.reason !== null) throw unavailable(`${program} ${args[0] ?? ""} was ended: ${guard.reason}`);
    return code;
  } finally {
    clearInterval(watching);
  }
}

function unavailable(message: string, cause?: unknown): PortcullisError {
  return new PortcullisError("provider-unavailable", message, { cause });
}

/** Ends what has to end: asks first, as a person at the keyboard would, and then does not ask any more. */
class Guard {
  reason: string | null = null;
  readonly #child: ChildProcess;
  readonly #run: ProgramRun;
  readonly #size: () => number;
  readonly #startedAt = performance.now();
  #askedAt: number | null = null;

  constructor(child: ChildProcess, run: ProgramRun, size: () => number) {
    this.#child = child;
    this.#run = run;
    this.#size = size;
  }

  look(): void {
    this.reason ??= this.#why();
    if (this.reason === null || this.#child.exitCode !== null) return;
    const now = performance.now();
    if (this.#askedAt === null) {
      this.#askedAt = now;
      this.#kill("SIGINT");
    } else if (now - this.#askedAt > graceMs) this.#kill("SIGKILL");
  }

  #why(): string | null {
    if (this.#run.signal.aborted) return "this process stops";
    if (performance.now() - this.#startedAt > this.#run.timeoutMs)
      return `it took longer than ${Math.round(this.#run.timeoutMs / 1_000)} s`;
    return this.#size() > mostOutput ? "it printed more than 256 MiB" : null;
  }

  /** With its plugins, which are in its group. */
  #kill(signal: "SIGINT" | "SIGKILL"): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(signal === "SIGKILL" ? -pid : pid, signal);
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** What was printed since it was last looked at. */
class Tail {
  #at = 0;
  #rest = "";
  readonly #file: number;
  readonly #run: ProgramRun;

  constructor(file: number, run: ProgramRun) {
    this.#file = file;
    this.#run = run;
  }

  read(): void {
    if (this.#run.say === undefined) return;
    const buffer = Buffer.alloc(64 * 1024);
    for (let read = readSync(this.#file, buffer, 0, buffer.length, this.#at); read > 0;) {
      this.#at += read;
      const lines = (this.#rest + buffer.toString("utf8", 0, read)).split("\n");
      this.#rest = (lines.pop() ?? "").slice(-10_000);
      for (const line of lines) if (line.trim() !== "") this.#run.say(shown(line, this.#run.secrets).slice(0, 500));
      read = readSync(this.#file, buffer, 0, buffer.length, this.#at);
    }
  }
}
