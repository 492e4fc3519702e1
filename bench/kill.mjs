#!/usr/bin/env node
// Ends processes with kill -9 at random moments while they scan, append to the audit trail and export evidence, and looks
// each time whether everything that they acknowledged is there, whole, and nothing half.
//   node bench/kill.mjs [KILLS] [pglite|postgres]
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { systemClock } from "../dist/src/clock.js";
import { openStore } from "../dist/src/store/store.js";
import { withPostgres } from "./postgres.mjs";

const kills = Number(process.argv[2] ?? 200);
let databaseUrl = null;
const folder = mkdtempSync(join(tmpdir(), "portcullis-kill-"));
const dataDir = join(folder, "store");
const program = fileURLToPath(new URL("../dist/src/cli/main.js", import.meta.url));
const ever = { from: "2000-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z" };
const faults = [];

const place = ["--data-dir", dataDir];
const { DATABASE_URL: _, ...environment } = process.env;

function check(isTrue, what) {
  if (isTrue) return;
  faults.push(what);
  process.stderr.write(`FAULT: ${what}\n`);
}

/** Starts the process and kills it after a random part of `longest`; gives what it wrote. */
async function killed(args, longest) {
  const child = spawn(process.execPath, args, { cwd: folder, env: environment, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const ended = once(child, "close");
  await Promise.race([sleep(Math.random() * longest), ended]);
  const wasKilled = child.kill("SIGKILL");
  await ended;
  return { output, wasKilled };
}

async function withStore(work) {
  const store = await openStore({ databaseUrl, dataDir, clock: systemClock });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function verifiesTrail(store, when) {
  const { status, problems } = await store.audit.verify({ kept: [], trusted: null });
  check(status !== "tampered", `the audit trail does not verify ${when}: ${JSON.stringify(problems)}`);
}

async function timeOf(args) {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, env: environment, encoding: "utf8" });
  check(status === 0 || status === 1, `${args.slice(1, 3).join(" ")} ended with ${status}: ${stderr}`);
  return performance.now() - started;
}

const totals = { scans: [0, 0, 0], audit: [0, 0, 0], exports: [0, 0, 0] };
function count(phase, { wasKilled, acknowledged }) {
  totals[phase][0]++;
  if (wasKilled) totals[phase][1]++;
  totals[phase][2] += acknowledged;
}

async function scans(times) {
  const args = [program, "scan", "--provider", "sample", "--format", "json", ...place];
  const longest = await timeOf(args);
  let acknowledged = 1;
  for (let n = 0; n < times; n++) {
    const { output, wasKilled } = await killed(args, longest);
    const isDone = /findings: \d+ new/.test(output);
    if (isDone) acknowledged++;
    count("scans", { wasKilled, acknowledged: isDone ? 1 : 0 });
    await withStore(async (store) => {
      const finished = (await store.history.scans(ever)).filter(({ status }) => status === "finished");
      check(finished.length >= acknowledged, `${acknowledged} scans were acknowledged, ${finished.length} are there`);
      check(finished.length <= n + 2, `there are more scans than were begun: ${finished.length} of ${n + 2}`);
      acknowledged = finished.length;
      const last = finished.at(-1);
      let resources = 0;
      for await (const _ of store.history.population(last)) resources++;
      check(
        resources === last.summary.resources,
        `the last scan saw ${last.summary.resources}, the history has ${resources}`,
      );
      const { findings } = await store.listFindings({ status: "open", limit: 10_000 });
      check(
        findings.every(({ lastScan }) => lastScan === last.id),
        "a finding is older than the scan that saw it",
      );
      await verifiesTrail(store, "after a scan");
    });
  }
}

const appender = `
  import { systemClock } from ${JSON.stringify(new URL("../dist/src/clock.js", import.meta.url).href)};
  import { openStore } from ${JSON.stringify(new URL("../dist/src/store/store.js", import.meta.url).href)};
  const [databaseUrl, dataDir] = JSON.parse(process.argv[1]);
  const store = await openStore({ databaseUrl, dataDir, clock: systemClock });
  const by = await store.audit.caller();
  for (let n = 0; ; n += 50) {
    const events = Array.from({ length: 50 }, (_, at) => ({ at: systemClock.now().toISOString(), kind: "test.appended", ...by,
      subject: String(n + at), decision: null, details: { process: process.pid } }));
    const receipts = await Promise.all(events.map((event) => store.audit.append(event)));
    process.stdout.write(receipts.map(({ seq, hash }) => seq + " " + hash + "\\n").join(""));
  }`;

async function appends(times) {
  const args = ["--input-type=module", "-e", appender, JSON.stringify([databaseUrl, dataDir])];
  for (let n = 0; n < times; n++) {
    const { output, wasKilled } = await killed(args, 6_000);
    const receipts = output.split("\n").filter((line) => /^\d+ [0-9a-f]{64}$/.test(line));
    count("audit", { wasKilled, acknowledged: receipts.length });
    await withStore(async (store) => {
      for (const line of receipts) {
        const [seq, hash] = line.split(" ");
        const entry = await store.audit.entry(Number(seq));
        check(entry?.hash === hash, `the entry ${seq} was acknowledged and is not there`);
      }
      await verifiesTrail(store, "after appends");
    });
  }
}

async function exportsOf(times) {
  const out = join(folder, "evidence.zip");
  const key = join(dataDir, "audit", "key.pem");
  const args = [program, "evidence", "export", "--baseline", "soc2", "--output", out, ...place];
  const longest = await timeOf(args);
  rmSync(out);
  for (let n = 0; n < times; n++) {
    const { output, wasKilled } = await killed(args, longest);
    const isThere = existsSync(out);
    const isAcknowledged = /evidence.zip/.test(output);
    check(isThere || !isAcknowledged, "a package was acknowledged and is not there");
    if (isThere) {
      const verified = spawnSync(process.execPath, [program, "evidence", "verify", out, "--key", publicKey(key)], {
        cwd: folder,
        env: environment,
        encoding: "utf8",
      });
      check(verified.status === 0, `a package that is there does not verify: ${verified.stdout}${verified.stderr}`);
      rmSync(out);
    }
    count("exports", { wasKilled, acknowledged: isThere ? 1 : 0 });
  }
  // Once: the trail is long by now.
  await withStore((store) => verifiesTrail(store, "after the exports"));
  const left = readdirSync(folder).filter((name) => name.endsWith(".zip"));
  check(left.length === 0, `half packages with the name of whole ones: ${left.join(", ")}`);
}

function publicKey(key) {
  const file = join(folder, "public.pem");
  spawnSync("openssl", ["pkey", "-in", key, "-pubout", "-out", file]);
  return file;
}

const third = Math.ceil(kills / 3);
const started = performance.now();

async function bench(url) {
  databaseUrl = url;
  if (url !== null) place.push("--database-url", url);
  try {
    await scans(third);
    await appends(third);
    await exportsOf(kills - 2 * third);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const where = url === null ? "embedded store" : "PostgreSQL";
  for (const [phase, [begun, hit, acknowledged]] of Object.entries(totals))
    console.log(`${phase.padEnd(8)} ${begun} begun, ${hit} killed, ${acknowledged} acknowledged (${where})`);
  console.log(`${faults.length} faults, ${((performance.now() - started) / 1000).toFixed(0)} s`);
}

if (process.argv[3] === "postgres") await withPostgres(bench);
else await bench(null);
process.exitCode = faults.length === 0 ? 0 : 1;
