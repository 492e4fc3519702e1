// A real moto server for tests: started on a free port of 127.0.0.1, stopped by its process id.
import { spawn, type ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./free-port.mjs";
import { setupMoto } from "../../scripts/setup-python.mjs";

export interface Moto {
  readonly endpoint: string;
  /** Forgets everything that was created. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

const watched = '"$0" "$@" & server=$!; cat > /dev/null; kill "$server"; wait "$server"';
const readyWithinMs = 60_000;

export async function startMoto(): Promise<Moto> {
  const server = setupMoto();
  const port = await freePort();
  // The shell waits on a pipe that we hold: it closes when we stop, and also when the test process dies, however it does.
  const child = spawn("sh", ["-c", watched, server, "-H", "127.0.0.1", "-p", String(port)], {
    stdio: ["pipe", "ignore", "pipe"],
  });
  let complaints = "";
  child.stderr.on("data", (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-2000)));
  const endpoint = `http://127.0.0.1:${port}`;
  try {
    await untilReady(endpoint, child);
  } catch (error) {
    await stopped(child);
    throw new Error(`moto did not start: ${String(error)}\n${complaints}`);
  }
  return {
    endpoint,
    reset: async () => {
      await fetch(`${endpoint}/moto-api/reset`, { method: "POST" });
    },
    stop: () => stopped(child),
  };
}

async function untilReady(endpoint: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + readyWithinMs;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}`);
    try {
      const answer = await fetch(`${endpoint}/moto-api/data.json`, { signal: AbortSignal.timeout(2000) });
      await answer.arrayBuffer();
      if (answer.ok) return;
    } catch {
      // Not there yet.
    }
    await sleep(100);
  }
  throw new Error(`no answer within ${readyWithinMs / 1000} s`);
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.stdin?.end();
  await ended;
}
