#!/usr/bin/env node
// The fault table of the service: a really started system (PostgreSQL, Apache Pulsar, serve, two workers, a receiver of webhooks) in
// which scans with changes run before, during and after each fault. Afterwards every change must have come, and nothing else.
//   node bench/service-faults.mjs [--only broker,database] [--logs FOLDER]       disk and disk-broker need root
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { compare, findingsOf, untilQuiet } from "./fault-checks.mjs";
import { mountSmallDisk, scanBody, startSystem, until } from "./faulty-system.mjs";
import { loadTestServer } from "./test-server.mjs";

const day = 86_400_000;
const downMs = 5_000;
const cutMs = 10_000;
const patienceMs = 240_000;

/** Each does its damage, mends it, and gives the moment from which on everything was there again. */
const faults = {
  broker: {
    title: "broker killed (-9), started again after 5 s",
    async strike({ pulsar }) {
      await pulsar.kill();
      await sleep(downMs);
      await pulsar.restart();
    },
  },
  database: {
    title: "database killed (-9), started again after 5 s",
    async strike({ postgres }) {
      await postgres.kill();
      await sleep(downMs);
      await postgres.restart();
    },
  },
  worker: {
    title: "worker killed (-9) in a shard, none in its place",
    strike: killBusyWorker,
  },
  serve: {
    title: "serve killed (-9), started again after 5 s",
    async strike(system) {
      system.serve.child.kill("SIGKILL");
      await system.serve.ended;
      await sleep(downMs);
      await system.startServe();
    },
  },
  "network-broker": {
    title: "network to the broker silent for 10 s",
    strike: ({ broker }) => silence([broker]),
  },
  "network-database": {
    title: "network to the database silent for 10 s",
    strike: ({ database }) => silence([database]),
  },
  network: {
    title: "all connections reset, nothing through for 10 s",
    async strike({ database, broker }) {
      for (const proxy of [database, broker]) proxy.cut();
      await silence([database, broker]);
      for (const proxy of [database, broker]) proxy.cut();
    },
  },
  disk: {
    title: "the database's disk full for 10 s",
    disk: { of: "postgres", size: "160m" },
    async strike({ postgres, disk, directUrl, query }) {
      disk.fill();
      await sleep(cutMs);
      disk.free();
      // A server that ended for want of room is started again, as its supervisor would.
      const answers = () =>
        query("select 1").then(
          () => true,
          () => false,
        );
      await until(answers, directUrl, 5_000).catch(() => postgres.restart());
    },
  },
  "disk-broker": {
    title: "the broker's disk full for 20 s",
    disk: { of: "pulsar", size: "1500m" },
    async strike({ disk }) {
      disk.fill();
      await sleep(2 * cutMs);
      disk.free();
    },
  },
  clock: {
    title: "clocks of serve and a worker a day ahead, of the other worker a day behind, for 20 s",
    async strike(system) {
      const [one, other] = system.workers;
      system.shift([system.serve, one], day);
      await sleep(500);
      system.shift([other], -day);
      await sleep(2 * cutMs);
      system.shift([system.serve, one, other], 0);
    },
  },
};

async function silence(proxies) {
  for (const proxy of proxies) proxy.freeze();
  await sleep(cutMs);
  for (const proxy of proxies) proxy.heal();
}

async function killBusyWorker(system) {
  const busy = "select worker from scan_shards where state = 'running' and worker is not null";
  const holds = (rows, { child }) => rows.some(({ worker }) => worker.includes(String(child.pid)));
  const victim = await until(
    async () => {
      const rows = await system.query(busy);
      return system.workers.find((one) => holds(rows, one));
    },
    "a worker in a shard",
    60_000,
  );
  victim.child.kill("SIGKILL");
  await victim.ended;
}

/** Asks for a scan of the next generation, again until it is taken, and waits until it has ended. */
async function scanOnce(system, ended) {
  const generation = ++system.state.generation;
  const key = randomUUID();
  const begun = performance.now();
  const taken = await until(
    async () => {
      const answer = await system.call("/v1/scans", { body: scanBody, key });
      if (answer.status === 202) return answer;
      if (answer.status >= 400 && answer.status < 500 && ![409, 429].includes(answer.status))
        throw new Error(`POST /v1/scans: ${answer.status} ${answer.text}`);
      await sleep(300);
      return null;
    },
    "a scan to be taken",
    patienceMs,
  );
  const { id } = taken.body;
  const scan = await until(
    async () => {
      await sleep(150);
      const { status, body } = await system.call(`/v1/scans/${id}`);
      if (status === 404) throw new Error(`scan ${id} is not there any more`);
      return status === 200 && body.state !== "running" ? body : null;
    },
    `the end of scan ${id}`,
    patienceMs,
  );
  ended.push({ id, generation, begun, ended: performance.now(), state: scan.state, outcome: scan.outcome });
}

/** Scans, one after the other, until it is told to stop. */
function scanning(system) {
  const ended = [];
  let isStopping = false;
  const work = (async () => {
    while (!isStopping) await scanOnce(system, ended);
  })();
  let failure = null;
  work.catch((error) => (failure = error));
  const untilEnded = (condition, what) =>
    until(
      () => {
        if (failure !== null) throw failure;
        return condition(ended);
      },
      what,
      2 * patienceMs,
    );
  const stop = () => {
    isStopping = true;
    return work;
  };
  return { ended, untilEnded, stop };
}

