// Appends to the audit trail of a database, from a process of its own, and prints the number of each entry that was
// acknowledged: DATABASE_URL or a data folder, a name, how many entries, how many at once.
import { openStore } from "../../dist/src/store/store.js";

const [databaseUrl, dataDir, name, count, together] = process.argv.slice(2);
const clock = { now: () => new Date(), newId: () => globalThis.crypto.randomUUID() };
const { audit, close } = await openStore({ databaseUrl: databaseUrl === "" ? null : databaseUrl, dataDir, clock }).then(
  (store) => ({ audit: store.audit, close: () => store.close() }),
);
const { actor, origin } = await audit.caller();
const event = (n) => ({
  ...{ at: new Date().toISOString(), kind: "test.appended", actor, origin, subject: `${name}-${n}`, decision: null },
  details: { n },
});

let next = 0;
async function worker() {
  while (next < Number(count)) {
    const n = next++;
    try {
      const { seq } = await audit.append(event(n));
      process.stdout.write(`${seq} ${name}-${n}\n`);
    } catch (error) {
      process.stderr.write(`${error.code} ${name}-${n}\n`);
    }
  }
}
await Promise.all(Array.from({ length: Number(together) }, worker));
await close();
