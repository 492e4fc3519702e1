#!/usr/bin/env node
// Installs Prometheus' Alertmanager for the tests (Debian's package, with apt-get). Silent when it is there already.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";

const wanted = "prometheus-alertmanager";
const program = `/usr/bin/${wanted}`;

function aptGet(...args) {
  const command = process.getuid?.() === 0 ? ["apt-get", ...args] : ["sudo", "-n", "apt-get", ...args];
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  return spawnSync(command[0], command.slice(1), { stdio: ["ignore", 2, 2], env }).status === 0;
}

/** Installs what is missing and returns the program. */
export function setupAlertmanager() {
  if (existsSync(program)) return program;
  process.stderr.write(`setup: installing ${wanted} with apt-get\n`);
  const installed = aptGet("update", "-qq") && aptGet("install", "-y", "-qq", "--no-install-recommends", wanted);
  if (installed && existsSync(program)) return program;
  throw new Error(`installing ${wanted} failed; install Alertmanager so that ${program} is there`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    setupAlertmanager();
  } catch (error) {
    process.stderr.write(`setup: ${error.message}\n`);
    process.exit(1);
  }
}
