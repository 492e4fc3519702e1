#!/usr/bin/env node
// How long a live inventory takes to be compared with Terraform's state of it, as `portcullis drift` does: the state is read from a
// file, live resources come one by one. node bench/drift.mjs [--resources 1000,20000] [--drifted 0,1,50]
// Each measure is a process of its own, since peak memory is one of what it shows.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isDrifted, liveItems, lookedAt, stateText } from "./drift-estate.mjs";

const { values: flags } = parseArgs({
  options: {
    resources: { type: "string", default: "1000,20000" },
    drifted: { type: "string", default: "0,1,50" },
    once: { type: "string" },
  },
});
const numbers = (text) => text.split(",").map(Number);
const [sizes, shares] = [numbers(flags.resources), numbers(flags.drifted)];
if (![...sizes, ...shares].every((one) => Number.isSafeInteger(one) && one >= 0)) {
  process.stderr.write("usage: node bench/drift.mjs [--resources N,..] [--drifted PERCENT,..]\n");
  process.exit(2);
}

/** In this process: prints one line of JSON. */
async function measure(file, count, share) {
  const { readDesired } = await import("../dist/scanners/desired/index.js");
  const { unreadByAws } = await import("../dist/scanners/aws/unread.js");
  const { estateDrift } = await import("../dist/src/inventory/drift/estate-drift.js");
  const started = performance.now();
  const before = process.cpuUsage();
  const { resources, problems } = await readDesired([file], {
    maxBytes: 2 ** 30,
    unread: (type) => unreadByAws[type] ?? [],
  });
  if (problems.length > 0) throw new Error(problems[0].message);
  const read = performance.now();
  const { counts } = await estateDrift({
    ...{ desired: resources, live: liveItems(count, share), lookedAt, managedOnly: false },
  });
  const ended = performance.now();
  const wrong = counts.changed !== expected(count, share) || counts.same !== count - counts.changed;
  if (wrong) throw new Error(`another result than expected: ${JSON.stringify(counts)}`);
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  const cpuMs = process.cpuUsage(before).user / 1_000;
  process.stdout.write(JSON.stringify({ readMs: read - started, compareMs: ended - read, cpuMs, peak }));
}

const expected = (count, share) =>
  Array.from({ length: count }, (_, at) => isDrifted(at, share)).filter(Boolean).length;

function report(folder, count, share) {
  const file = join(folder, `${count}.tfstate`);
  const args = ["--resources", String(count), "--drifted", String(share), "--once", file];
  const child = spawnSync(process.execPath, [fileURLToPath(import.meta.url), ...args], { encoding: "utf8" });
  if (child.status !== 0) throw new Error(child.stderr);
  const { readMs, compareMs, cpuMs, peak } = JSON.parse(child.stdout);
  const seconds = (readMs + compareMs) / 1_000;
  const size = Math.round(statSync(file).size / 2 ** 20);
  process.stdout.write(
    `${count} resources, ${share} % drifted: ${seconds.toFixed(2)} s (state of ${size} MiB read in ${(readMs / 1_000).toFixed(2)}), ` +
      `${Math.round(count / seconds)} resources/s, ${(cpuMs / 1_000).toFixed(2)} s of processor time, peak ${peak} MiB\n`,
  );
}

if (flags.once !== undefined) await measure(flags.once, sizes[0], shares[0]);
else {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-bench-drift-"));
  try {
    for (const count of sizes) {
      writeFileSync(join(folder, `${count}.tfstate`), stateText(count));
      for (const share of shares) report(folder, count, share);
    }
    process.stdout.write(`load ${loadavg()[0].toFixed(1)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
