#!/usr/bin/env node
// Installs Prometheus and promtool for the tests (Debian's package, with apt-get). Its service is not started.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";

const programs = ["prometheus", "promtool"];

function found() {
  const folders = (process.env.PATH ?? "").split(delimiter).concat("/usr/bin");
  return folders.find((folder) => programs.every((program) => existsSync(join(folder, program)))) ?? null;
}

/** A `policy-rc.d` that answers "no" keeps what is installed from starting. */
function aptGet(args, env) {
  const command = process.getuid?.() === 0 ? ["apt-get", ...args] : ["sudo", "-n", "apt-get", ...args];
  return spawnSync(command[0], command.slice(1), { stdio: ["ignore", 2, 2], env }).status === 0;
}

function install() {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-apt-"));
  const refuse = join(folder, "policy-rc.d");
  writeFileSync(refuse, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", POLICYRCD: refuse };
  try {
    const quiet = ["-y", "-qq", "--no-install-recommends"];
    return aptGet(["update", "-qq"], env) && aptGet(["install", ...quiet, "prometheus"], env);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Installs what is missing and returns the folder of the programs. */
export function setupPrometheus() {
  const before = found();
  if (before !== null) return before;
  process.stderr.write("setup: installing Prometheus with apt-get (about a minute)\n");
  const installed = install();
  const folder = found();
  if (installed && folder !== null) return folder;
  throw new Error(`installing Prometheus failed; install it so that ${programs.join(" and ")} are on the PATH`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    setupPrometheus();
  } catch (error) {
    process.stderr.write(`setup: ${error.message}\n`);
    process.exit(1);
  }
}
