// Kills a process that runs an action at every point of it, in six stories, and the process that takes over as well; prints where, how
// many steps were cut in the middle, and what came of it: node bench/actions-kill.mjs [--scenarios run-at-once,fail-at-once] [--every N]
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openMatrix, scenarios as all } from "../test/testing/kill-matrix.mjs";
import { withPostgres } from "./postgres.mjs";

const { values: flags } = parseArgs({
  options: { scenarios: { type: "string", default: all.join(",") }, every: { type: "string", default: "1" } },
});
const scenarios = flags.scenarios.split(",");
const rows = [];
await withPostgres(async (url) => {
  const root = mkdtempSync(join(tmpdir(), "portcullis-kills-"));
  const matrix = await openMatrix(url, root);
  for (const scenario of scenarios) {
    const points = await matrix.points(scenario);
    for (const [index] of points.entries()) {
      if (index % Number(flags.every) !== 0) continue;
      rows.push(await matrix.kill(scenario, index));
      // Every third time the process that takes over dies as well.
      if (index % 3 === 1) rows.push({ ...(await matrix.kill(scenario, index, index % 7)), twice: true });
      const { where, state, cut, takeOvers, faults, twice } = rows.at(-1);
      console.log(
        `${scenario}\t${where}${twice ? " (twice)" : ""}\t${cut} cut\t${takeOvers}\t${state}\t${faults.join("; ")}`,
      );
    }
  }
  await matrix.close();
  rmSync(root, { recursive: true });
});
const count = (filter) => rows.filter(filter).length;
for (const scenario of scenarios) {
  const of = (state) => count((row) => row.scenario === scenario && row.state === state);
  console.log(`${scenario}: ready ${of("ready")}, succeeded ${of("succeeded")}, rolled back ${of("rolled-back")}`);
  const several = count((row) => row.scenario === scenario && row.cut > 1);
  if (several > 0) console.log(`${scenario}: ${several} of them with two or three steps cut in the middle`);
}
const kills = count((row) => row.wasKilled) + count((row) => row.twice === true && row.takeOvers > 1);
console.log(`${kills} kills, ${count((row) => row.faults.length > 0)} faults`);
process.exitCode = count((row) => row.faults.length > 0) > 0 ? 1 : 0;
