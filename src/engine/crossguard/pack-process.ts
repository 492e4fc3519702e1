import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { messageOf } from "../../errors.js";
import { packageFile } from "../../package-root.js";
import type { PackFolder } from "./pack-folder.js";
import { sandboxedNode, sandboxedProgram, type Sandbox, type SandboxedCommand } from "./sandbox.js";

export interface PackProcessOptions {
  /** `own` is ours; `stock` is the one that the pack's @pulumi/pulumi brings. */
  readonly runner: "own" | "stock";
  readonly allowNetwork: boolean;
  /** Variables of our environment that the pack gets; none but what it needs to run otherwise. */
  readonly environment: readonly string[];
  readonly limits: PackLimits;
}

export interface PackLimits {
  /** Milliseconds from the start of the process until it serves. */
  readonly start: number;
  /** Milliseconds for the verdicts on one resource. */
  readonly analyze: number;
  /** Milliseconds for the policies about the whole inventory. */
  readonly analyzeStack: number;
  /** MiB of the process and all that it started. */
  readonly memory: number;
}

/** A pack that runs and serves. */
export interface PackProcess {
  /** For gRPC: `unix:/…` or `127.0.0.1:PORT`. */
  readonly address: string;
  readonly sandbox: Sandbox;
  /** Process ids of it and of what it started, the first is ours to kill. */
  readonly processes: () => readonly number[];
  /** Null while it runs; how it ended otherwise. */
  readonly ended: () => string | null;
  /** Resolves with how it ended. */
  readonly whenEnded: Promise<string>;
  /** The end of what it wrote on standard error and output. */
  readonly output: () => string;
  /** Ends it and all that it started; resolves when it is gone. */
  readonly stop: (because: string) => Promise<void>;
}

/** Starts the pack and waits until it serves. Rejects with what went wrong and what the pack wrote. */
export async function startPack(folder: PackFolder, options: PackProcessOptions): Promise<PackProcess> {
  const place = mkdtempSync(join(tmpdir(), "portcullis-pack-"));
  const home = join(place, "home");
  mkdirSync(home);
  const socket = join(place, "socket");
  const { command, args, sandbox } = commandFor(folder, socket, options);
  const child = spawn(command, args, {
    cwd: folder.path,
    env: environmentFor(home, options.environment),
    stdio: ["pipe", "pipe", "pipe", "pipe"],
    detached: true, // a process group of its own, so that all of it can be killed
  });
  child.stdin.on("error", () => undefined); // a pack that is gone
  const output = new Tail([child.stdout, child.stderr]);
  let end: string | null = null;
  let reason: string | null = null;
  const whenEnded = new Promise<string>((resolve) => {
    const finish = (how: string): void => {
      end ??= reason ?? how;
      stopWatching();
      if (child.pid !== undefined && sandbox.processes === "group") signal(-child.pid); // what it left behind
      rmSync(place, { recursive: true, force: true });
      resolve(end);
    };
    child.once("error", (error) => {
      finish(`it could not be started: ${messageOf(error)}`);
    });
    child.once("exit", (code, signal) => {
      finish(signal === null ? `it ended with exit code ${code ?? 0}` : `it was ended by ${signal}`);
    });
  });
  const stop = async (because: string): Promise<void> => {
    reason ??= because;
    kill(child, sandbox);
    await whenEnded;
  };
  const stopWatching = watchMemory(child, options.limits.memory, (used) => {
    void stop(`it took ${used} MiB of memory, more than the ${options.limits.memory} that it may`);
  });
  const running = {
    sandbox,
    processes: () => (child.pid === undefined ? [] : processTree(child.pid)),
    ended: () => end,
    whenEnded,
    output: () => output.text,
    stop,
  };
  try {
    const serving = options.runner === "own" ? awaitWord(child) : awaitPort(child);
    const address = await withinTime(serving, whenEnded, options.limits.start);
    return { ...running, address: address === "" ? `unix:${socket}` : address };
  } catch (error) {
    await stop(messageOf(error));
    throw new Error(withOutput(messageOf(error), output.text), { cause: error });
  }
}

/** A message with what the pack wrote, which mostly tells why. */
export function withOutput(message: string, output: string): string {
  return output === "" ? message : `${message}; the pack wrote:\n${output}`;
}

