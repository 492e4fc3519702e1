#!/usr/bin/env node
// Installs moto (a server that answers as AWS does) for the tests, in a Python environment of its own in the cache.
// Skipped when the pinned version is there already.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const version = "5.2.2";

function say(message) {
  process.stderr.write(`setup: ${message}\n`);
}

function run(command, args, what) {
  const { status, error } = spawnSync(command, args, { stdio: ["ignore", 2, 2] });
  if (status !== 0)
    throw new Error(`${what} failed${error ? `: ${error.message}` : ""}; Python 3.9 or newer with venv is needed`);
}

/** The folder of the environment; its `bin` holds `moto_server` once `setupMoto` was run. */
export function motoFolder() {
  const cache = process.env.PORTCULLIS_TOOLS_DIR || join(homedir(), ".cache", "portcullis-tools");
  return join(cache, `moto-${version}`);
}

/** Installs what is missing and returns the path of `moto_server`. */
export function setupMoto() {
  const folder = motoFolder();
  const stamp = join(folder, "installed");
  const server = join(folder, "bin", "moto_server");
  if (existsSync(server) && existsSync(stamp) && readFileSync(stamp, "utf8") === version) return server;
  say(`installing moto ${version} into ${folder} (about a minute)`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, ".."), { recursive: true });
  run("python3", ["-m", "venv", folder], "python3 -m venv");
  run(
    join(folder, "bin", "pip"),
    ["install", "--quiet", "--disable-pip-version-check", `moto[server]==${version}`],
    "pip install moto",
  );
  // Written last and renamed into place: an installation that was interrupted is never taken for a whole one.
  writeFileSync(`${stamp}.new`, version);
  renameSync(`${stamp}.new`, stamp);
  return server;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    setupMoto();
  } catch (error) {
    say(error.message);
    process.exit(1);
  }
}
