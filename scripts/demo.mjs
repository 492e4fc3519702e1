#!/usr/bin/env node
// The main job on the embedded default: scans the sample estate, prints the summary by
// baseline and leaves an HTML report.
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, ".portcullis", "demo");
const report = join(folder, "report.html");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

const started = Date.now();
const { status } = spawnSync(
  process.execPath,
  [
    join(root, "dist/src/cli/main.js"),
    ...["scan", "--provider", "sample", "--data-dir", join(folder, "store")],
    ...["--baseline", "soc2", "--baseline", "pci-dss-4.0.1", "--baseline", "gdpr"],
    ...["--report", `html=${report}`],
  ],
  { cwd: root, stdio: "inherit" },
);

// The sample estate has faults on purpose: 1 is what the scan has to answer.
if (status !== 1) {
  process.stderr.write(`demo: the scan ended with exit code ${status}; expected 1\n`);
  process.exit(1);
}
process.stdout.write(`\nHTML report: ${report}\n(${((Date.now() - started) / 1000).toFixed(1)} s)\n`);
