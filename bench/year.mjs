#!/usr/bin/env node
// How much a database grows by a time of hourly scans, by really doing them: the clock is moved on, the scans are whole.
//   node bench/year.mjs [RESOURCES] [DAYS] [SCANS_A_DAY] [CHANGED_A_DAY]       default: 2,000, 365, 24, 1 % of the resources
// Prints the bytes of each class as it goes. Per resource everything grows alike; per scan by what `scans` says.
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { openStore } from "../dist/src/store/store.js";
import { make } from "./estate.mjs";
import { withPostgres } from "./postgres.mjs";

const [resources = 2_000, days = 365, scansADay = 24, changed = Math.round(resources / 100)] = process.argv
  .slice(2)
  .map(Number);
const report = { summary: { resources, pass: 0, fail: 0, unknown: 0, error: 0, waived: 0, durationMs: 0 } };
let time = Date.parse("2025-01-01T00:00:00Z");
let ids = 0;
const clock = { now: () => new Date(time), newId: () => `scan-${++ids}` };

/** Which version of its configuration each resource has: some change at each scan, so that a day changes as many as asked. */
const versions = new Uint32Array(resources);
let owed = 0;
let next = 0;
function change() {
  owed += changed / scansADay;
  for (; owed >= 1; owed--) {
    versions[next % resources]++;
    next += 7_919; // a prime: every resource has its turn
  }
}

async function scan(store) {
  const recording = await store.beginScan({ targets: ["bench"], complete: true });
  for (let i = 0; i < resources; i++) {
    const { resource, verdicts } = make(i, versions[i]);
    await recording.resource(resource);
    for (const verdict of verdicts) await recording.verdict(verdict);
  }
  return recording.finish(report, []);
}

async function bench(databaseUrl) {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
  const store = await openStore({ databaseUrl, dataDir: folder, clock });
  const started = performance.now();
  try {
    for (let day = 0; day < days; day++) {
      for (let hour = 0; hour < scansADay; hour++) {
        await scan(store);
        change();
        time += 86_400_000 / scansADay;
      }
      await vacuum(databaseUrl);
      if (day === 0 || (day + 1) % 30 === 0 || day === days - 1) await say(store, day + 1, started);
    }
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What autovacuum does of itself in a day. A day takes seconds here, and it looks once a minute. */
async function vacuum(databaseUrl) {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  await client.query("vacuum");
  await client.end();
}

async function say(store, day, started) {
  const sizes = Object.entries(await store.sizes()).filter(([, bytes]) => bytes > 1e6);
  const total = sizes.reduce((sum, [, bytes]) => sum + bytes, 0);
  const classes = sizes.map(([name, bytes]) => `${name} ${(bytes / 2 ** 20).toFixed(1)}`).join(", ");
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(
    `day ${day}, ${ids} scans, ${seconds} s, load ${loadavg()[0].toFixed(1)}: ${(total / 2 ** 20).toFixed(1)} MiB (${classes})`,
  );
}

await withPostgres(bench);
