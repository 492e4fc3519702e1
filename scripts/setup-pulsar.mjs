#!/usr/bin/env node
// Fetches Apache Pulsar for the tests from Maven Central, by Maven, and unpacks it into the tools' cache. It needs Maven and a
// JDK of 17 or newer. Silent when it is there already.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const version = "4.0.8";
/** Of the file that Maven fetches: what is run in tests is what was looked at. */
const sha256 = "35c7d064c9e0928edbf2e708989faba0379662f98aa84ce0d4190c59efb6765e";
const artifact = `org.apache.pulsar:pulsar-server-distribution:${version}:tar.gz:bin`;
const cache = process.env.PORTCULLIS_TOOLS_DIR || join(homedir(), ".cache", "portcullis-tools");
const home = join(cache, `apache-pulsar-${version}`);

function run(command, args, what) {
  const { status, error } = spawnSync(command, args, { stdio: ["ignore", 2, 2] });
  if (status === 0) return;
  throw new Error(`${what} failed${error ? `: ${error.message}` : ""}; a JDK of 17 or newer and Maven are needed`);
}

/** Installs what is missing and returns Pulsar's folder. */
export function setupPulsar() {
  if (existsSync(home)) return home;
  process.stderr.write(`setup: fetching Apache Pulsar ${version} with Maven (245 MB, once)\n`);
  const making = `${home}.${process.pid}`;
  mkdirSync(making, { recursive: true });
  try {
    run(
      "mvn",
      ["-B", "-q", "dependency:get", `-Dartifact=${artifact}`, "-Dtransitive=false"],
      "fetching Apache Pulsar",
    );
    const copy = ["-B", "-q", "dependency:copy", `-Dartifact=${artifact}`, `-DoutputDirectory=${making}`];
    run("mvn", copy, "copying Apache Pulsar");
    unpack(join(making, `pulsar-server-distribution-${version}-bin.tar.gz`), making);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return home;
}

/** Renamed into place: what was interrupted is never taken for a whole one. */
function unpack(archive, making) {
  const found = createHash("sha256").update(readFileSync(archive)).digest("hex");
  if (found !== sha256) throw new Error(`${archive} is not the file that was expected: its SHA-256 is ${found}`);
  run("tar", ["-xzf", archive, "-C", making], "unpacking Apache Pulsar");
  try {
    renameSync(join(making, `apache-pulsar-${version}`), home);
  } catch (error) {
    // Another process was faster.
    if (!existsSync(home)) throw error;
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    setupPulsar();
  } catch (error) {
    process.stderr.write(`setup: ${error.message}\n`);
    process.exit(1);
  }
}
