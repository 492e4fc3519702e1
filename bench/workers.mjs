#!/usr/bin/env node
// A scan of 20,000 resources by 1, 2 and 4 worker processes, on a real PostgreSQL and (with --pulsar) a real Pulsar: how long it takes,
// what memory the workers take. The source is a server of ours in AWS's shape, with the latency of a network.
//   node bench/workers.mjs [--latency MS] [--accounts N] [--workers 1,2,4] [--pulsar]
import { spawn } from "node:child_process";
import { readFileSync, mkdtempSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { homeAccount, startAwsEstate } from "../test/servers/aws-estate.mjs";
import { withPostgres } from "./postgres.mjs";
import { loadTestServer } from "./test-server.mjs";

const { values } = parseArgs({
  options: {
    latency: { type: "string", default: "60" },
    accounts: { type: "string", default: "50" },
    workers: { type: "string", default: "1,2,4" },
    pulsar: { type: "boolean", default: false },
  },
});
const program = fileURLToPath(new URL("../dist/src/cli/main.js", import.meta.url));
const accounts = Array.from({ length: Number(values.accounts) }, (_, at) => String(Number(homeAccount) + at));
const regions = ["us-east-1", "us-west-2", "eu-west-1", "eu-central-1"];
const folder = mkdtempSync(join(tmpdir(), "portcullis-bench-workers-"));
const latencyMs = Number(values.latency);
const estate = await startAwsEstate({ regions, queues: 80, tables: 20, latencyMs });
const config = join(folder, "portcullis.yaml");
const pulsar = values.pulsar ? await (await loadTestServer("pulsar")).startPulsar() : null;
const broker = pulsar === null ? null : await pulsar.createNamespace();
const events =
  broker === null
    ? {}
    : {
        events: {
          ...{ webSocketUrl: pulsar.webSocketUrl, tenant: broker.tenant, namespace: broker.namespace },
          tokenEnv: "PULSAR_TOKEN",
        },
      };
writeFileSync(config, JSON.stringify({ workers: { roles: ["Auditor"], endpointUrl: estate.endpoint }, ...events }));

function start(args, databaseUrl) {
  const aws = {
    AWS_ACCESS_KEY_ID: `ASIA${homeAccount}`,
    AWS_SECRET_ACCESS_KEY: "s",
    AWS_EC2_METADATA_DISABLED: "true",
  };
  const token = broker === null ? {} : { PULSAR_TOKEN: broker.token };
  const env = { ...process.env, ...aws, ...token, DATABASE_URL: databaseUrl, HOME: folder };
  const child = spawn(process.execPath, [program, ...args, "--config", config], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) child[name].setEncoding("utf8").on("data", (text) => (output[name] += text));
  return { child, output, ended: new Promise((resolve) => child.once("close", resolve)) };
}

const peakMiB = ({ pid }) =>
  Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024);

async function measure(count, databaseUrl) {
  const workers = Array.from({ length: count }, () => start(["worker"], databaseUrl));
  try {
    while (!workers.every(({ output }) => output.stderr.includes("takes shards"))) await sleep(100);
    const started = performance.now();
    const regionFlags = regions.flatMap((region) => ["--region", region]);
    const flags = [
      "--provider",
      "aws",
      "--service",
      "sqs",
      "--service",
      "dynamodb",
      "--distributed",
      "--format",
      "json",
    ];
    const scan = start(
      ["scan", ...flags, ...regionFlags, ...accounts.flatMap((one) => ["--account", one])],
      databaseUrl,
    );
    const code = await scan.ended;
    const seconds = (performance.now() - started) / 1_000;
    if (code !== 1) throw new Error(`the scan ended with ${code}: ${scan.output.stderr}`);
    const { summary } = JSON.parse(scan.output.stdout);
    return { seconds, summary, peaks: workers.map(({ child }) => peakMiB(child)) };
  } finally {
    for (const { child } of workers) child.kill("SIGTERM");
    await Promise.all(workers.map(({ ended }) => ended));
  }
}

let first;
try {
  for (const count of values.workers.split(",").map(Number)) {
    await withPostgres(async (url) => {
      const { seconds, summary, peaks } = await measure(count, url);
      first ??= seconds;
      const verdicts = summary.pass + summary.fail + summary.unknown + summary.error;
      const said = [
        `${count} workers: ${seconds.toFixed(1)} s`,
        `speed-up ${(first / seconds).toFixed(2)}`,
        `${summary.resources} resources, ${verdicts} verdicts`,
      ];
      process.stdout.write(
        `${said.join(", ")}, peak ${peaks.join(" ")} MiB, load ${loadavg()[0].toFixed(1)}, latency ${latencyMs} ms\n`,
      );
    });
  }
} finally {
  await estate.stop();
  await pulsar?.stop();
}
