// A whole system for benches of faults: serve, two workers, an estate whose findings change, a receiver of webhooks and a consumer of
// the broker, with a proxy before the database and one before the broker. Everything that is started is stopped by its id.
import { spawn, spawnSync } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { pino } from "pino";
import { freePort } from "../test/servers/free-port.mjs";
import { pulsarAccess } from "../dist/src/events/pulsar-access.js";
import { createPulsarWebSocketBus } from "../dist/src/events/pulsar-websocket.js";
import { homeAccount, startAwsEstate } from "../test/servers/aws-estate.mjs";
import { loadTestServer } from "./test-server.mjs";

const { startNetworkProxy } = await loadTestServer("network-proxy");
const program = fileURLToPath(new URL("../dist/src/cli/main.js", import.meta.url));
const clock = new URL("./shifted-clock.mjs", import.meta.url).href;
const regions = ["us-east-1", "eu-west-1"];
const accounts = [0, 1, 2].map((n) => String(Number(homeAccount) + n));
const secret = `whsec_${randomBytes(32).toString("base64")}`;

const alive = new Set();
process.on("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(3));

export async function until(condition, what, ms) {
  const deadline = performance.now() + ms;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`waited ${ms / 1_000} s for ${what}`);
    await sleep(100);
  }
}

/** `postgres` and `pulsar` are running servers; the database and the namespace are new ones. */
export async function startSystem({ postgres, pulsar }) {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-faults-"));
  const state = { generation: 0 };
  const estate = await startAwsEstate({
    regions,
    queues: 12,
    tables: 2,
    latencyMs: 30,
    generation: () => state.generation,
  });
  const hook = await startReceiver();
  const { tenant, namespace, token } = await pulsar.createNamespace();
  const directUrl = await newDatabase(postgres.url);
  const database = await startNetworkProxy(Number(new URL(directUrl).port));
  const broker = await startNetworkProxy(Number(new URL(pulsar.webSocketUrl).port));
  const port = await freePort();
  const events = { webSocketUrl: `ws://127.0.0.1:${broker.port}`, tenant, namespace, tokenEnv: "PULSAR_TOKEN" };
  const destination = {
    name: "bench",
    kind: "webhook",
    url: hook.url,
    allowHttp: true,
    secret: { env: "HOOK_SECRET" },
  };
  const config = join(folder, "portcullis.yaml");
  const written = {
    server: { port },
    events,
    alerts: { group: 1, destinations: [destination] },
    workers: { inServe: false, roles: ["Auditor"], endpointUrl: estate.endpoint },
  };
  writeFileSync(config, JSON.stringify(written));
  const clockFile = join(folder, "clock");
  const env = {
    ...process.env,
    ...{ AWS_ACCESS_KEY_ID: `ASIA${homeAccount}`, AWS_SECRET_ACCESS_KEY: "s", AWS_EC2_METADATA_DISABLED: "true" },
    ...{ HOME: folder, PULSAR_TOKEN: token, HOOK_SECRET: secret, CLOCK_OFFSET_FILE: clockFile },
    DATABASE_URL: at(directUrl, database.port),
  };
  const flags = ["--config", config, "--data-dir", join(folder, "store")];
  const start = (name) => startProgram([name, ...flags], { cwd: folder, env });
  const run = (args, all = flags) =>
    runProgram([...args, ...all], { cwd: folder, env: { ...env, DATABASE_URL: directUrl } });
  const created = await run(["tokens", "create", "--role", "admin"], flags.slice(2));
  if (created.code !== 0) throw new Error(`tokens create: ${created.stderr}`);
  const system = {
    ...{ folder, state, estate, hook, postgres, pulsar, database, broker, directUrl, run },
    origin: `http://127.0.0.1:${port}`,
    token: created.stdout.trim().split("\n")[0],
    serve: null,
    workers: [],
    async startServe() {
      system.serve = await start("serve");
      await until(() => said(system.serve, "listens on"), "serve", 120_000);
    },
    async startWorker() {
      const worker = await start("worker");
      system.workers.push(worker);
      await until(() => said(worker, "takes shards"), "a worker", 120_000);
    },
    /** The clocks of these processes jump. */
    shift(processes, ms) {
      writeFileSync(clockFile, String(ms));
      for (const { child } of processes) child.kill("SIGUSR2");
    },
    query: (text, params) => queryOnce(directUrl, text, params),
    call: (path, options = {}) => call(system, path, options),
    logs: () => [system.serve, ...system.workers].map((one) => one?.output.stderr ?? "").join("\n"),
  };
  system.consumer = await startConsumer({ pulsar, tenant, namespace, token });
  system.stop = async () => {
    for (const one of [system.serve, ...system.workers]) one?.child.kill("SIGKILL");
    await Promise.all([system.serve, ...system.workers].map((one) => one?.ended));
    await system.consumer.close();
    await Promise.all([database.stop(), broker.stop(), hook.stop(), estate.stop()]);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all([system.startServe(), system.startWorker()]);
    await system.startWorker();
    return system;
  } catch (error) {
    const logs = system.logs();
    await system.stop();
    throw new Error(`the system did not start: ${logs}`, { cause: error });
  }
}

