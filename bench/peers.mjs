// The contenders, each a process: given a job file, then asked for one round at a time, so that they take turns. Those that
// are not JavaScript are built into the cache outside of the work tree.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const cache = process.env.PORTCULLIS_TOOLS_DIR || join(homedir(), ".cache", "portcullis-tools");
const folder = (name) => fileURLToPath(new URL(name, import.meta.url));

function say(message) {
  process.stderr.write(`bench: ${message}\n`);
}

function build(command, args, options, what) {
  mkdirSync(cache, { recursive: true });
  say(`building ${what} (some minutes, once)`);
  const { status, error } = spawnSync(command, args, { ...options, stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error(`${what} could not be built${error ? `: ${error.message}` : ""}`);
}

function versionIn(file, pattern) {
  const found = pattern.exec(readFileSync(join(folder("."), file), "utf8"));
  if (found === null) throw new Error(`bench/${file} names no version`);
  return found[1];
}

/** js, opa-wasm and JavaScript by hand: the kinds of node-peer.mjs. */
export function nodePeer(name, kind) {
  return { name, command: [process.execPath, join(folder("."), "node-peer.mjs"), kind] };
}

/** OPA as a Go library. */
export function buildOpa() {
  const binary = join(cache, "bench-opa");
  build("go", ["build", "-o", binary, "."], { cwd: folder("opa") }, "OPA's benchmark (Go)");
  return { name: "OPA", command: [binary], version: versionIn("opa/go.mod", /open-policy-agent\/opa v(\S+)/) };
}

/** regorus; null where there is no Rust to build it with. */
export function buildRegorus() {
  if (spawnSync("cargo", ["--version"]).status !== 0) {
    say("regorus is left out: it is built by cargo, which is not there (rustup, or the package cargo)");
    return null;
  }
  const target = join(cache, "bench-regorus");
  const env = { ...process.env, CARGO_TARGET_DIR: target };
  const options = { cwd: folder("regorus"), env };
  build("cargo", ["build", "--release", "--locked", "--quiet"], options, "regorus's benchmark (Rust)");
  const version = versionIn("regorus/Cargo.lock", /name = "regorus"\nversion = "(.+)"/);
  return { name: "regorus", command: [join(target, "release", "portcullis-bench-regorus")], version };
}

/**
 * Starts a peer on a workload. Its first line has the results of each of its ways to evaluate, by the way's name; then each
 * line that it is sent, a way and a least time, is answered by the seconds that a pass took and its number of decisions.
 */
export async function startPeer({ name, command: [program, ...args] }, { modules, data, inputs, work }) {
  const scratch = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
  const file = join(scratch, "job.json");
  writeFileSync(file, JSON.stringify({ modules, data, inputs, work }));
  const child = spawn(program, [...args, file], { stdio: ["pipe", "pipe", 2] });
  child.stdin.on("error", () => undefined); // seen as the end of its answers
  const ended = new Promise((done) => child.once("close", done).once("error", done));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${name}'s benchmark ended early`);
    return JSON.parse(value);
  };
  const close = async () => {
    child.stdin.end();
    await ended;
    rmSync(scratch, { recursive: true });
  };
  try {
    return { results: await answer(), round: (way, seconds) => ask(child, answer, { way, seconds }), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function ask(child, answer, question) {
  child.stdin.write(`${JSON.stringify(question)}\n`);
  return answer();
}
