#!/usr/bin/env node
// npm run bench:data-api: POST /v1/data of `opa run --server`, of a Fastify route that only parses and answers, and of ours, on the
// same policies and inputs in one run, in turns. First all must give the same answers. The client runs on the same machine.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import autocannon from "autocannon";
import { freePort } from "../test/servers/free-port.mjs";
import { toolPath } from "../scripts/setup-tools.mjs";

const { values: flags } = parseArgs({
  options: {
    seconds: { type: "string", default: "4" },
    rounds: { type: "string", default: "3" },
    connections: { type: "string", default: "16" },
  },
});
const root = fileURLToPath(new URL("..", import.meta.url));
process.chdir(root);

/** Four rules, as a service asks them for each of its requests. */
const fourRules = `package app.authz

default allow := false

allow if input.user.role == "admin"

allow if {
	input.method == "GET"
	some grant in data.grants[input.user.role]
	startswith(input.path, grant.prefix)
}

allow if {
	input.method in {"PUT", "POST"}
	input.owner == input.user.name
}
`;
const grants = { grants: { viewer: [{ prefix: "/public" }, { prefix: "/docs" }], editor: [{ prefix: "/" }] } };
const request = {
  input: { method: "GET", path: "/docs/start", owner: "bob", user: { name: "alice", role: "viewer" } },
};
const bucket = {
  input: {
    id: "aws_s3_bucket.logs",
    provider: "aws",
    type: "AWS::S3::Bucket",
    name: "logs",
    config: {
      BucketName: "logs",
      PublicAccessBlockConfiguration: { BlockPublicAcls: false },
      Tags: [{ Key: "owner", Value: "platform" }],
    },
  },
};

const folder = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
writeFileSync(join(folder, "policy.rego"), fourRules);
writeFileSync(join(folder, "data.json"), JSON.stringify(grants));

async function answers(url, body) {
  for (let attempt = 0; attempt < 600; attempt++) {
    try {
      const answer = await fetch(url, {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json", authorization: "Bearer bench" },
      });
      if (answer.ok) return await answer.json();
    } catch {
      // it is not there yet
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${url} does not answer`);
}

async function start(name, path, command, args) {
  const port = await freePort();
  const child = spawn(command, args(port), { stdio: ["ignore", "ignore", "inherit"] });
  return { name, child, url: `http://127.0.0.1:${port}${path}` };
}

const opa = (path, files) =>
  start("opa run --server", path, toolPath("opa"), (port) => [
    "run",
    "--server",
    "--log-level",
    "error",
    "--addr",
    `127.0.0.1:${port}`,
    ...files,
  ]);
const ours = (path, kind) =>
  start("portcullis", path, process.execPath, (port) => ["bench/data-api-server.mjs", kind, String(port), folder]);
const bare = (path) =>
  start("bare route", path, process.execPath, (port) => ["bench/data-api-server.mjs", "bare", String(port), folder]);

/** Processor time of a process so far, in microseconds: it says more than the clock where others use the machine too. */
function processorTime({ child }) {
  const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

async function measure({ url, child }, body, seconds) {
  const before = processorTime({ child });
  const result = await autocannon({
    url,
    method: "POST",
    connections: Number(flags.connections),
    duration: seconds,
    headers: { "content-type": "application/json", authorization: "Bearer bench" },
    body: JSON.stringify(body),
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${url}: ${result.non2xx} refusals, ${result.errors} errors`);
  const cpu = (processorTime({ child }) - before) / result.requests.total;
  return { rate: result.requests.average, p50: result.latency.p50, p99: result.latency.p99, cpu };
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function same(a, b) {
  const text = (value) =>
    JSON.stringify(value, (_, one) =>
      one !== null && typeof one === "object" && !Array.isArray(one)
        ? Object.fromEntries(Object.entries(one).sort())
        : one,
    );
  // One policy shows the time at which it is asked.
  const timeless = (value) => text(value).replace(/"oldest":\d+/, "");
  return timeless(a) === timeless(b);
}

async function compare(title, peers, body) {
  const started = [];
  try {
    for (const peer of peers) started.push(await peer);
    const results = [];
    for (const { url } of started) results.push((await answers(url, body)).result);
    const wrong = started.findIndex((_, at) => started[at].name !== "bare route" && !same(results[at], results[0]));
    if (wrong !== -1) throw new Error(`${started[wrong].name} answers otherwise than ${started[0].name}`);
    for (const peer of started) await measure(peer, body, 2);
    const rounds = started.map(() => []);
    for (let round = 0; round < Number(flags.rounds); round++) {
      for (const [at, peer] of started.entries()) rounds[at].push(await measure(peer, body, Number(flags.seconds)));
    }
    print(title, started, rounds);
  } finally {
    for (const { child } of started) child.kill();
  }
}

function print(title, started, rounds) {
  const rows = started.map(({ name }, at) => ({
    name,
    rate: median(rounds[at].map(({ rate }) => rate)),
    p50: median(rounds[at].map(({ p50 }) => p50)),
    p99: median(rounds[at].map(({ p99 }) => p99)),
    cpu: median(rounds[at].map(({ cpu }) => cpu)),
  }));
  const our = rows.find(({ name }) => name === "portcullis");
  process.stdout.write(
    `\n${title}, ${flags.connections} connections, median of ${flags.rounds} rounds of ${flags.seconds} s\n`,
  );
  for (const { name, rate, p50, p99, cpu } of rows) {
    const ratio =
      name === our.name
        ? ""
        : `   portcullis is ${(our.rate / rate).toFixed(2)} times that (by processor time ${(cpu / our.cpu).toFixed(2)})`;
    process.stdout.write(
      `  ${name.padEnd(18)} ${rate.toFixed(0).padStart(7)} requests/s   p50 ${p50} ms   p99 ${p99} ms   ${cpu.toFixed(0)} µs of processor${ratio}\n`,
    );
  }
}

process.stdout.write(
  `node ${process.version}, ${cpus().length} x ${cpus()[0].model}, load ${loadavg()[0].toFixed(1)}\n`,
);
try {
  const path = "/v1/data/app/authz/allow";
  await compare("Four rules", [opa(path, [folder]), bare(path), ours(path, "four")], request);
  await compare(
    "All shipped policies over one resource",
    [
      opa("/v1/data/aws", ["--ignore", "*_test.rego", "--ignore", "*.yaml", "policies"]),
      ours("/v1/data/aws", "shipped"),
    ],
    bucket,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
