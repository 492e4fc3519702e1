#!/usr/bin/env node
// The main job on the embedded default: scans the sample estate, prints the summary by baseline, leaves an HTML report, and
// exports evidence that it verifies.
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

/** Runs the program; ends the demo when it does not answer as it has to. */
function portcullis(expected, ...args) {
  process.stdout.write(`\n$ portcullis ${args.join(" ")}\n`);
  const program = join(root, "dist/src/cli/main.js");
  const { status } = spawnSync(process.execPath, [program, ...args], { cwd: root, stdio: "inherit" });
  if (status === expected) return;
  process.stderr.write(`demo: portcullis ${args[0]} ended with exit code ${status}; expected ${expected}\n`);
  process.exit(1);
}

const store = ["--data-dir", join(folder, "store")];
const baselines = ["soc2", "pci-dss-4.0.1", "gdpr"].flatMap((id) => ["--baseline", id]);
// The sample estate has faults on purpose: 1 is what the scan has to answer.
portcullis(1, "scan", "--provider", "sample", ...baselines, "--report", `html=${report}`, ...store);
portcullis(0, "evidence", "export", "--baseline", "soc2", "--output", join(folder, "soc2.zip"), ...store);
portcullis(0, "audit", "keys", "export", "--output", join(folder, "signer.pem"), ...store);
portcullis(0, "evidence", "verify", join(folder, "soc2.zip"), "--key", join(folder, "signer.pem"));
process.stdout.write(`\nHTML report: ${report}\n(${((Date.now() - started) / 1000).toFixed(1)} s)\n`);
