#!/usr/bin/env node
// Writes a scan of many resources and their verdicts: the first one, one in which nothing changed, one in which 1 % did.
//   node bench/store.mjs [RESOURCES] [DATABASE_URL]        without an address: PGlite in a temporary folder
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../dist/src/clock.js";
import { openStore } from "../dist/src/store/store.js";
import { generate } from "./estate.mjs";

const count = Number(process.argv[2] ?? 100_000);
const databaseUrl = process.argv[3] ?? null;
const folder = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
const store = await openStore({ databaseUrl, dataDir: folder, clock: systemClock });
const report = { summary: { resources: count, pass: 0, fail: 0, unknown: 0, error: 0, waived: 0, durationMs: 0 } };

let peak = 0;
const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 50);
watch.unref();

async function scan(name, changed) {
  const started = performance.now();
  const recording = await store.beginScan({ targets: ["bench"], complete: true });
  let verdicts = 0;
  for (const { resource, verdicts: own } of generate(count, changed)) {
    await recording.resource(resource);
    for (const verdict of own) await recording.verdict(verdict);
    verdicts += own.length;
  }
  const fed = performance.now();
  const outcome = await recording.finish(report, []);
  const seconds = (ms) => (ms / 1000).toFixed(1);
  console.log(
    `${name.padEnd(14)} ${seconds(performance.now() - started)} s (${seconds(fed - started)} to hand over), ${count} resources, ${verdicts} verdicts, peak ${(peak / 2 ** 20).toFixed(0)} MiB, ${JSON.stringify(outcome)}`,
  );
}

try {
  await scan("first scan", 0);
  await scan("nothing new", 0);
  await scan("1 % changed", count / 100);
} finally {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
}
