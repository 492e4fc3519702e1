// How long it takes from a finding's change to a consumer of the broker: a real PostgreSQL, a real Apache Pulsar, the store, the
// relay and a consumer in this process; receipts are timed by the process's one clock. Usage: node bench/alerts.mjs [rounds]
import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { createMetrics } from "../dist/src/observability/metrics.js";
import { pulsarAccess } from "../dist/src/events/pulsar-access.js";
import { createPulsarWebSocketBus } from "../dist/src/events/pulsar-websocket.js";
import { createRelay } from "../dist/src/events/relay.js";
import { systemClock } from "../dist/src/clock.js";
import { openStore } from "../dist/src/store/store.js";
import { withPostgres } from "./postgres.mjs";
import { loadTestServer } from "./test-server.mjs";

const rounds = Number(process.argv[2] ?? 5);
const log = pino({ level: "silent" });

function resourceOf(id, region) {
  const source = { scanner: "bench", uri: null, line: null, column: null, capturedAt: null };
  const place = { provider: "aws", type: "AWS::S3::Bucket", name: id, account: "1", region };
  return { id, ...place, tags: {}, config: { BucketName: id }, unknown: [], raw: null, source };
}

function verdictOf(resource, kind) {
  const reason = { message: "Block Public Access is off", path: "/config/A", location: null };
  return {
    ...{ policy: "aws-s3-block-public-access", title: "Buckets block public access", severity: "high", verdict: kind },
    ...{ resource, reasons: kind === "fail" ? [reason] : [], unknown: [], controls: [], remediation: null },
    ...{ explanation: null, fingerprint: Buffer.from(resource.id).toString("hex").padStart(64, "0") },
  };
}

const summary = { resources: 1, pass: 0, fail: 1, unknown: 0, error: 0, waived: 0, durationMs: 5 };
const report = { summary };

/** Each finding changes: it opens, or is resolved. Gives how long each took from the commit, and from its verdict, in ms. */
async function changes(store, receipts, { count, kind }) {
  const recording = await store.beginScan({ targets: ["aws"], complete: false });
  const judged = new Map();
  for (let n = 0; n < count; n++) {
    const resource = resourceOf(`r${count}-${n}`, `of-${count}`);
    const verdict = verdictOf(resource, kind);
    await recording.resource(resource);
    judged.set(verdict.fingerprint, performance.now());
    await recording.verdict(verdict);
  }
  const ending = performance.now();
  const outcome = await recording.finish(report, []);
  const committed = performance.now();
  if (outcome.opened + outcome.reopened + outcome.resolved !== count) throw new Error(JSON.stringify(outcome));
  while (receipts.size < count) await sleep(20);
  const fromCommit = [...receipts.values()].map((at) => Math.max(0, at - committed));
  const fromVerdict = [...receipts].map(([fingerprint, at]) => at - judged.get(fingerprint));
  receipts.clear();
  return { fromCommit, fromVerdict, merge: committed - ending };
}

const percentile = (values, p) => values.toSorted((a, b) => a - b)[Math.ceil((values.length * p) / 100) - 1];
const shown = (values) => `p50 ${percentile(values, 50).toFixed(0)} ms, p99 ${percentile(values, 99).toFixed(0)} ms`;

async function measure(store, receipts) {
  await changes(store, receipts, { count: 50, kind: "fail" }); // connections and code are warm
  for (const [count, times] of [
    [1, rounds * 4],
    [100, rounds],
    [1_000, rounds],
    [10_000, 2],
  ]) {
    const all = { fromCommit: [], fromVerdict: [], merge: [] };
    for (let round = 0; round < times; round++) {
      const { fromCommit, fromVerdict, merge } = await changes(store, receipts, {
        count,
        kind: round % 2 ? "pass" : "fail",
      });
      all.fromCommit.push(...fromCommit);
      all.fromVerdict.push(...fromVerdict);
      all.merge.push(merge);
    }
    const merged = `merge ${percentile(all.merge, 50).toFixed(0)} ms`;
    console.log(
      `${count} changes, ${times} scans: from the commit ${shown(all.fromCommit)}; from the verdict ${shown(all.fromVerdict)}; ${merged}`,
    );
  }
}

const load = spawnSync("uptime", { encoding: "utf8" }).stdout.trim();
console.log(`Node ${process.version}; ${load}`);
const { startPulsar } = await loadTestServer("pulsar");
const pulsar = await startPulsar();
try {
  await withPostgres(async (databaseUrl) => {
    const { tenant, namespace, token } = await pulsar.createNamespace();
    const settings = { webSocketUrl: pulsar.webSocketUrl, tenant, namespace, tokenEnv: "TOKEN" };
    const connect = () => createPulsarWebSocketBus(pulsarAccess(settings, { TOKEN: token }), log);
    const [bus, consumer] = [connect(), connect()];
    const announcing = { broker: true, alerts: false, source: "/bench", links: {} };
    const store = await openStore({
      databaseUrl,
      dataDir: mkdtempSync(join(tmpdir(), "portcullis-bench-")),
      clock: systemClock,
      announcing,
    });
    const relay = createRelay({ outbox: store.outbox, bus, log, metrics: createMetrics("0"), holder: "bench" });
    const receipts = new Map();
    const options = {
      topics: ["compliance-alerts"],
      subscription: "bench",
      kind: "key-shared",
      prefetch: 1_000,
      ackTimeoutMs: 60_000,
    };
    await consumer.subscribe(options, (delivery) => {
      receipts.set(delivery.properties.subject, receipts.get(delivery.properties.subject) ?? performance.now());
      void delivery.ack();
    });
    await relay.start();
    await measure(store, receipts);
    await relay.stop(5_000);
    await store.close();
    await bus.close();
    await consumer.close();
  });
} finally {
  await pulsar.stop();
}
console.log(`at the end: ${spawnSync("uptime", { encoding: "utf8" }).stdout.trim()}`);
