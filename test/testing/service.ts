// `portcullis serve` as a process, for tests: started on a free port, with a token that the command line made.
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../dist/src/cli/main.js", import.meta.url));

export interface ServiceProcess {
  readonly url: string;
  readonly process: ChildProcess;
  /** What it logged until now. */
  log(): string;
  /** Sends the signal and gives the exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
}

export interface ServiceFlags {
  readonly folder: string;
  readonly databaseUrl?: string;
  readonly config?: string;
}

const patienceMs = 120_000;

/** The token, once for a store. */
export function createToken({ folder, databaseUrl }: ServiceFlags, role: string): string {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [main, "tokens", "create", "--role", role, "--data-dir", `${folder}/store`],
    { cwd: folder, encoding: "utf8", env: environment(databaseUrl) },
  );
  if (status !== 0) throw new Error(`tokens create: ${stderr}`);
  return stdout.trim().split("\n")[0] ?? "";
}

export async function startService({ folder, databaseUrl, config }: ServiceFlags): Promise<ServiceProcess> {
  const flags = ["serve", "--port", "0", "--data-dir", `${folder}/store`];
  const child = spawn(process.execPath, [main, ...flags, ...(config === undefined ? [] : ["--config", config])], {
    cwd: folder,
    env: environment(databaseUrl),
    stdio: ["ignore", "ignore", "pipe"],
  });
  let text = "";
  child.stderr.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const url = await Promise.race([
    address(() => text),
    exited.then(() => Promise.reject(new Error(`it ended: ${text}`))),
  ]);
  return {
    ...{ url, process: child, log: () => text },
    async end(signal) {
      child.kill(signal);
      const [code, by] = await exited;
      return code ?? by;
    },
  };
}

async function address(log: () => string): Promise<string> {
  const deadline = Date.now() + patienceMs;
  while (Date.now() < deadline) {
    const found = /portcullis listens on (http:\/\/[\d.:]+)/.exec(log())?.[1];
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the service did not start: ${log()}`);
}

function environment(databaseUrl: string | undefined): NodeJS.ProcessEnv {
  const { DATABASE_URL: _, ...env } = process.env;
  return databaseUrl === undefined ? env : { ...env, DATABASE_URL: databaseUrl };
}
