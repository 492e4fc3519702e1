#!/usr/bin/env node
// Builds the checker of OSCAL's constraints from liboscal-java, which is what oscal-cli is made of, into the cache. It needs a
// JDK (17 or newer) and Maven; without Maven's repository the versions in scripts/tools/oscal/pom.xml cannot be had.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const cache = process.env.PORTCULLIS_TOOLS_DIR || join(homedir(), ".cache", "portcullis-tools");
const sources = fileURLToPath(new URL("tools/oscal/", import.meta.url));

function run(command, args, what) {
  const { status, error } = spawnSync(command, args, { stdio: ["ignore", 2, 2] });
  if (status === 0) return;
  throw new Error(`${what} failed${error ? `: ${error.message}` : ""}; a JDK of 17 or newer and Maven are needed`);
}

/** Arguments of `java` that run the checker on the files that follow. */
export function setupOscalChecker() {
  const content = ["pom.xml", "OscalCheck.java"].map((file) => readFileSync(join(sources, file)));
  const version = createHash("sha256").update(Buffer.concat(content)).digest("hex").slice(0, 12);
  const folder = join(cache, `oscal-check-${version}`);
  if (!existsSync(folder)) build(folder);
  return [
    "-Dlog4j2.StatusLogger.level=OFF",
    "-cp",
    [join(folder, "classes"), join(folder, "lib", "*")].join(delimiter),
    "OscalCheck",
  ];
}

/** Renamed into place: a build that was interrupted is never taken for a whole one. */
function build(folder) {
  process.stderr.write("setup: building the checker of OSCAL's constraints (a minute, once)\n");
  const making = `${folder}.${process.pid}`;
  mkdirSync(making, { recursive: true });
  try {
    const lib = join(making, "lib");
    const goal = ["dependency:copy-dependencies", `-DoutputDirectory=${lib}`, "-DincludeScope=runtime"];
    run("mvn", ["-B", "-q", "-f", join(sources, "pom.xml"), ...goal], "fetching liboscal-java");
    const classes = join(making, "classes");
    run("javac", ["-cp", join(lib, "*"), "-d", classes, join(sources, "OscalCheck.java")], "javac");
    renameSync(making, folder);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setupOscalChecker();
