// `portcullis alerts`: what became of messages to destinations, and of events that the broker refused.
import { Option, type Command } from "commander";
import type { Destination } from "../alerts/alert-settings.js";
import { systemClock } from "../clock.js";
import type { Config } from "../config.js";
import { PortcullisError } from "../errors.js";
import type { ListedAlert } from "../store/alerts.js";
import type { Store } from "../store/store.js";
import { addStoreFlags } from "./options.js";
import { createOutput } from "./output.js";
import { renderRows } from "./rows.js";
import { withStore, type StoreFlags } from "./store-command.js";

interface ListFlags extends StoreFlags {
  readonly failed?: boolean;
  readonly destination?: string;
  readonly limit: string;
}

interface RetryFlags extends StoreFlags {
  readonly all?: boolean;
  readonly destination?: string;
}

/** Under this name the list has the events that the broker refused. */
const broker = "(broker)";

const examples = `
Examples:
  portcullis alerts list --failed
  portcullis alerts retry --all --destination chat    failed messages of one destination go again
  portcullis alerts test oncall                       sends a message that says that it is a test`;

export function addAlertsCommand(program: Command): void {
  const alerts = program
    .command("alerts")
    .description("messages to Alertmanager, webhooks and Slack")
    .addHelpText("after", examples);
  withFlags(alerts.command("list"))
    .description("what became of messages, the latest first")
    .option("--failed", "only what failed, with events that the broker refused")
    .option("--destination <name>", "only of one destination")
    .option("--limit <n>", "at most so many", "100")
    .action((flags: ListFlags) => withStore(flags, (store) => list(store, flags)));
  withFlags(alerts.command("retry"))
    .description("failed messages, and events that the broker refused, go again")
    .argument("[id...]")
    .option("--all", "all that failed")
    .option("--destination <name>", "with --all: only of one destination")
    .action((ids: string[], flags: RetryFlags) => withStore(flags, (store) => retry(store, ids, flags)));
  withFlags(alerts.command("test"))
    .description("send a test message to a destination")
    .argument("<name>")
    .action((name: string, flags: StoreFlags) => withStore(flags, (store, config) => sendTest(store, config, name)));
}

function withFlags(command: Command): Command {
  return addStoreFlags(command).addOption(new Option("--format <name>").choices(["table", "json"]).default("table"));
}

async function list(store: Store, flags: ListFlags): Promise<void> {
  const limit = limitOf(flags.limit);
  const { destination = null } = flags;
  const isOfBroker = destination === null || destination === broker;
  const status = flags.failed === true ? ("failed" as const) : null;
  const parked = isOfBroker ? await store.outbox.parked(limit) : [];
  const refused = parked.map(({ id, added, parked: ended, reason }): ListedAlert => {
    const counts = { events: 1, attempts: 1, error: reason };
    return { id, destination: broker, status: "failed", ...counts, added, tried: ended, ended };
  });
  const found = [...refused, ...(await store.alerts.list({ status, destination, limit }))].slice(0, limit);
  await print(flags.format === "json" ? JSON.stringify(found, null, 2) : table(found));
}

function table(found: readonly ListedAlert[]): string {
  const rows = found.map(({ id, destination, status, events, attempts, error, added }) => [
    ...[added, destination, status, String(events), String(attempts), error ?? "", id],
  ]);
  return renderRows(["added", "destination", "status", "changes", "attempts", "reason", "id"], rows);
}

async function retry(store: Store, ids: readonly string[], flags: RetryFlags): Promise<void> {
  const { destination = null } = flags;
  if (ids.length > 0 === (flags.all === true))
    throw new PortcullisError("usage", "say what to retry: ids as alerts list --failed shows them, or --all");
  const which = flags.all === true ? null : ids;
  const messages = destination === broker ? 0 : await store.alerts.retry({ ids: which, destination });
  const events = destination === null || destination === broker ? await store.outbox.unpark(which) : 0;
  if (which !== null && messages + events === 0)
    throw new PortcullisError(
      "usage",
      `none of these failed: ${which.join(", ")}; see: portcullis alerts list --failed`,
    );
  await store.audit.append({
    ...{ at: systemClock.now().toISOString(), kind: "alerts.retried", ...(await store.audit.caller()) },
    ...{ subject: destination, decision: null, details: { messages, events } },
  });
  await print(`${messages} messages and ${events} events go again, when the service runs`);
}

async function sendTest(store: Store, config: Config, name: string): Promise<void> {
  const destination = destinationNamed(config, name);
  const { testMessage } = await import("../alerts/test-message.js");
  const outcome = await testMessage(destination, { environment: process.env, links: config.links ?? {} });
  await store.audit.append({
    ...{ at: systemClock.now().toISOString(), kind: "alerts.tested", ...(await store.audit.caller()) },
    ...{ subject: name, decision: null, details: { outcome: outcome.kind } },
  });
  if (outcome.kind === "sent") return print(`${name} took the test message`);
  throw new PortcullisError("provider-unavailable", `${name} did not take the test message: ${outcome.error}`);
}

function destinationNamed({ alerts }: Config, name: string): Destination {
  const all = alerts?.destinations ?? [];
  const found = all.find((one) => one.name === name);
  if (found !== undefined) return found;
  const known = all.length === 0 ? "there are none" : `there are ${all.map((one) => one.name).join(", ")}`;
  throw new PortcullisError("usage", `no destination ${name} under alerts: in portcullis.yaml: ${known}`);
}

function limitOf(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= 10_000) return value;
  throw new PortcullisError("usage", `--limit ${text}: expected a whole number from 1 to 10000`);
}

function print(text: string): Promise<void> {
  return createOutput({ color: true, progress: false, quiet: false }).result(text, null);
}
