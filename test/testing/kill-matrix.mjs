// Kills a process that runs an action at one point after another, has new processes take over what it left, and says what came of it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createActions } from "../../dist/src/actions/create-actions.js";
import { systemClock } from "../../dist/src/clock.js";
import { openPostgres } from "../../dist/src/store/postgres.js";
import { createStore } from "../../dist/src/store/store.js";
import { allowingGate } from "./allowing-gate.mjs";
import { estateKind } from "./estate-kind.mjs";

const runner = fileURLToPath(new URL("action-runner.mjs", import.meta.url));

const alone = { names: ["a", "b", "c"], atOnce: 1 };
/** The first is the canary, the others are under way at once. */
const atOnce = { names: ["a", "b", "c", "d"], atOnce: 3 };

/** `run`: to success. `fail`: one step fails, and all is rolled back. `rollback`: of what succeeded. Then with three steps at once. */
const stories = {
  run: alone,
  fail: { ...alone, failing: "write-c" },
  rollback: alone,
  "run-at-once": atOnce,
  "fail-at-once": { ...atOnce, failing: "write-c" },
  "rollback-at-once": atOnce,
};
export const scenarios = Object.keys(stories);

export async function openMatrix(databaseUrl, root) {
  const database = await openPostgres(databaseUrl);
  const store = await createStore(database, systemClock);
  let number = 0;
  return {
    database,
    /** The labels of all points of a scenario. */
    async points(scenario) {
      const { lines } = await attempt({ databaseUrl, root, store, number: number++ }, { scenario, killAt: -1 });
      return lines;
    },
    /** Kills at a point, and at another one of the process that takes over where it is given. */
    async kill(scenario, killAt, againAt = -1) {
      const context = { databaseUrl, root, store, number: number++ };
      const first = await attempt(context, { scenario, killAt });
      const { steps } = await store.actions.get(first.id);
      const cut = steps.filter(({ state }) => state === "applying" || state === "rolling-back").length;
      const takeOvers = await takenOver({ ...context, database, folder: first.folder, againAt, scenario });
      const { state, faults } = await outcome({ store, database, folder: first.folder, id: first.id, scenario });
      const wasKilled = first.signal === "SIGKILL";
      return { scenario, where: first.lines.at(-1), wasKilled, cut, takeOvers, state, faults };
    },
    async close() {
      await store.close();
    },
  };
}

async function attempt({ databaseUrl, root, store, number }, { scenario, killAt }) {
  const folder = join(root, `${scenario}-${number}`);
  mkdirSync(folder);
  for (const name of stories[scenario].names) writeFileSync(join(folder, `${name}.json`), '{"value":"old"}');
  const { id } = await asked(store, folder, scenario);
  const verb = isRollback(scenario) ? "rollback" : "run";
  const { lines, signal } = await start([databaseUrl, folder, verb, id, ...howOf(scenario), String(killAt)]);
  return { folder, id, lines, signal };
}

async function asked(store, folder, scenario) {
  const kind = estateKind(folder);
  const actions = createActions({
    ...{ journal: store.actions, gate: allowingGate(), kinds: new Map([[kind.kind, kind]]), clock: systemClock },
    ...{ settings: { limits: { breaker: 1_000 } }, eventsOf: () => [] },
  });
  const caller = await store.audit.caller();
  const requester = { ...caller.actor, roles: [] };
  const request = { kind: kind.kind, parameters: { names: stories[scenario].names, value: "new" }, reason: null };
  const action = await actions.request(request, requester, caller);
  return isRollback(scenario) ? actions.run(action.id, caller) : action;
}

const isRollback = (scenario) => scenario.startsWith("rollback");
/** Which step fails, and how many are under way at once. */
const howOf = (scenario) => [stories[scenario].failing ?? "-", String(stories[scenario].atOnce)];

/** Each time by a new process, which may be killed once more. As if the lease had lapsed: nobody waits for it here. */
async function takenOver({ databaseUrl, database, folder, scenario, againAt }) {
  const lapse =
    "update actions set lease = clock_timestamp() - interval '1 second' where lease is not null returning 1";
  let count = 0;
  for (; (await database.query(lapse)).length > 0; count++) {
    if (count > 4) throw new Error("taken over five times, and it still runs");
    const killAt = count === 0 ? againAt : -1;
    await start([databaseUrl, folder, "recover", "-", ...howOf(scenario), String(killAt)]);
  }
  return count;
}

async function start(args) {
  const child = spawn(process.execPath, [runner, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let [out, errors] = ["", ""];
  child.stdout.on("data", (data) => (out += data));
  child.stderr.on("data", (data) => (errors += data));
  const [code, signal] = await once(child, "close");
  if (signal !== "SIGKILL" && code !== 0) throw new Error(`the process ended with ${code}: ${errors}`);
  return { lines: out.trim().split("\n"), signal };
}

async function outcome({ store, database, folder, id, scenario }) {
  const { state } = await store.actions.get(id);
  const faults = [];
  const values = stories[scenario].names.map(
    (name) => JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")).value,
  );
  const wanted = { ready: "old", "rolled-back": "old", succeeded: "new" }[state];
  if (wanted === undefined) faults.push(`it ended as ${state}`);
  if (values.some((value) => value !== wanted)) faults.push(`it is ${state}, and the files say ${values.join()}`);
  if (scenario.startsWith("fail") && state === "succeeded" && !values.every((value) => value === "new"))
    faults.push("what failed succeeded");
  const log = join(folder, "effects.log");
  const effects = existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [];
  if (new Set(effects).size !== effects.length) faults.push(`something was done twice: ${effects.join(", ")}`);
  faults.push(...(await undecided(store, id, effects)));
  const held = await database.query("select 1 from actions where lease is not null");
  if (held.length > 0) faults.push("the target is still locked");
  return { state, faults };
}

/** Every effect has its entry in the trail, with a decision. */
async function undecided(store, id, effects) {
  const told = new Set();
  for await (const { event } of store.audit.entries({ from: null, to: null, kinds: ["action."] }))
    if (event.subject === id && event.decision !== null) told.add(`${event.kind} ${event.details.step}`);
  return effects.flatMap((effect) => {
    const [name, value] = effect.split(" ");
    const entry = `action.step-${value === "new" ? "applying" : "rolling-back"} write-${name}`;
    return told.has(entry) ? [] : [`${effect} without a decision in the trail`];
  });
}
