// The audit trail under several processes, and when processes and servers die: nothing that was acknowledged is ever lost.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Audit } from "../src/audit/database-trail.js";
import { packageFile } from "../src/package-root.js";
import { openStore, type Store } from "../src/store/store.js";
import { startPostgres } from "./servers/postgres.js";
import { stepClock } from "./testing/store.js";

const folder = mkdtempSync(join(tmpdir(), "portcullis-audit-processes-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Writer {
  readonly child: ChildProcess;
  /** Resolves when so many were acknowledged. */
  acknowledged(count: number): Promise<void>;
  /** Number and name of each entry that was acknowledged, when the process has ended. */
  readonly done: Promise<readonly string[]>;
}

function startWriter(databaseUrl: string, dataDir: string, [name, count, together]: [string, number, number]): Writer {
  const script = packageFile("test", "testing", "audit-writer.mjs");
  const args = [script, databaseUrl, dataDir, name, String(count), String(together)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  let waiting: { readonly count: number; readonly resolve: () => void } | null = null;
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
    if (waiting !== null && lines().length >= waiting.count) waiting.resolve();
  });
  child.stderr.resume();
  // What a killed process did not finish to write was not acknowledged to anybody.
  const lines = (): string[] =>
    text
      .slice(0, text.lastIndexOf("\n") + 1)
      .split("\n")
      .filter((line) => line !== "");
  const done = new Promise<readonly string[]>((resolve) => {
    child.on("close", () => {
      resolve(lines());
    });
  });
  return { child, done, acknowledged: (wanted) => new Promise((resolve) => (waiting = { count: wanted, resolve })) };
}

const open = (databaseUrl: string | null, dataDir: string): Promise<Store> =>
  openStore({ databaseUrl, dataDir, clock: stepClock() });

async function written(audit: Audit): Promise<string[]> {
  const entries: string[] = [];
  for await (const { seq, event } of audit.entries({ from: null, to: null, kinds: ["test."] }))
    entries.push(`${seq} ${event.subject}`);
  return entries;
}

async function expectProved(audit: Audit): Promise<void> {
  await audit.checkpoint();
  const { status, problems, covered, head } = await audit.verify({ kept: [], trusted: null });
  expect([status, problems, covered]).toEqual(["proved", [], head.seq]);
}

test("four processes at once: one chain, every entry in it", async () => {
  const server = await startPostgres();
  try {
    const dataDir = join(folder, "four");
    const writers = [0, 1, 2, 3].map((n) => startWriter(server.url, dataDir, [`w${n}`, 500, 50]));
    const acknowledged = (await Promise.all(writers.map(({ done }) => done))).flat();
    expect(acknowledged).toHaveLength(2_000);
    const store = await open(server.url, dataDir);
    expect((await written(store.audit)).sort()).toEqual(acknowledged.sort());
    await expectProved(store.audit);
    await store.close();
  } finally {
    await server.stop();
  }
});

test.each(["PostgreSQL", "PGlite"])("a writer that is killed, %s: what it was told is kept", async (kind) => {
  const server = kind === "PostgreSQL" ? await startPostgres() : null;
  try {
    const dataDir = join(folder, `killed-${kind}`);
    for (const round of [1, 2]) {
      const writer = startWriter(server?.url ?? "", dataDir, [`round${round}`, 1_000_000, 20]);
      await writer.acknowledged(40 * round);
      writer.child.kill("SIGKILL");
      const acknowledged = await writer.done;
      const store = await open(server?.url ?? null, dataDir);
      expect(await written(store.audit)).toEqual(expect.arrayContaining([...acknowledged]));
      await expectProved(store.audit);
      await store.close();
    }
  } finally {
    await server?.stop();
  }
});

test("a server that is killed and comes back in the middle of appends", async () => {
  const server = await startPostgres();
  try {
    const dataDir = join(folder, "server");
    const store = await open(server.url, dataDir);
    const writer = startWriter(server.url, dataDir, ["w", 2_000_000, 20]);
    await writer.acknowledged(200);
    await server.kill();
    await server.restart();
    const { length: before } = await written(store.audit);
    await writer.acknowledged(before + 500);
    writer.child.kill("SIGKILL");
    const acknowledged = await writer.done;
    const kept = new Set(await written(store.audit));
    expect(acknowledged.filter((line) => !kept.has(line))).toEqual([]);
    expect(kept.size).toBeGreaterThanOrEqual(acknowledged.length);
    await expectProved(store.audit);
    await store.close();
  } finally {
    await server.stop();
  }
});