function commandFor(folder: PackFolder, socket: string, options: PackProcessOptions): SandboxedCommand {
  const { allowNetwork, limits } = options;
  const heap = Math.max(64, Math.floor(limits.memory * 0.75));
  if (options.runner === "stock") {
    const program = [stockRunner(folder), "127.0.0.1:0", "."];
    return sandboxedNode(folder, program, { permissionModel: false, allowNetwork: true, readable: [], heap });
  }
  if (folder.runtime === "python") {
    const runner = packageFile("src", "engine", "crossguard", "runner", "run_pack.py");
    return sandboxedProgram([pythonOf(folder), "-u", runner, folder.path, socket], allowNetwork);
  }
  const runner = packageFile("src", "engine", "crossguard", "runner", "run-pack.cjs");
  const readable = [runner, dirname(socket)];
  const options_ = { permissionModel: true, allowNetwork, readable, heap };
  return sandboxedNode(folder, [runner, folder.entry, socket], options_);
}

function stockRunner({ path }: PackFolder): string {
  try {
    return createRequire(join(path, "index.js")).resolve("@pulumi/pulumi/cmd/run-policy-pack");
  } catch {
    throw new Error("its packages are not installed: @pulumi/pulumi is not there; try npm install in its folder");
  }
}

/** The interpreter of the pack's virtual environment, where it has one. */
function pythonOf({ path }: PackFolder): string {
  const interpreters = ["venv", ".venv"].map((folder) => join(path, folder, "bin", "python3"));
  return interpreters.find((python) => existsSync(python)) ?? "python3";
}

function environmentFor(home: string, names: readonly string[]): Record<string, string> {
  const passed = names.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    HOME: home,
    TMPDIR: home,
    PYTHONDONTWRITEBYTECODE: "1",
    ...Object.fromEntries(passed),
  };
}

/** Resolves with "" when the runner says on descriptor 3 that it serves. */
function awaitWord(child: ChildProcess): Promise<string> {
  const words = child.stdio[3] as Readable;
  return new Promise((resolve) => {
    words.on("error", () => undefined);
    words.once("data", () => {
      resolve("");
    });
  });
}

/** The stock runner prints the port as its first line. */
function awaitPort(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (data: Buffer) => {
      if (text.length < 1000) text += data.toString("utf8");
      const [line, ...rest] = text.split("\n");
      if (rest.length === 0 && text.length < 1000) return;
      const port = Number(line);
      if (/^\d{1,5}$/.test(line ?? "") && port > 0 && port < 65_536) resolve(`127.0.0.1:${port}`);
      else reject(new Error(`it printed ${JSON.stringify((line ?? "").slice(0, 100))} where a port was expected`));
    });
  });
}

async function withinTime(serving: Promise<string>, ended: Promise<string>, limit: number): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`it did not serve within ${limit / 1000} s`));
    }, limit);
  });
  const early = ended.then((how) => Promise.reject(new Error(`${how} before it served`)));
  try {
    return await Promise.race([serving, early, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The first process of a namespace takes all in it along, and the one that waits for it then ends by itself. */
function kill(child: ChildProcess, { processes }: Sandbox): void {
  const [, first] = child.pid === undefined ? [] : processTree(child.pid);
  if (processes !== "contained" || first === undefined) {
    killGroup(child);
    return;
  }
  signal(first);
  setTimeout(() => {
    killGroup(child);
  }, 1000).unref();
}

function killGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid !== undefined && (exitCode ?? signalCode) === null) signal(-pid);
}

function signal(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it is gone already
  }
}

const watchEvery = 200;

/** Calls `exceeded` once with the MiB in use when they are more than the limit. Returns what ends the watch. */
function watchMemory({ pid }: ChildProcess, limit: number, exceeded: (used: number) => void): () => void {
  if (pid === undefined) return () => undefined;
  const timer = setInterval(() => {
    const used = Math.round(residentMemory(processTree(pid)) / 2 ** 20);
    if (used <= limit) return;
    clearInterval(timer);
    exceeded(used);
  }, watchEvery);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}

const pageSize = 4096;

/** Bytes. 0 where there is no /proc: there only Node's heap limit holds. */
export function residentMemory(processes: readonly number[]): number {
  return processes.reduce((sum, pid) => {
    const [, pages] = readProc(`/proc/${pid}/statm`).split(" ");
    return sum + Number(pages ?? 0) * pageSize;
  }, 0);
}

function processTree(pid: number): number[] {
  const found = [pid];
  for (let at = 0; at < found.length && found.length < 10_000; at++) {
    const children = readProc(`/proc/${String(found[at])}/task/${String(found[at])}/children`).trim();
    if (children !== "") found.push(...children.split(" ").map(Number));
  }
  return found;
}

function readProc(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

const kept = 8 * 1024;

/** The last that was written, since a pack may write for ever. */
class Tail {
  text = "";
  constructor(streams: readonly (Readable | null)[]) {
    for (const stream of streams) {
      stream?.on("error", () => undefined);
      stream?.on("data", (data: Buffer) => {
        this.text = (this.text + data.toString("utf8")).slice(-kept);
      });
    }
  }
}
