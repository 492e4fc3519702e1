// Kills a process that runs an action at every point of it, in three stories, and the process that takes over as well; prints where,
// and what came of it: node bench/actions-kill.mjs
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openMatrix, scenarios } from "../test/testing/kill-matrix.mjs";
import { withPostgres } from "./postgres.mjs";

const rows = [];
await withPostgres(async (url) => {
  const root = mkdtempSync(join(tmpdir(), "portcullis-kills-"));
  const matrix = await openMatrix(url, root);
  for (const scenario of scenarios) {
    const points = await matrix.points(scenario);
    for (const [index] of points.entries()) {
      rows.push(await matrix.kill(scenario, index));
      // Every third time the process that takes over dies as well.
      if (index % 3 === 1) rows.push({ ...(await matrix.kill(scenario, index, index % 7)), twice: true });
      const { where, state, takeOvers, faults, twice } = rows.at(-1);
      console.log(`${scenario}\t${where}${twice ? " (twice)" : ""}\t${takeOvers}\t${state}\t${faults.join("; ")}`);
    }
  }
  await matrix.close();
  rmSync(root, { recursive: true });
});
const count = (filter) => rows.filter(filter).length;
for (const scenario of scenarios) {
  const of = (state) => count((row) => row.scenario === scenario && row.state === state);
  console.log(`${scenario}: ready ${of("ready")}, succeeded ${of("succeeded")}, rolled back ${of("rolled-back")}`);
}
const kills = count((row) => row.wasKilled) + count((row) => row.twice === true && row.takeOvers > 1);
console.log(`${kills} kills, ${count((row) => row.faults.length > 0)} faults`);
process.exitCode = count((row) => row.faults.length > 0) > 0 ? 1 : 0;
