#!/usr/bin/env node
// Puts etcd where the tools are, for tests with a real Kubernetes API server: Debian's package, unpacked and not installed, so that
// nothing is started.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const cache = process.env.PORTCULLIS_TOOLS_DIR ?? join(homedir(), ".cache", "portcullis-tools");
/** The program, after the set-up. */
export const etcdPath = join(cache, "etcd-server-debian", "usr", "bin", "etcd");

function run(command, args, cwd) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed${error ? `: ${error.message}` : ""}`);
}

/** The lists of packages may be missing or old: then they are fetched, and it is tried once more. */
function download(folder) {
  try {
    run("apt-get", ["download", "-qq", "etcd-server"], folder);
  } catch {
    const update = ["apt-get", "update", "-qq"];
    const [command, ...args] = process.getuid?.() === 0 ? update : ["sudo", "-n", ...update];
    run(command, args, folder);
    run("apt-get", ["download", "-qq", "etcd-server"], folder);
  }
  return readdirSync(folder).find((name) => name.endsWith(".deb"));
}

export function setupEtcd() {
  if (existsSync(etcdPath)) return;
  process.stderr.write("setup: fetching etcd (Debian's etcd-server)\n");
  const folder = mkdtempSync(join(tmpdir(), "portcullis-etcd-"));
  const ready = join(cache, "etcd-server-debian");
  try {
    const making = `${ready}.${process.pid}`;
    mkdirSync(making, { recursive: true });
    run("dpkg-deb", ["-x", join(folder, download(folder)), making], folder);
    renameSync(making, ready);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    setupEtcd();
  } catch (error) {
    process.stderr.write(`setup: ${error.message}\n`);
    process.exit(1);
  }
}
