// Audit appends a second: node bench/audit.mjs [seconds]. On PostgreSQL with one and with four processes at once (a fresh
// server of this machine, which waits for its disk at each commit), and on the embedded store. Needs a build.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withPostgres } from "./postgres.mjs";

const own = fileURLToPath(import.meta.url);
const event = (n) => ({
  ...{ at: new Date().toISOString(), kind: "action.applied", actor: { name: "ada", source: "token" } },
  ...{ origin: "10.1.2.3", subject: `action-${n}`, decision: `decision-${n}` },
  details: {
    policy: "aws-s3-block-public-access",
    resource: `arn:aws:s3:::bucket-${n}`,
    verdict: "fail",
    text: "x".repeat(200),
  },
});

/** Appends for so long, as many at once as a busy service has, and prints how many were acknowledged. */
async function write(databaseUrl, dataDir, seconds) {
  const { openStore } = await import("../dist/src/store/store.js");
  const clock = { now: () => new Date(), newId: () => globalThis.crypto.randomUUID() };
  const store = await openStore({ databaseUrl: databaseUrl === "" ? null : databaseUrl, dataDir, clock });
  const start = performance.now();
  let count = 0;
  const worker = async () => {
    while (performance.now() - start < seconds * 1_000) {
      await store.audit.append(event(count));
      count++;
    }
  };
  await Promise.all(Array.from({ length: 500 }, worker));
  const took = (performance.now() - start) / 1_000;
  await store.close();
  process.stdout.write(JSON.stringify({ count, took }));
}

async function verify(databaseUrl, dataDir) {
  const { openStore } = await import("../dist/src/store/store.js");
  const clock = { now: () => new Date(), newId: () => globalThis.crypto.randomUUID() };
  const store = await openStore({ databaseUrl: databaseUrl === "" ? null : databaseUrl, dataDir, clock });
  const start = performance.now();
  const { status, entries } = await store.audit.verify({ kept: [], trusted: null });
  const seconds = (performance.now() - start) / 1_000;
  await store.close();
  return `${status}: ${entries} entries in ${seconds.toFixed(1)} s`;
}

async function measure(name, processes, databaseUrl, dataDir, seconds) {
  const load = loadavg()[0].toFixed(1);
  const results = await Promise.all(
    Array.from({ length: processes }, async () => {
      const child = spawn(process.execPath, [own, "write", databaseUrl, dataDir, seconds], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let text = "";
      child.stdout.on("data", (chunk) => (text += chunk));
      await once(child, "close");
      return JSON.parse(text);
    }),
  );
  const rate = results.reduce((sum, { count, took }) => sum + count / took, 0);
  console.log(
    `${name}, ${processes} process(es): ${Math.round(rate)} appends/s (load before ${load}); ${await verify(databaseUrl, dataDir)}`,
  );
}

const [command, ...args] = process.argv.slice(2);
if (command === "write") await write(args[0], args[1], Number(args[2]));
else {
  const seconds = command ?? "8";
  const dataDir = mkdtempSync(join(tmpdir(), "portcullis-bench-"));
  try {
    await withPostgres(async (url) => {
      await measure("PostgreSQL", 1, url, dataDir, seconds);
      await measure("PostgreSQL", 4, url, dataDir, seconds);
    });
    await measure("PGlite", 1, "", dataDir, seconds);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}
