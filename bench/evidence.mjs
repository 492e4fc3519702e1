#!/usr/bin/env node
// Exports evidence of a period of daily scans in which so many findings were opened, and most of them resolved; then verifies it.
//   node bench/evidence.mjs [FINDINGS] [DAYS] [DATABASE_URL]      without an address: PGlite in a temporary folder
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openStore } from "../dist/src/store/store.js";

const findings = Number(process.argv[2] ?? 5_000);
const days = Number(process.argv[3] ?? 90);
const databaseUrl = process.argv[4] ?? null;
const folder = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
const dataDir = join(folder, "store");
const cli = fileURLToPath(new URL("../dist/src/cli/main.js", import.meta.url));
const day = 86_400_000;
const start = Date.now() - days * day;
const policies = ["aws-s3-block-public-access", "aws-s3-default-encryption", "aws-s3-access-logging"];
const summary = { resources: 0, pass: 0, fail: 0, unknown: 0, error: 0, waived: 0, durationMs: 0 };
const seconds = (ms) => (ms / 1000).toFixed(1);

/** Of each bucket the first two policies fail, from a day of its own on and for up to thirty days. */
function isFailing(bucket, policy, today) {
  const opened = (bucket * 7 + policy * 31) % days;
  const lasts = 1 + ((bucket * 13 + policy) % 30);
  return policy < 2 && bucket * 2 + policy < findings && today >= opened && today < opened + lasts;
}

function bucketOf(number, today) {
  const fails = policies.map((_, policy) => isFailing(number, policy, today));
  const id = `arn:aws:s3:::bench-${number}`;
  return {
    fails,
    resource: {
      ...{ id, provider: "aws", type: "AWS::S3::Bucket", name: `bench-${number}`, account: "111122223333" },
      ...{ region: "us-east-1", tags: { team: `team-${number % 20}` }, unknown: [], raw: null },
      config: {
        BucketName: `bench-${number}`,
        Public: fails[0],
        Encrypted: !fails[1],
        Rules: [number, today % 45 === 0],
      },
      source: { scanner: "bench", uri: null, line: null, column: null, capturedAt: null },
    },
  };
}

function verdictOf({ id, provider, type, name, account, region }, policy, isFail) {
  return {
    ...{ policy, title: policy, severity: "high", verdict: isFail ? "fail" : "pass" },
    resource: { id, provider, type, name, account, region },
    reasons: isFail ? [{ message: "it is wrong", path: "/config", location: null }] : [],
    ...{ unknown: [], controls: [], remediation: null, explanation: null },
    fingerprint: createHash("sha256").update(`${policy} ${id}`).digest("hex"),
  };
}

async function seed() {
  let time = start;
  let ids = 0;
  const clock = { now: () => new Date((time += 10)), newId: () => `scan-${++ids}` };
  const store = await openStore({ databaseUrl, dataDir, clock });
  const buckets = Math.ceil(findings / 2);
  for (let today = 0; today < days; today++) {
    time = start + today * day + day / 2;
    const recording = await store.beginScan({ targets: ["aws"], complete: true, version: "bench" });
    for (let number = 0; number < buckets; number++) {
      const { resource, fails } = bucketOf(number, today);
      await recording.resource(resource);
      for (const [at, policy] of policies.entries()) await recording.verdict(verdictOf(resource, policy, fails[at]));
    }
    await recording.finish({ summary }, []);
  }
  const all = { from: "1970-01-01T00:00:00.000Z", to: "2999-01-01T00:00:00.000Z" };
  const events = { opened: 0, resolved: 0 };
  for await (const { kind } of store.history.findingEvents(all)) if (kind in events) events[kind]++;
  await store.close();
  return `${days} scans of ${buckets} buckets, ${events.opened} findings opened, ${events.resolved} resolved`;
}

/** The program as a process of its own: its seconds and its peak memory. */
function run(name, ...args) {
  const wrapper = `process.on("exit", () => console.error("maxRSS", process.resourceUsage().maxRSS)); await import(${JSON.stringify(cli)})`;
  const began = performance.now();
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", wrapper, "--", ...args],
    { encoding: "utf8", maxBuffer: 2 ** 26 },
  );
  const mib = Number(/maxRSS (\d+)/.exec(stderr)?.[1] ?? 0) / 1024;
  console.log(`${name.padEnd(8)} ${seconds(performance.now() - began)} s, peak ${mib.toFixed(0)} MiB, exit ${status}`);
  console.log(`         ${(stderr.replace(/maxRSS.*\n/, "") + stdout).trim().split("\n").join("\n         ")}`);
}

try {
  const began = performance.now();
  console.log(`seeded   ${await seed()} in ${seconds(performance.now() - began)} s`);
  const output = join(folder, "evidence.zip");
  const where = databaseUrl === null ? [] : ["--database-url", databaseUrl];
  run(
    "export",
    "evidence",
    "export",
    "--baseline",
    "soc2",
    "--from",
    `${days + 1}d`,
    "--output",
    output,
    "--data-dir",
    dataDir,
    ...where,
  );
  console.log(`         ${(statSync(output).size / 2 ** 20).toFixed(1)} MiB`);
  run("verify", "evidence", "verify", output);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
