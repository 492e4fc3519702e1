#!/usr/bin/env node
// Installs PostgreSQL for the tests (Debian's packages, with apt-get). Silent when its programs are there already.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const packages = "/usr/lib/postgresql";
const wanted = "postgresql-15";

/** The folder of initdb and postgres, the newest version first; null when there is none. */
export function postgresBin() {
  const versions = existsSync(packages) ? readdirSync(packages) : [];
  const folders = versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(packages, version, "bin"));
  return folders.find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres"))) ?? null;
}

function aptGet(...args) {
  const command = process.getuid?.() === 0 ? ["apt-get", ...args] : ["sudo", "-n", "apt-get", ...args];
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  return spawnSync(command[0], command.slice(1), { stdio: ["ignore", 2, 2], env }).status === 0;
}

/** Installs what is missing and returns the folder of the programs. */
export function setupPostgres() {
  const found = postgresBin();
  if (found !== null) return found;
  process.stderr.write(`setup: installing ${wanted} with apt-get (about a minute)\n`);
  const installed = aptGet("update", "-qq") && aptGet("install", "-y", "-qq", "--no-install-recommends", wanted);
  const folder = postgresBin();
  if (installed && folder !== null) return folder;
  throw new Error(`installing ${wanted} failed; install PostgreSQL's server so that ${packages}/*/bin has initdb`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    setupPostgres();
  } catch (error) {
    process.stderr.write(`setup: ${error.message}\n`);
    process.exit(1);
  }
}
