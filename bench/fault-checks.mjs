// What is compared when a system that had a fault is quiet again: the database, the broker's consumer and the webhook's receiver.
import { setTimeout as sleep } from "node:timers/promises";
import { until } from "./faulty-system.mjs";

/** Nothing waits to be sent any more, and nothing has come for a while. */
export async function untilQuiet(system) {
  const waiting = `select (select count(*) from outbox) + (select count(*) from alert_events)
    + (select count(*) from alert_messages where status = 'pending') as n`;
  await until(async () => Number((await system.query(waiting))[0].n) === 0, "what waits to be sent", 180_000);
  const { consumer } = system;
  for (let seen = -1; seen !== consumer.count;) {
    seen = consumer.count;
    await sleep(3_000);
  }
}

const keyOf = ({ fingerprint, scan, kind }) => `${fingerprint} ${scan} ${kind}`;

/** Gives what was lost, what was invented, what came twice, and everything else that is wrong, in words. */
export async function compare(system) {
  const changes = (await system.query("select fingerprint, scan, kind from finding_events")).map(keyOf);
  const scans = await system.query(`select s.id, s.status, s.problems, r.state,
      (select count(*)::int from audit_entries a where a.kind in ('scan.finished', 'scan.aborted') and (a.event::json) ->> 'subject' = s.id) as ends
    from scans s left join scan_requests r on r.id = s.id order by s.started, s.id`);
  const { alerts, scans: ended } = system.consumer;
  const received = [...alerts.values()].map(({ event, times }) => {
    const { fingerprint, scan, change } = event.data;
    return { id: event.id, times, key: keyOf({ fingerprint, scan, kind: change }) };
  });
  const wrong = [];
  const said = new Set(received.map(({ key }) => key));
  if (said.size !== received.length) wrong.push(`${received.length - said.size} changes have two events`);
  const known = new Set(changes);
  if (known.size !== changes.length) wrong.push(`${changes.length - known.size} changes are in the database twice`);
  const byHook = system.hook.events;
  const ids = new Map(received.map(({ id, key }) => [id, key]));
  for (const { id, status, ends } of scans) {
    if (status !== "finished" || ends !== 1) wrong.push(`scan ${id} is ${status}, with ${ends} ends`);
    const times = [...ended.values()].filter(({ event }) => event.subject === id || event.data.scan === id).length;
    if (times !== 1) wrong.push(`scan ${id} has ${times} summary events`);
  }
  wrong.push(...system.hook.faults);
  const audit = await system.run(["audit", "verify"], ["--data-dir", `${system.folder}/store`]);
  if (audit.code !== 0) wrong.push(`audit verify: ${audit.code} ${audit.stdout}${audit.stderr}`.slice(0, 500));
  return {
    changes: changes.length,
    lost: changes.filter((key) => !said.has(key)).length + received.filter(({ id }) => !byHook.has(id)).length,
    invented:
      [...said].filter((key) => !known.has(key)).length + [...byHook.keys()].filter((id) => !ids.has(id)).length,
    duplicates:
      received.reduce((sum, { times }) => sum + times - 1, 0) + [...byHook.values()].reduce((sum, n) => sum + n - 1, 0),
    incomplete: scans.filter(({ problems }) => (problems ?? []).length > 0).length,
    wrong,
  };
}

/** What an undisturbed run has to have too: every finding as it is, by its resource. */
export async function findingsOf(system) {
  const rows = await system.query("select policy, resource, status, verdict from findings order by policy, resource");
  return JSON.stringify(rows);
}
