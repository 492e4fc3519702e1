#!/usr/bin/env node
// The contenders that are JavaScript: node bench/node-peer.mjs js|wasm|hand JOB, see startPeer in bench/peers.mjs for what it is
// asked. A process for each, as for the others: in one process, what runs first decides how the rest is compiled, which
// moves the numbers up to four times.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { jsEngine } from "../dist/src/engine/rego/js/js-engine.js";
import { loadShippedPolicies } from "../dist/src/engine/rego/load-policies.js";
import { wasmEngine } from "../dist/src/engine/rego/wasm-engine.js";
import { handwritten } from "./handwritten.mjs";

const [kind, file] = process.argv.slice(2);
const { data, inputs, work } = JSON.parse(readFileSync(file, "utf8"));

/** One of our engines: each input is judged by all of its policies, as in a scan. */
async function evaluation(engine) {
  const { unit } = await loadShippedPolicies();
  const evaluator = await engine.load(unit);
  evaluator.setData(data);
  const prepared = inputs.map((input) => evaluator.prepare(input));
  return (one) => {
    const input = prepared[one.input];
    const applies = one.applies === undefined || evaluator.evaluate(one.applies, input) === true;
    return applies ? evaluator.evaluate(one.deny, input) : undefined;
  };
}

async function decision() {
  if (kind === "js") return evaluation(jsEngine);
  if (kind === "wasm") return evaluation(wasmEngine);
  return (one) => handwritten[one.path](inputs[one.input]);
}

// Results are kept for a while, as a caller would: what nobody can see is not made at all by a compiler that finds out.
const kept = new Array(1_024);
let count = 0;

function round(decide, least) {
  const started = performance.now();
  for (let passes = 1; ; passes++) {
    for (const one of work) kept[count++ & 1_023] = decide(one);
    const seconds = (performance.now() - started) / 1_000;
    if (seconds >= least) return { seconds: seconds / passes, decisions: work.length };
  }
}

function say(answer) {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

const decide = await decision();
say({ "": work.map((one) => decide(one) ?? null) });
for await (const line of createInterface({ input: process.stdin })) say(round(decide, JSON.parse(line).seconds));
