// Processes that run actions die by SIGKILL at chosen points; new ones take over. `node bench/actions-kill.mjs` does all points.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startPostgres, type PostgresServer } from "./servers/postgres.js";
import { openMatrix, type KillMatrix } from "./testing/kill-matrix.mjs";

let server: PostgresServer;
let matrix: KillMatrix;
const pointsOf: Record<string, Promise<readonly string[]>> = {};
const root = mkdtempSync(join(tmpdir(), "portcullis-kills-"));

beforeAll(async () => {
  server = await startPostgres();
  matrix = await openMatrix(server.url, root);
});
afterAll(async () => {
  await matrix.close();
  await server.stop();
  rmSync(root, { recursive: true });
});

/** Where, as the number of the point among those with that label's beginning; the process that takes over dies at the last one. */
const kills: readonly [string, string, number, number][] = [
  ["run", "after transaction", 0, -1],
  ["run", "before-apply write-a", 0, -1],
  ["run", "after-apply write-a", 0, -1],
  ["run", "inside transaction", 3, 4],
  ["run", "verify write-c", 0, -1],
  ["fail", "after-apply write-c", 0, -1],
  ["fail", "before-rollback write-b", 0, 2],
  ["rollback", "after-rollback write-b", 0, -1],
];

test.each(kills)(
  "%s, killed at %s (%d): the world is before or after, and each change was decided",
  async (...kill) => {
    const [scenario, label, nth, again] = kill;
    const points = await (pointsOf[scenario] ??= matrix.points(scenario));
    const places = [...points.keys()].filter((index) => points[index]?.startsWith(label));
    const killed = await matrix.kill(scenario, places[nth] ?? -1, again);
    expect(killed).toMatchObject({ wasKilled: true, faults: [] });
    expect(killed.takeOvers).toBeGreaterThan(0);
  },
);

test.each([
  ["run-at-once", "after-apply write-c", -1],
  ["fail-at-once", "before-apply write-d", 5],
])("%s, killed at %s with three steps under way: each of them is looked at", async (...kill) => {
  const killed = await matrix.kill(...kill);
  expect(killed).toMatchObject({ wasKilled: true, where: kill[1], cut: 3, faults: [] });
  expect(killed.takeOvers).toBeGreaterThan(0);
});
