#!/usr/bin/env node
// Installs Chromium for the tests (Debian's package, with apt-get). Silent when it is there already.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";

const wanted = "chromium";
const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser"];

/** The browser's program; null when there is none. */
export function browserProgram() {
  return places.find((place) => existsSync(place)) ?? null;
}

function aptGet(...args) {
  const command = process.getuid?.() === 0 ? ["apt-get", ...args] : ["sudo", "-n", "apt-get", ...args];
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  return spawnSync(command[0], command.slice(1), { stdio: ["ignore", 2, 2], env }).status === 0;
}

/** Installs what is missing and returns the browser's program. */
export function setupBrowser() {
  const found = browserProgram();
  if (found !== null) return found;
  process.stderr.write(`setup: installing ${wanted} with apt-get (about a minute)\n`);
  const installed = aptGet("update", "-qq") && aptGet("install", "-y", "-qq", "--no-install-recommends", wanted);
  const program = browserProgram();
  if (installed && program !== null) return program;
  throw new Error(`installing ${wanted} failed; install Chromium so that ${places[0]} is there`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    setupBrowser();
  } catch (error) {
    process.stderr.write(`setup: ${error.message}\n`);
    process.exit(1);
  }
}
