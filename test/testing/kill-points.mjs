// Points at which a process dies where it is told to: inside and around each transaction of its database, and wherever `point` is called.
// Prints each as a line. Nothing counts before `begin`. A point is given by its number, or by its label: then it is the first of that.
import { writeSync } from "node:fs";
import { openPostgres } from "../../dist/src/store/postgres.js";

export async function killPoints(databaseUrl, killAt) {
  let [count, transactions, isOn] = [0, 0, false];
  const point = (label) => {
    if (!isOn) return;
    writeSync(1, `${label}\n`);
    if (count++ === killAt || label === killAt) process.kill(process.pid, "SIGKILL");
  };
  const database = await openPostgres(databaseUrl);
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
  return {
    point,
    database: watched,
    begin() {
      [transactions, isOn] = [0, true];
    },
    end() {
      isOn = false;
    },
  };
}
