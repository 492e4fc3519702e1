// The peers that are other programs: built once into the cache outside of the work tree, given a job file, asked for
// results and times.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const cache = process.env.PORTCULLIS_TOOLS_DIR || join(homedir(), ".cache", "portcullis-tools");
const folder = (name) => fileURLToPath(new URL(name, import.meta.url));

function say(message) {
  process.stderr.write(`bench: ${message}\n`);
}

function build(command, args, options, what) {
  mkdirSync(cache, { recursive: true });
  say(`building ${what}`);
  const { status, error } = spawnSync(command, args, { ...options, stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error(`${what} could not be built${error ? `: ${error.message}` : ""}`);
}

/** OPA as a Go library. */
export function buildOpa() {
  const binary = join(cache, "bench-opa");
  build("go", ["build", "-o", binary, "."], { cwd: folder("opa") }, "OPA's benchmark (Go)");
  return binary;
}

/** regorus; null where there is no Rust to build it with. */
export function buildRegorus() {
  if (spawnSync("cargo", ["--version"]).status !== 0) {
    say("regorus is left out: it is built by cargo, which is not there (rustup, or the package cargo)");
    return null;
  }
  const target = join(cache, "bench-regorus");
  const env = { ...process.env, CARGO_TARGET_DIR: target };
  build(
    "cargo",
    ["build", "--release", "--locked", "--quiet"],
    { cwd: folder("regorus"), env },
    "regorus's benchmark (Rust)",
  );
  return join(target, "release", "portcullis-bench-regorus");
}

/** `{results, seconds}` of a peer on a workload. */
export function runPeer(binary, { modules, data, inputs, work }, rounds) {
  const scratch = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
  try {
    const file = join(scratch, "job.json");
    writeFileSync(file, JSON.stringify({ modules, data, inputs, work }));
    return JSON.parse(execFileSync(binary, [file, String(rounds)], { encoding: "utf8", maxBuffer: 2 ** 30 }));
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
