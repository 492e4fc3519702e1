#!/usr/bin/env node
// How long 100,000 resources take to be judged by all shipped policies, and how long when 1 % of them changed since:
// node bench/scale.mjs [RESOURCES]. Reading them is not in it: they are made before.
import { loadavg } from "node:os";
import { prepareRun } from "../dist/src/compose.js";
import { defaultSettings } from "../dist/src/settings.js";
import { runChecks } from "../dist/src/compliance/run.js";
import { scanSample } from "../dist/scanners/sample/index.js";
import { systemClock } from "../dist/src/clock.js";

const count = Number(process.argv[2] ?? 100_000);
if (!Number.isSafeInteger(count) || count < 1) {
  process.stderr.write("usage: node bench/scale.mjs [RESOURCES]\n");
  process.exit(2);
}

const estate = [];
for await (const item of scanSample(systemClock)) if (item.kind === "resource") estate.push(item);

/** The sample estate again and again, in 500 accounts; every hundredth resource is another one in the second scan. */
function resources(scan) {
  return Array.from({ length: count }, (_, at) => {
    const item = estate[at % estate.length];
    const copy = Math.floor(at / estate.length);
    const changed = scan > 0 && at % 100 === 0 ? { tags: { ...item.resource.tags, scan: String(scan) } } : {};
    const account = String(100_000_000_000 + (copy % 500));
    const resource = { ...structuredClone(item.resource), id: `${item.resource.id}-${copy}`, account, ...changed };
    return { ...item, resource, references: item.references.map((id) => `${id}-${copy}`) };
  });
}

async function* from(items) {
  yield* items;
}

const run = await prepareRun({ ...defaultSettings, incremental: true });
for (const scan of [0, 1, 2, 3]) {
  const items = resources(scan);
  const started = performance.now();
  const options = {
    command: "scan",
    targets: ["scale"],
    failOn: "low",
    severity: "info",
    all: false,
    progress: () => undefined,
  };
  const { report } = await runChecks(from(items), { ...run, ...options });
  const seconds = ((performance.now() - started) / 1_000).toFixed(2);
  const { pass, fail, unknown, error } = report.summary;
  const what = scan === 0 ? "first scan" : "1 % changed";
  const memory = Math.round(process.memoryUsage().rss / 2 ** 20);
  process.stdout.write(
    `${what}: ${count} resources, ${pass + fail + unknown + error} verdicts in ${seconds} s, ${memory} MiB\n`,
  );
}
process.stdout.write(`load ${loadavg()[0].toFixed(1)}\n`);
