#!/usr/bin/env node
// npm run bench: how fast the js engine evaluates, against opa-wasm, OPA, regorus and JavaScript written by hand, on the same
// policies and inputs in the same run. First all must give the same results; then all are timed, in turns, each in a process
// of its own. What is timed is evaluation: inputs are parsed and prepared before, for every contender.
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildOpa, buildRegorus, nodePeer, startPeer } from "./peers.mjs";
import { packageVersion, workloads } from "./workloads.mjs";

const { values: flags } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (flags.help) {
  process.stdout.write("npm run bench -- [--quick] [--json FILE]\n");
  process.exit(0);
}
const output = flags.json === undefined ? null : resolve(flags.json);
process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const rounds = flags.quick ? 3 : 5;
/** At least so long is one timed round, or the clock is what is measured. */
const leastSeconds = flags.quick ? 0.5 : 1;

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** A contender for each of a peer's ways. */
function ways(name, peer) {
  return Object.entries(peer.results).map(([way, results]) => ({
    name: way === "" ? name : `${name}, ${way}`,
    results,
    round: () => peer.round(way, leastSeconds),
  }));
}

/** The same text for the same value: `deny` is a set, whose order is each engine's own; lists inside of it have an order. */
function canonical(result) {
  const text = (value) => JSON.stringify(value, (_, one) => (isObject(one) ? sortedByKey(one) : one));
  return Array.isArray(result) ? JSON.stringify(result.map(text).sort()) : text(result);
}

function isObject(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function sortedByKey(object) {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Throws where a contender differs from the first; gives the policies that it refused, and why. */
function refusedBy({ name, results }, expected, { work, inputs }) {
  if (results.length !== expected.length)
    throw new Error(`${name} gave ${results.length} of ${expected.length} results`);
  const refused = new Map();
  for (const [at, result] of results.entries()) {
    if (typeof result?.error === "string") refused.set(work[at].path, result.error);
    else if (canonical(result) !== canonical(expected[at])) {
      const place = `${work[at].deny} of ${inputs[work[at].input].id}`;
      const values = `js: ${JSON.stringify(expected[at])}\n  ${name}: ${JSON.stringify(result)}`;
      throw new Error(`${name} differs from js on ${place}:\n  ${values}`);
    }
  }
  return refused;
}

const speedOf = ({ decisions, seconds }) => (decisions === 0 ? 0 : decisions / seconds);

/** Until the speed no longer rises: compilers work in the background, on the 121 policies for seconds. */
async function warmUp({ round }) {
  let best = 0;
  for (let rounds = 0, level = 0; level < 3 && rounds < 40; rounds++) {
    const speed = speedOf(await round());
    level = speed > best * 1.03 ? 0 : level + 1;
    best = Math.max(best, speed);
  }
}

/** Decisions a second in each round, by contender. */
async function timed(contenders) {
  for (const contender of contenders) await warmUp(contender);
  const speeds = contenders.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [at, contender] of contenders.entries()) speeds[at].push(speedOf(await contender.round()));
  }
  return speeds;
}

async function compete(workload, contenders) {
  const [{ results: expected }] = contenders;
  const refused = contenders.map((contender) => refusedBy(contender, expected, workload));
  const speeds = await timed(contenders);
  return contenders.map(({ name }, at) => ({
    name,
    perSecond: median(speeds[at]),
    slowest: Math.min(...speeds[at]),
    fastest: Math.max(...speeds[at]),
    refused: Object.fromEntries(refused[at]),
  }));
}

async function bench(workload, peers) {
  const started = [];
  try {
    const contenders = [];
    for (const peer of peers) {
      const running = await startPeer(peer, workload);
      started.push(running);
      contenders.push(...ways(peer.name, running));
    }
    return await compete(workload, contenders);
  } finally {
    await Promise.all(started.map((peer) => peer.close()));
  }
}

const count = (number) => Math.round(number).toLocaleString("en").padStart(12);

function line({ name, perSecond, slowest, fastest }, js) {
  if (perSecond === 0) return `  ${name.padEnd(22)} refuses all of the policies`;
  const ratio = js / perSecond;
  const ratioText = ratio.toFixed(ratio < 10 ? 2 : 1).padStart(10);
  return `  ${name.padEnd(22)}${count(perSecond)}${count(slowest)}${count(fastest)}${ratioText}`;
}

function table(workload, rows) {
  const notes = rows.flatMap(({ name, refused }) =>
    Object.entries(refused).map(([path, why]) => `  ${name} is without ${path}: ${why}`),
  );
  return [
    `${workload.name}: ${workload.what}; ${workload.work.length} decisions, the same from all`,
    `  ${"decisions a second".padEnd(22)}${["median", "slowest", "fastest"].map((head) => head.padStart(12)).join("")}  js is times as fast`,
    ...rows.map((row) => line(row, rows[0].perSecond)),
    ...notes,
  ].join("\n");
}

function goals(rowsByWorkload) {
  /** How many times js is as fast as the best way of another. */
  const times = (workload, other) => {
    const [js, ...rows] = rowsByWorkload.get(workload);
    return js.perSecond / Math.max(...rows.filter(({ name }) => name.startsWith(other)).map((row) => row.perSecond));
  };
  return [
    ...["sample estate", "variants of it"].flatMap((workload) => [
      [`times as fast as opa-wasm, shipped policies on the ${workload}`, times(workload, "opa-wasm"), 25],
      [`times as fast as OPA, shipped policies on the ${workload}`, times(workload, "OPA"), 25],
    ]),
    ["of the speed of JavaScript by hand, four policies", times("four policies", "by hand"), 0.5],
  ].map(([what, value, goal]) => ({ what, value, goal, reached: value >= goal }));
}

const load = () => loadavg()[0].toFixed(1);

async function main() {
  const loadBefore = load();
  const others = [buildOpa(), buildRegorus()].filter((peer) => peer !== null);
  const peers = [nodePeer("js", "js"), nodePeer("opa-wasm", "wasm"), ...others];
  const rowsByWorkload = new Map();
  for (const workload of await workloads(flags.quick)) {
    const rows = await bench(workload, workload.byHand ? [...peers, nodePeer("by hand", "hand")] : peers);
    rowsByWorkload.set(workload.name, rows);
    process.stdout.write(`${table(workload, rows)}\n\n`);
  }
  const reached = goals(rowsByWorkload);
  process.stdout.write("goals\n");
  for (const { what, value, goal, reached: isReached } of reached) {
    process.stdout.write(
      `  ${isReached ? "reached    " : "not reached"}  ${what}: ${value.toFixed(2)} (goal ${goal})\n`,
    );
  }
  const versions = {
    Node: process.versions.node,
    "opa-wasm": packageVersion("@open-policy-agent/opa-wasm"),
    ...Object.fromEntries(others.map(({ name, version }) => [name, version])),
  };
  const machine = { cpus: cpus().length, loadBefore, loadAfter: load(), rounds };
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  process.stdout.write(
    `\n${names.join(", ")}; ${machine.cpus} CPUs, load ${loadBefore} before and ${machine.loadAfter} after, medians of ${rounds} rounds\n`,
  );
  const report = { versions, machine, goals: reached, workloads: Object.fromEntries(rowsByWorkload) };
  if (output !== null) writeFileSync(output, `${JSON.stringify(report, null, 2)}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`bench: ${error.message}\n`);
  process.exit(1);
}
