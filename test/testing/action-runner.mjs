// A process that runs actions on files, and dies where it is told to: DATABASE_URL, the folder of the files, what to do (`run ID`,
// `rollback ID` or `recover`), the step whose apply fails or "-", how many steps are under way at once, and the number or label of the point
// at which SIGKILL ends it, or -1. Points are before, inside and after each transaction, and around everything that the kind of action
// does. Prints each as a line.
import { createActions } from "../../dist/src/actions/create-actions.js";
import { systemClock } from "../../dist/src/clock.js";
import { createStore } from "../../dist/src/store/store.js";
import { estateKind } from "./estate-kind.mjs";
import { allowingGate } from "./allowing-gate.mjs";
import { killPoints } from "./kill-points.mjs";

const [databaseUrl, folder, verb, id, failing, atOnce, killAt] = process.argv.slice(2);
const { point, database, begin, end } = await killPoints(databaseUrl, /^-?\d+$/.test(killAt) ? Number(killAt) : killAt);
/** Those that may be under way at once wait for each other, for a moment: some of them may be done already. */
let count = 0;
let meet;
const met = new Promise((resolve) => (meet = resolve));

const store = await createStore(database, systemClock);
const at = async (where, step) => {
  if (Number(atOnce) > 1 && where === "before-apply" && step !== "write-a") {
    if (++count >= Number(atOnce)) meet();
    await Promise.race([met, new Promise((resolve) => setTimeout(resolve, 500))]);
  }
  point(`${where} ${step}`);
  if (where === "after-apply" && step === failing) throw new Error("the step is made to fail");
};
const kind = estateKind(folder, { at, atOnce: Number(atOnce) });
const actions = createActions({
  ...{ journal: store.actions, gate: allowingGate(), kinds: new Map([[kind.kind, kind]]), clock: systemClock },
  ...{ settings: { limits: { breaker: 1_000 } }, eventsOf: () => [] },
});
const caller = await store.audit.caller();
begin();
if (verb === "run") await actions.run(id, caller);
else if (verb === "rollback") await actions.rollback(id, "a test", caller);
else await actions.recover();
end();
await actions.close();
await store.close();
