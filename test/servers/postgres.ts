// A real PostgreSQL server for tests: a fresh cluster in a temporary folder, on a free port of 127.0.0.1. It is stopped, and
// its folder removed, also when the test process dies: a shell that waits for the end of its input sees to that.
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { freePort } from "./free-port.mjs";
import { setupPostgres } from "../../scripts/setup-postgres.mjs";

export interface PostgresServer {
  /** Of the superuser, without a password. */
  readonly url: string;
  /** Stops the server and removes its data. */
  stop(): Promise<void>;
  /** Ends it as a loss of power does; the data stays. */
  kill(): Promise<void>;
  /** Starts it again on the same data and port. */
  restart(): Promise<void>;
}

interface Cluster {
  readonly bin: string;
  readonly folder: string;
  readonly port: number;
  readonly url: string;
}

interface Running {
  readonly shell: ChildProcess;
  readonly pid: number;
}

export async function startPostgres(): Promise<PostgresServer> {
  const cluster = await createCluster();
  const started = [await start(cluster)];
  return {
    url: cluster.url,
    async stop() {
      await Promise.all(started.splice(0).map(end));
    },
    async kill() {
      const pid = started.at(-1)?.pid;
      // Its children would answer a little longer.
      for (const process of pid === undefined ? [] : [pid, ...childrenOf(pid)]) killNow(process);
      await until(async () => !(await answers(cluster.url)), "the end of PostgreSQL");
    },
    async restart() {
      started.push(await start(cluster));
    },
  };
}

function childrenOf(pid: number): number[] {
  const { stdout } = spawnSync("ps", ["-o", "pid=", "--ppid", String(pid)], { encoding: "utf8" });
  return stdout
    .split("\n")
    .map(Number)
    .filter((child) => child > 0);
}

function killNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

async function createCluster(): Promise<Cluster> {
  const bin = setupPostgres();
  const folder = asServerUser(["mktemp", "-d", join(tmpdir(), "portcullis-postgres-XXXXXX")]).trim();
  const data = join(folder, "data");
  asServerUser([
    join(bin, "initdb"),
    "-D",
    data,
    "-U",
    "postgres",
    "-A",
    "trust",
    "-E",
    "UTF8",
    "--no-locale",
    "--no-sync",
  ]);
  const port = await freePort();
  return { bin, folder, port, url: `postgres://postgres@127.0.0.1:${port}/postgres` };
}

/** PostgreSQL refuses to run as root. */
function userCommand(command: readonly string[]): [string, string[]] {
  const full = process.getuid?.() === 0 ? ["runuser", "-u", "postgres", "--", ...command] : command;
  return [full[0] ?? "", full.slice(1)];
}

function asServerUser(command: readonly string[]): string {
  const [program, args] = userCommand(command);
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: "/", encoding: "utf8" });
  if (status !== 0) throw new Error(`${command.join(" ")} failed: ${error?.message ?? stderr}`);
  return stdout;
}

const supervise = `
"$1/postgres" -D "$2/data" -p "$3" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off \\
  -c shared_buffers=16MB -c max_connections=40 </dev/null >>"$2/log" 2>&1 &
pid=$!
echo $pid
cat >/dev/null
kill -QUIT $pid 2>/dev/null
wait $pid
rm -rf "$2"
`;

async function start(cluster: Cluster): Promise<Running> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    const running = await launch(cluster);
    // What a killed server leaves behind may hold the data for a moment: then the new one ends at once.
    while (isAlive(running.pid)) {
      if (await answers(cluster.url)) return running;
      await sleep(100);
    }
    running.shell.kill("SIGKILL");
    await sleep(300);
  }
  throw new Error(`PostgreSQL did not start: ${asServerUser(["tail", "-n", "20", join(cluster.folder, "log")])}`);
}

async function launch({ bin, folder, port }: Cluster): Promise<Running> {
  const [program, args] = userCommand(["sh", "-c", supervise, "sh", bin, folder, String(port)]);
  const shell = spawn(program, args, { cwd: "/", stdio: ["pipe", "pipe", "inherit"] });
  const [line] = (await once(shell.stdout, "data")) as [Buffer];
  return { shell, pid: Number(line.toString()) };
}

async function end({ shell }: Running): Promise<void> {
  const exited = shell.exitCode === null ? once(shell, "exit") : Promise.resolve();
  shell.stdin?.end();
  await exited;
}

/** A zombie, for which its shell has not waited yet, is dead too. */
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return stdout.trim() !== "" && !stdout.startsWith("Z");
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited 30 s for ${what}`);
    await sleep(50);
  }
}
