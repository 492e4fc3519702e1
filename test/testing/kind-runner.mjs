// As action-runner.mjs, for the real kinds of action: DATABASE_URL, portcullis.yaml's content as JSON, the endpoint of AWS, `run` or
// `recover`, the action's id, and the number of the point at which SIGKILL ends the process, or -1. Prints each point as a line.
import { createActions } from "../../dist/src/actions/create-actions.js";
import { openKinds } from "../../dist/src/actions/kinds.js";
import { systemClock } from "../../dist/src/clock.js";
import { createStore } from "../../dist/src/store/store.js";
import { allowingGate } from "./allowing-gate.mjs";
import { killPoints } from "./kill-points.mjs";

const [databaseUrl, config, endpointUrl, verb, id, killAt] = process.argv.slice(2);
const { point, database, begin, end } = await killPoints(databaseUrl, Number(killAt));

/** A process that is killed while it waits for an API or a program leaves that to end by itself, or not. */
function pointed(kind) {
  const around =
    (name) =>
    async (step, ...rest) => {
      point(`before ${name} ${step.id}`);
      const working = kind[name](step, ...rest);
      working.catch(() => undefined);
      if (name === "apply") {
        await new Promise((resolve) => setTimeout(resolve, 20));
        point(`inside ${name} ${step.id}`);
      }
      const result = await working;
      point(`after ${name} ${step.id}`);
      return result;
    };
  const { kind: name, module, title, parameters, permissions, onFailure, atOnce = 1 } = kind;
  return {
    ...{ kind: name, module, title, parameters, permissions, onFailure, atOnce },
    plan: (...given) => kind.plan(...given),
    verify: (...given) => kind.verify(...given),
    ...{ inspect: around("inspect"), apply: around("apply"), rollback: around("rollback") },
  };
}

const store = await createStore(database, systemClock);
const opened = await openKinds({ store, config: JSON.parse(config), clock: systemClock, endpointUrl });
const kinds = new Map([...opened.kinds].map(([name, kind]) => [name, pointed(kind)]));
const actions = createActions({
  ...{ journal: store.actions, gate: allowingGate(), kinds, clock: systemClock },
  ...{ settings: { limits: { breaker: 1_000 } }, eventsOf: () => [] },
});
const caller = await store.audit.caller();
begin();
if (verb === "run") await actions.run(id, caller);
else await actions.recover();
end();
await actions.close();
await opened.close();
await store.close();
