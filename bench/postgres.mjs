// A PostgreSQL server for benches: a fresh one of this machine, which waits for its disk at each commit.
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setupPostgres } from "../scripts/setup-postgres.mjs";

/** Gives the work the server's address, and stops the server when it is done. */
export async function withPostgres(work) {
  const asUser = process.getuid?.() === 0 ? ["runuser", "-u", "postgres", "--"] : [];
  const run = (...command) => {
    const [program, ...args] = [...asUser, ...command];
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: "/", encoding: "utf8" });
    if (status !== 0) throw new Error(`${command[0]}: ${stderr}`);
    return stdout.trim();
  };
  const bin = setupPostgres();
  const folder = run("mktemp", "-d", join(tmpdir(), "portcullis-bench-XXXXXX"));
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address();
  listener.close();
  run(join(bin, "initdb"), "-D", `${folder}/data`, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale");
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=`;
  run(join(bin, "pg_ctl"), "-D", `${folder}/data`, "-o", options, "-l", `${folder}/log`, "-w", "start");
  try {
    await work(`postgres://postgres@127.0.0.1:${port}/postgres`);
  } finally {
    run(join(bin, "pg_ctl"), "-D", `${folder}/data`, "-m", "immediate", "stop");
    run("rm", "-rf", folder);
  }
}