/** Of a scan: everything that there is. */
export const scanBody = { provider: ["aws"], accounts, regions, services: ["sqs", "dynamodb"] };

function said({ child, output }, text) {
  if (child.exitCode !== null) throw new Error(`it ended: ${output.stderr}`);
  return output.stderr.includes(text);
}

function startProgram(args, { cwd, env }) {
  const child = spawn(process.execPath, ["--import", clock, program, ...args], {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  alive.add(child);
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) child[name].setEncoding("utf8").on("data", (text) => (output[name] += text));
  const ended = new Promise((resolve) => child.once("close", resolve)).then((code) => {
    alive.delete(child);
    return code;
  });
  return { child, output, ended };
}

async function runProgram(args, options) {
  const { child, output, ended } = startProgram(args, options);
  const patience = setTimeout(() => child.kill("SIGKILL"), 180_000);
  const code = await ended;
  clearTimeout(patience);
  return { code, ...output };
}

/** Gives {status, body}; status 0 where nothing answered. */
async function call({ origin, token }, path, { body, key }) {
  const headers = { authorization: `Bearer ${token}` };
  if (key !== undefined) headers["idempotency-key"] = key;
  if (body !== undefined) headers["content-type"] = "application/json";
  const options = { headers, method: body === undefined ? "GET" : "POST", body: JSON.stringify(body) };
  try {
    const response = await fetch(`${origin}${path}`, { ...options, signal: AbortSignal.timeout(15_000) });
    const text = await response.text();
    return { status: response.status, text, body: text.startsWith("{") ? JSON.parse(text) : null };
  } catch (error) {
    return { status: 0, body: null, text: String(error.cause ?? error) };
  }
}

async function startConsumer({ pulsar, tenant, namespace, token }) {
  const settings = { webSocketUrl: pulsar.webSocketUrl, tenant, namespace, tokenEnv: "TOKEN" };
  const bus = createPulsarWebSocketBus(pulsarAccess(settings, { TOKEN: token }), pino({ level: "silent" }));
  const received = { alerts: new Map(), scans: new Map(), count: 0, last: 0 };
  const subscribe = (topic, seen) =>
    bus.subscribe(
      { topics: [topic], subscription: "bench", kind: "key-shared", prefetch: 1_000, ackTimeoutMs: 60_000 },
      (delivery) => {
        const event = JSON.parse(delivery.body);
        seen.set(event.id, { event, times: (seen.get(event.id)?.times ?? 0) + 1 });
        received.count++;
        received.last = performance.now();
        void delivery.ack();
      },
    );
  await subscribe("compliance-alerts", received.alerts);
  await subscribe("compliance-scans", received.scans);
  return {
    ...received,
    get last() {
      return received.last;
    },
    get count() {
      return received.count;
    },
    close: () => bus.close(),
  };
}

/** Checks signatures, and keeps which events came in how many messages. */
async function startReceiver() {
  const events = new Map();
  const messages = new Set();
  const faults = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const text of request.setEncoding("utf8")) body += text;
    const { "webhook-id": id, "webhook-timestamp": time, "webhook-signature": signature } = request.headers;
    const hmac = createHmac("sha256", Buffer.from(secret.slice(6), "base64")).update(`${id}.${time}.${body}`);
    if (signature !== `v1,${hmac.digest("base64")}`) faults.push(`message ${id} has a wrong signature`);
    if (!messages.has(id)) for (const event of JSON.parse(body)) events.set(event.id, (events.get(event.id) ?? 0) + 1);
    messages.add(id);
    response.writeHead(204).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    ...{ events, messages, faults, url: `http://127.0.0.1:${server.address().port}/alerts` },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

let databases = 0;
async function newDatabase(url) {
  const name = `faults_${++databases}`;
  await queryOnce(url, `create database ${name}`);
  return url.replace(/\/postgres$/, `/${name}`);
}

async function queryOnce(url, text, params = []) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: 30_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return (await client.query(text, params)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

const at = (url, port) => Object.assign(new URL(url), { port: String(port) }).href;

/** A small disk: `inFolder` does the work with it as the folder for temporary files. Gone when it is released, or at the end. */
export function mountSmallDisk(size) {
  const folder = mkdtempSync(join(tmpdir(), "portcullis-disk-"));
  const options = ["-t", "tmpfs", "-o", `size=${size},mode=1777`, "tmpfs", folder];
  const { status, stderr } = spawnSync("mount", options, { encoding: "utf8" });
  if (status !== 0) throw new Error(`a small disk needs root: ${stderr}`);
  const release = () => {
    spawnSync("umount", ["-l", folder]);
    rmSync(folder, { recursive: true, force: true });
  };
  process.on("exit", release);
  const inFolder = async (work) => {
    const before = process.env.TMPDIR ?? "/tmp";
    process.env.TMPDIR = folder;
    try {
      return await work();
    } finally {
      process.env.TMPDIR = before;
    }
  };
  const filler = join(folder, "filler");
  return {
    inFolder,
    fill: () => spawnSync("dd", ["if=/dev/zero", `of=${filler}`, "bs=64k"]),
    free: () => rmSync(filler, { force: true }),
    release: () => {
      process.off("exit", release);
      release();
    },
  };
}
