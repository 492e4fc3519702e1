// A process that runs actions on files, and dies where it is told to: DATABASE_URL, the folder of the files, what to do (`run ID`,
// `rollback ID` or `recover`), the step whose apply fails or "-", and the number of the point at which SIGKILL ends it, or -1. Points
// are before, inside and after each transaction, and around everything that the kind of action does. Prints each as a line.
import { writeSync } from "node:fs";
import { createActions } from "../../dist/src/actions/create-actions.js";
import { systemClock } from "../../dist/src/clock.js";
import { openPostgres } from "../../dist/src/store/postgres.js";
import { createStore } from "../../dist/src/store/store.js";
import { estateKind } from "./estate-kind.mjs";
import { allowingGate } from "./allowing-gate.mjs";

const [databaseUrl, folder, verb, id, failing, killAt] = process.argv.slice(2);
let count = 0;
let isOn = false;

function point(label) {
  if (!isOn) return;
  writeSync(1, `${label}\n`);
  if (count++ === Number(killAt)) process.kill(process.pid, "SIGKILL");
}

const database = await openPostgres(databaseUrl);
let transactions = 0;
const watched = {
  ...database,
  async transaction(work) {
    const number = transactions++;
    point(`before transaction ${number}`);
    const result = await database.transaction(async (session) => {
      const done = await work(session);
      point(`inside transaction ${number}`);
      return done;
    });
    point(`after transaction ${number}`);
    return result;
  },
};

const store = await createStore(watched, systemClock);
const at = async (where, step) => {
  point(`${where} ${step}`);
  if (where === "after-apply" && step === failing) throw new Error("the step is made to fail");
};
const kind = estateKind(folder, { at });
const actions = createActions({
  ...{ journal: store.actions, gate: allowingGate(), kinds: new Map([[kind.kind, kind]]), clock: systemClock },
  ...{ settings: { limits: { breaker: 1_000 } }, eventsOf: () => [] },
});
const caller = await store.audit.caller();
transactions = 0;
isOn = true;
if (verb === "run") await actions.run(id, caller);
else if (verb === "rollback") await actions.rollback(id, "a test", caller);
else await actions.recover();
isOn = false;
await actions.close();
await store.close();
