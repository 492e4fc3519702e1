#!/usr/bin/env node
// Installs what the tests need of Python, each in an environment of its own in the cache: moto (a server that answers as AWS
// does), Pulumi's policy SDK, and schemathesis. Skipped when the pinned version is there already.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const cache = process.env.PORTCULLIS_TOOLS_DIR || join(homedir(), ".cache", "portcullis-tools");

function say(message) {
  process.stderr.write(`setup: ${message}\n`);
}

function run(command, args, what) {
  const { status, error } = spawnSync(command, args, { stdio: ["ignore", 2, 2] });
  if (status !== 0)
    throw new Error(`${what} failed${error ? `: ${error.message}` : ""}; Python 3.9 or newer with venv is needed`);
}

/** The folder of a virtual environment that has the packages, made when it is not there. */
function environment(name, version, packages) {
  const folder = join(cache, `${name}-${version}`);
  const stamp = join(folder, "installed");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === version) return folder;
  say(`installing ${name} ${version} into ${folder} (about a minute)`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  run("python3", ["-m", "venv", folder], "python3 -m venv");
  run(
    join(folder, "bin", "pip"),
    ["install", "--quiet", "--disable-pip-version-check", ...packages],
    `pip install ${name}`,
  );
  // Written last and renamed into place: an installation that was interrupted is never taken for a whole one.
  writeFileSync(`${stamp}.new`, version);
  renameSync(`${stamp}.new`, stamp);
  return folder;
}

/** The path of `moto_server`. */
export function setupMoto() {
  return join(environment("moto", "5.2.2", ["moto[server]==5.2.2"]), "bin", "moto_server");
}

/** The folder of a virtual environment as a policy pack in Python has it. */
export function setupPulumiPolicy() {
  return environment("pulumi-policy", "1.21.0", ["pulumi-policy==1.21.0", "pulumi==3.272.0"]);
}

/** The path of `trestle`, which validates OSCAL documents. Only `npm run test:tools` needs it. */
export function setupTrestle() {
  return join(environment("compliance-trestle", "5.2.0", ["compliance-trestle==5.2.0"]), "bin", "trestle");
}

/** The path of `schemathesis`, which asks a server everything that its OpenAPI document allows, and what it does not. */
export function setupSchemathesis() {
  return join(environment("schemathesis", "4.32.5", ["schemathesis==4.32.5"]), "bin", "schemathesis");
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    setupMoto();
    setupPulumiPolicy();
    setupSchemathesis();
  } catch (error) {
    say(error.message);
    process.exit(1);
  }
}
