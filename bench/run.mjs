#!/usr/bin/env node
// npm run bench: how fast the js engine evaluates, against opa-wasm, OPA, regorus and JavaScript written by hand, on the same
// policies and inputs in the same run. First all must give the same results; then each is timed, in turns.
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { jsEngine } from "../dist/src/engine/rego/js/js-engine.js";
import { wasmEngine } from "../dist/src/engine/rego/wasm-engine.js";
import { buildOpa, buildRegorus, runPeer } from "./peers.mjs";
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
const rounds = flags.quick ? 3 : 5;
/** At least so long is one timed round of a fast contender, or the clock is what is measured. */
const leastSeconds = flags.quick ? 0.5 : 1;

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** One of our engines: an input is prepared once and judged by all of its policies, as in a scan. */
async function ours(engine, { unit, data, inputs, work }) {
  const evaluator = await engine.load(unit);
  evaluator.setData(data);
  const pass = (take) => {
    let input;
    let last = -1;
    for (const one of work) {
      if (one.input !== last) input = evaluator.prepare(inputs[(last = one.input)]);
      const applies = one.applies === undefined || evaluator.evaluate(one.applies, input) === true;
      take(applies ? evaluator.evaluate(one.deny, input) : undefined);
    }
  };
  return pass;
}

function byHand({ handwritten, inputs, work }) {
  return (take) => {
    for (const one of work) take(handwritten[one.path](inputs[one.input]));
  };
}

function resultsOf(pass) {
  const results = [];
  pass((value) => results.push(value ?? null));
  return results;
}

/** Runs one round of each in turn; gives the seconds of one pass by contender. */
function timed(contenders) {
  // Results are kept for a while, as a caller would: what nobody can see is not made at all by a compiler that finds out.
  const kept = new Array(1_024);
  let count = 0;
  const take = (value) => (kept[count++ & 1_023] = value);
  const passes = contenders.map(({ pass }) => {
    // Until the compiler is done with it.
    const started = performance.now();
    let count = 0;
    while (performance.now() - started < leastSeconds * 1_000) {
      pass(take);
      count++;
    }
    return Math.max(1, Math.ceil((leastSeconds * 1_000 * count) / (performance.now() - started)));
  });
  const seconds = contenders.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [at, { pass }] of contenders.entries()) {
      const started = performance.now();
      for (let time = 0; time < passes[at]; time++) pass(take);
      seconds[at].push((performance.now() - started) / 1_000 / passes[at]);
    }
  }
  if (count === 0) throw new Error("nothing was evaluated");
  return seconds.map(median);
}

/** Results as text that does not depend on the order of sets. */
function canonical(result) {
  return Array.isArray(result)
    ? JSON.stringify(result.map((one) => JSON.stringify(one, Object.keys(one).sort())).sort())
    : JSON.stringify(result);
}

function compareResults(workload, expected, name, results) {
  const different = results.findIndex((result, at) => canonical(result) !== canonical(expected[at]));
  if (different < 0 && results.length === expected.length) return;
  const { input, deny } = workload.work[different] ?? {};
  throw new Error(
    `${name} differs from js on ${deny} of ${workload.inputs[input]?.id}:\n  js: ${JSON.stringify(expected[different])}\n  ${name}: ${JSON.stringify(results[different])}`,
  );
}

async function bench(workload, peers) {
  const contenders = [
    { name: "js", pass: await ours(jsEngine, workload) },
    { name: "opa-wasm", pass: await ours(wasmEngine, workload) },
    ...(workload.handwritten === null ? [] : [{ name: "by hand", pass: byHand(workload) }]),
  ];
  const expected = resultsOf(contenders[0].pass);
  for (const { name, pass } of contenders.slice(1)) compareResults(workload, expected, name, resultsOf(pass));
  const others = peers.flatMap(({ name, binary }) => {
    const { results, seconds, refused } = runPeer(binary, workload, rounds);
    if (refused !== undefined) {
      process.stderr.write(`bench: ${name} is left out of ${workload.name}: ${refused}\n`);
      return [];
    }
    compareResults(workload, expected, name, results);
    return [{ name, seconds: median(seconds) }];
  });
  const own = timed(contenders).map((seconds, at) => ({ name: contenders[at].name, seconds }));
  return [...own, ...others].map(({ name, seconds }) => ({ name, perSecond: workload.work.length / seconds }));
}

function table(workload, rows) {
  const js = rows.find(({ name }) => name === "js").perSecond;
  const lines = rows.map(({ name, perSecond }) => {
    const ratio = js / perSecond;
    return `  ${name.padEnd(10)} ${Math.round(perSecond).toLocaleString("en").padStart(12)} /s   ${ratio.toFixed(ratio < 10 ? 2 : 1).padStart(7)}`;
  });
  return [
    `${workload.name}: ${workload.what}, ${workload.work.length} decisions`,
    `  ${"".padEnd(10)} ${"decisions".padStart(12)}      js is times as fast`,
    ...lines,
  ].join("\n");
}

function goals(rowsByWorkload) {
  const ratio = (workload, name) => {
    const rows = rowsByWorkload.get(workload);
    const other = rows.find((row) => row.name === name);
    return other === undefined ? null : rows[0].perSecond / other.perSecond;
  };
  const reached = (text, value, goal) =>
    `  ${value >= goal ? "reached    " : "not reached"}  ${text}: ${value.toFixed(2)} (goal ${goal})`;
  return [
    reached("times as fast as opa-wasm on the shipped policies", ratio("shipped policies", "opa-wasm"), 25),
    reached("times as fast as OPA on the shipped policies", ratio("shipped policies", "OPA"), 25),
    reached("of the speed of JavaScript by hand", ratio("four policies", "by hand"), 0.5),
  ].join("\n");
}

try {
  const regorus = buildRegorus();
  const peers = [
    { name: "OPA", binary: buildOpa() },
    ...(regorus === null ? [] : [{ name: "regorus", binary: regorus }]),
  ];
  const rowsByWorkload = new Map();
  for (const workload of await workloads(flags.quick)) {
    const rows = await bench(workload, peers);
    rowsByWorkload.set(workload.name, rows);
    process.stdout.write(`${table(workload, rows)}\n\n`);
  }
  const load = loadavg()
    .map((value) => value.toFixed(1))
    .join(" ");
  process.stdout.write(`goals\n${goals(rowsByWorkload)}\n\n`);
  process.stdout.write(
    `Node ${process.versions.node}, opa-wasm ${packageVersion("@open-policy-agent/opa-wasm")}, ${cpus().length} CPUs, load ${load}, medians of ${rounds} rounds\n`,
  );
  if (flags.json !== undefined)
    writeFileSync(flags.json, `${JSON.stringify(Object.fromEntries(rowsByWorkload), null, 2)}\n`);
} catch (error) {
  process.stderr.write(`bench: ${error.message}\n`);
  process.exit(1);
}