/** Undisturbed: what findings there are after each generation, once all have been seen; it comes round after three. */
async function undisturbed(servers) {
  const system = await startSystem(servers);
  try {
    const [ended, after] = [[], new Map()];
    while (system.state.generation < 6) {
      await scanOnce(system, ended);
      after.set(system.state.generation % 3, await findingsOf(system));
    }
    await untilQuiet(system);
    const changes = new Map(ended.map(({ generation, outcome }) => [generation, changesOf(outcome)]));
    return { after, changes, result: await compare(system) };
  } finally {
    await system.stop();
  }
}

const changesOf = (outcome) => outcome.opened + outcome.reopened + outcome.resolved;

async function suffer(name, servers, expected) {
  const fault = faults[name];
  const system = await startSystem(servers);
  system.disk = servers.disk;
  try {
    const scans = scanning(system);
    await scans.untilEnded(() => scans.ended.length >= 3, "scans before");
    await sleep(1_200); // in the midst of one
    const struck = performance.now();
    const eventsBefore = system.consumer.alerts.size;
    const scansBefore = scans.ended.length;
    await fault.strike(system);
    const back = performance.now();
    const ready = until(async () => (await system.call("/readyz")).status === 200, "readiness", patienceMs).then(() =>
      performance.now(),
    );
    const event = until(() => system.consumer.last > back, "an event", patienceMs).then(() => system.consumer.last);
    const [readyAt, eventAt] = await Promise.all([ready, event]);
    await scans.untilEnded(() => scans.ended.filter(({ begun }) => begun > back).length >= 2, "scans after");
    await scans.stop();
    await untilQuiet(system);
    const result = await compare(system);
    await checkAgainst(expected, { system, ended: scans.ended, result });
    const under = scans.ended[scansBefore];
    return {
      ...result,
      scans: [scansBefore, scans.ended.length],
      events: [eventsBefore, system.consumer.alerts.size],
      ready: (readyAt - back) / 1_000,
      recovery: (Math.max(readyAt, eventAt) - back) / 1_000,
      underWay: (under.ended - struck) / 1_000,
    };
  } finally {
    if (values.logs !== undefined) writeFileSync(join(values.logs, `${name}.log`), system.logs());
    await system.stop();
  }
}

/** As in the run in which nothing happened. A scan that could not read everything changes less, and says so. */
async function checkAgainst({ after, changes }, { system, ended, result }) {
  if ((await findingsOf(system)) !== after.get(system.state.generation % 3))
    result.wrong.push("findings differ from an undisturbed run");
  if (result.incomplete > 0) return;
  for (const { id, generation, outcome } of ended) {
    const wanted = changes.get(generation <= 6 ? generation : ((generation - 1) % 3) + 4);
    if (outcome === null || changesOf(outcome) !== wanted)
      result.wrong.push(
        `scan ${id} of generation ${generation} has ${JSON.stringify(outcome)}, undisturbed it has ${wanted} changes`,
      );
  }
}

const headings = [
  "fault",
  "scans before, in all",
  "events before, in all",
  "lost",
  "invented",
  "duplicates",
  "incomplete scans",
];
const times = ["scan under way ended after (s)", "ready after (s)", "recovery (s)", "else wrong"];
const line = (cells) => process.stdout.write(`| ${cells.join(" | ")} |\n`);

function print(title, { scans, events, lost, invented, duplicates, incomplete, underWay, ready, recovery, wrong }) {
  const seconds = [underWay, ready, recovery].map((one) => one.toFixed(1));
  const counts = [lost, invented, duplicates, incomplete];
  line([
    title,
    scans.join(", "),
    events.join(", "),
    ...counts,
    ...seconds,
    wrong.length === 0 ? "nothing" : wrong.join("; "),
  ]);
}

const { values } = parseArgs({ options: { only: { type: "string" }, logs: { type: "string" } } });
const wanted = values.only?.split(",") ?? Object.keys(faults);
for (const name of wanted)
  if (!Object.hasOwn(faults, name)) throw new Error(`${name}: expected ${Object.keys(faults).join(", ")}`);
const { startPostgres } = await loadTestServer("postgres");
const { startPulsar } = await loadTestServer("pulsar");
const starters = { postgres: startPostgres, pulsar: startPulsar };

/** The server on a small disk of its own, for faults of disks. */
async function withOwn({ of, size }, servers, work) {
  const disk = mountSmallDisk(size);
  try {
    const server = await disk.inFolder(starters[of]);
    try {
      return await work({ ...servers, disk, [of]: server });
    } finally {
      await server.stop();
    }
  } finally {
    disk.release();
  }
}

let isWrong = false;
async function main(servers) {
  const expected = await undisturbed(servers);
  const { lost, invented, wrong, changes } = expected.result;
  if (lost + invented + wrong.length > 0) throw new Error(`undisturbed: ${JSON.stringify(expected.result)}`);
  process.stdout.write(`undisturbed: 6 scans, ${changes} changes of findings; load ${loadavg()[0].toFixed(1)}\n\n`);
  line([...headings, ...times]);
  line([...headings, ...times].map(() => "---"));
  for (const name of wanted) {
    const { title, disk } = faults[name];
    const run = (given) => suffer(name, given, expected);
    try {
      const result = await (disk === undefined ? run(servers) : withOwn(disk, servers, run));
      print(title, result);
      isWrong ||= result.lost + result.invented + result.wrong.length > 0;
    } catch (error) {
      isWrong = true;
      line([title, `did not come to its end: ${error.message}`]);
    }
  }
}

const servers = { postgres: await startPostgres(), pulsar: null };
try {
  servers.pulsar = await startPulsar();
  await main(servers);
} finally {
  await servers.pulsar?.stop();
  await servers.postgres.stop();
}
process.stdout.write(`\nload at the end: ${loadavg()[0].toFixed(1)}\n`);
process.exit(isWrong ? 1 : 0);
