// A run is the scan command, or that of drift, in a process of its own: its memory, its crash and its end are its own, and it is the very one that a
// person would start. It ends when the scheduler does: the pipe that is its standard input closes with its parent.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { messageOf } from "../errors.js";
import { printable } from "../printable.js";
import { keepable } from "../redact.js";
import type { Outcome } from "./runs.js";

export interface ScanCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
}

const keptText = 8_192;
const maximumMessage = 2_000;
/** What ends by itself when it is asked to has so long. */
const askedMs = 5_000;

/** Never throws. The outcome is `interrupted` when the signal ended it, and when the process was killed by somebody else. */
export async function runScanProcess(command: ScanCommand, signal: AbortSignal): Promise<Outcome> {
  if (signal.aborted) return interrupted("the scheduler was stopped");
  const child = spawn(process.execPath, [command.program, ...command.args], {
    env: { ...command.env, [reportsTo]: "1" },
    stdio: ["pipe", "ignore", "pipe", "pipe"],
    detached: true, // a group of its own: Ctrl-C is for the scheduler, and what the scan starts ends with it
  });
  const [input, , errors, report] = child.stdio as unknown as readonly [Writable, null, Readable, Readable];
  const said = tailOf(errors);
  const told = tailOf(report);
  input.on("error", () => undefined);
  const timeout = AbortSignal.timeout(command.timeoutMs);
  const ended = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  try {
    const stopEnding = endWhen(AbortSignal.any([signal, timeout]), child);
    const [code, killedBy] = await ended.finally(stopEnding);
    if (isAborted(signal) && code !== 0) return interrupted("the scheduler was stopped");
    if (timeout.aborted && code !== 0) return timedOut(command.timeoutMs, said());
    if (killedBy !== null) return interrupted(`the scan was ended by ${killedBy}`);
    return outcomeOf(code, reportOf(told()), said());
  } catch (error) {
    return {
      status: "failed",
      scan: null,
      exitCode: null,
      message: `the scan could not be started: ${messageOf(error)}`,
    };
  }
}

/** Set for what was started by a scheduler: it tells the id of its scan or look for drift on descriptor 3, as a line of JSON. */
export const reportsTo = "PORTCULLIS_SCHEDULER";

/** Asks it to end, then ends it. Call what it returns when the process is gone. */
function endWhen(signal: AbortSignal, child: ChildProcess): () => void {
  let timer: NodeJS.Timeout | undefined;
  const end = (): void => {
    kill(child, "SIGTERM");
    timer = setTimeout(() => {
      kill(child, "SIGKILL");
    }, askedMs);
  };
  signal.addEventListener("abort", end, { once: true });
  return () => {
    signal.removeEventListener("abort", end);
    clearTimeout(timer);
  };
}

/** Asked again after a wait: the compiler remembers the answer from before it. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function kill({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/** The end of what is written: enough to say what went wrong. */
function tailOf(stream: Readable): () => string {
  let text = "";
  stream.on("error", () => undefined);
  stream.on("data", (chunk: Buffer) => (text = (text + chunk.toString("utf8")).slice(-keptText)));
  return () => text;
}

interface Reported {
  /** Null for a look for drift. */
  readonly scan: string | null;
}

/** Null where it did not get so far. */
function reportOf(told: string): Reported | null {
  try {
    const { scan, drift } = JSON.parse(told) as { scan?: unknown; drift?: unknown };
    if (typeof scan === "string") return { scan };
    return typeof drift === "string" ? { scan: null } : null;
  } catch {
    return null;
  }
}

/** 0 and 1 are whole ones, 3 one with gaps: what it found is kept all the same when it got that far. */
function outcomeOf(exitCode: number | null, report: Reported | null, said: string): Outcome {
  const whole = exitCode === 0 || exitCode === 1;
  const kept = report !== null && (whole || exitCode === 3);
  const scan = report?.scan ?? null;
  return { status: kept ? "finished" : "failed", scan, exitCode, message: whole ? null : messageFrom(said) };
}

function interrupted(message: string): Outcome {
  return { status: "interrupted", scan: null, exitCode: null, message };
}

function timedOut(timeoutMs: number, said: string): Outcome {
  const message = messageFrom(`ended after its timeout of ${timeoutMs / 1_000} s\n${said}`);
  return { status: "failed", scan: null, exitCode: null, message };
}

function messageFrom(said: string): string | null {
  const lines = said.split("\n").filter((line) => line.trim() !== "");
  const text = lines.map((line) => printable(keepable("message", line))).join("; ");
  return text === "" ? null : text.slice(0, maximumMessage);
}
