#!/usr/bin/env node
// Writes a scan of many resources and their verdicts: the first one, one in which nothing changed, one in which 1 % did.
//   node bench/store.mjs [RESOURCES] [postgres|pglite|DATABASE_URL]
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../dist/src/clock.js";
import { openStore } from "../dist/src/store/store.js";
import { generate } from "./estate.mjs";
import { withPostgres } from "./postgres.mjs";

const count = Number(process.argv[2] ?? 100_000);
const where = process.argv[3] ?? "pglite";
const report = { summary: { resources: count, pass: 0, fail: 0, unknown: 0, error: 0, waived: 0, durationMs: 0 } };

async function scan(store, name, changed) {
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
    `${name.padEnd(14)} ${seconds(performance.now() - started)} s (${seconds(fed - started)} to hand over), ${count} resources, ${verdicts} verdicts, ${JSON.stringify(outcome)}`,
  );
}

async function bench(databaseUrl) {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
  const store = await openStore({ databaseUrl, dataDir: folder, clock: systemClock });
  try {
    console.log(`${databaseUrl === null ? "PGlite" : "PostgreSQL"}, load ${loadavg()[0].toFixed(1)}`);
    await scan(store, "first scan", 0);
    await scan(store, "nothing new", 0);
    await scan(store, "1 % changed", count / 100);
    const sizes = Object.entries(await store.sizes()).map(([name, bytes]) => `${name} ${(bytes / 2 ** 20).toFixed(0)}`);
    const peak = process.resourceUsage().maxRSS / 1024;
    console.log(`on disk in MiB: ${sizes.join(", ")}; memory of this process at most ${peak.toFixed(0)} MiB`);
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (where === "postgres") await withPostgres(bench);
else await bench(where === "pglite" ? null : where);
